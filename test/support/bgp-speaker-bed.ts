import type { BgpPeerSettings, BgpRoute, BgpSessionReport, BgpSpeakerMessage } from '../../src/ports/bgp-channel.ts';
import { BgpSpeaker } from '../../src/speaker/bgp/bgp-speaker.ts';
import { FakeBfdPlane } from './fake-bfd-plane.ts';
import { v4 } from './fake-lan.ts';
import { type FakeRouter, FakeStreams, NODE_ADDRESS, nodeAddresses } from './fake-router.ts';
import { peer as interopPeer } from './interop/bed.ts';
import { ManualTime } from './manual-time.ts';
import { MemoryState } from './memory-state.ts';
import { RecordingLog, RecordingMetrics } from './recording-telemetry.ts';
import { SEE_THROUGH_SECRETS } from './see-through-secrets.ts';
import { seededRandom } from './seeded-random.ts';

export const ROUTER = v4('10.0.0.1');
export const BFD = {
  receiveIntervalMs: 300,
  transmitIntervalMs: 300,
  detectMultiplier: 3,
  passive: false,
  minimumTtl: 254,
  strict: false,
};

export function peer(fields: Partial<BgpPeerSettings> = {}): BgpPeerSettings {
  const { sourceAddress: _, ...settings } = interopPeer('router', '10.0.0.11');
  return { ...settings, endpoint: { kind: 'address', address: ROUTER }, ...fields };
}

/** A speaker of BGP with everything around it in the test's hand. */
export class BgpSpeakerBed {
  readonly time = new ManualTime();
  readonly streams = new FakeStreams();
  readonly bfd = new FakeBfdPlane();
  readonly log = new RecordingLog();
  readonly metrics = new RecordingMetrics();
  readonly sent: BgpSpeakerMessage[] = [];
  readonly store: MemoryState;
  readonly speaker: BgpSpeaker;
  #revision = 0;

  constructor(store = new MemoryState()) {
    this.store = store;
    const { time, streams, bfd, log, metrics } = this;
    this.speaker = new BgpSpeaker(
      { nodeName: 'node1' },
      {
        streams,
        addresses: nodeAddresses(NODE_ADDRESS),
        bfd,
        store,
        secrets: SEE_THROUGH_SECRETS,
        send: (message) => this.sent.push(message),
        clock: time,
        timers: time,
        random: seededRandom(1),
        log,
        metrics,
      },
    );
  }

  snapshot(peers: readonly BgpPeerSettings[], routes: readonly BgpRoute[] = [], draining = false): void {
    this.#revision += 1;
    const settings = { peers, draining };
    this.speaker.apply({ kind: 'bgp-snapshot', revision: this.#revision, settings, routes });
  }

  change(routes: readonly BgpRoute[], withdrawn: readonly BgpRoute[] = []): void {
    this.#revision += 1;
    const prefixes = withdrawn.map(({ prefix }) => prefix);
    this.speaker.apply({ kind: 'bgp-delta', revision: this.#revision, routes, withdrawn: prefixes });
  }

  /** A session that is up. */
  up(
    settings: BgpPeerSettings,
    routes: readonly BgpRoute[] = [],
    options: Parameters<FakeStreams['answer']>[0] = {},
  ): FakeRouter {
    this.snapshot([settings], routes);
    return this.streams.answer(options);
  }

  /** What the controller was told last. */
  get lastReport(): BgpSessionReport | undefined {
    return this.sent.flatMap((message) => (message.kind === 'bgp-report' ? message.sessions : [])).at(-1);
  }
}
