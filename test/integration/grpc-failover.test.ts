import { createServer, connect as netConnect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GrpcControllerLink } from '../../src/adapters/grpc/controller-link.ts';
import { systemRandom, systemTime } from '../../src/cli/system-time.ts';
import { Announcer } from '../../src/controller/announcer/announcer.ts';
import { OwnerHistory } from '../../src/controller/announcer/owner-history.ts';
import type { ServiceAnnouncement } from '../../src/controller/announcer/service-announcement.ts';
import { SpeakerRegistry } from '../../src/controller/speakers/speaker-registry.ts';
import { EMPTY_CONFIG } from '../../src/core/config/config.ts';
import { formatIp } from '../../src/core/net/index.ts';
import type { SpeakerSession, SpeakerSessionHandler } from '../../src/ports/channel.ts';
import { advertisement, ip, nodeOf, sliceOf } from '../support/channel/announcer-bed.ts';
import { LinkedSpeaker } from '../support/channel/linked-speaker.ts';
import { type Rig, SERVER_NAME, startRig } from '../support/channel/tls-rig.ts';
import { eventually } from '../support/eventually.ts';
import { FakeInformer } from '../support/fake-informer.ts';
import { RecordingLog, RecordingMetrics } from '../support/recording-telemetry.ts';

const NODES = ['node-a', 'node-b', 'node-c'];
const COUNT = 12;

/** Stands for the Service: one address, and behind it whoever leads. */
class Forwarder {
  readonly #server = createServer((near) => this.#forward(near));
  readonly #sockets = new Set<Socket>();
  target = 0;

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  /** Every connection of now is gone. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #forward(near: Socket): void {
    const far = netConnect(this.target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}

/** One replica's controller side on a rig of the shared CA. */
class Controller {
  readonly registry: SpeakerRegistry;
  readonly announcer: Announcer;
  readonly rig: Rig;
  readonly #leading = new AbortController();

  constructor(rig: Rig, generation: number) {
    this.rig = rig;
    const common = { clock: systemTime, timers: systemTime, log: new RecordingLog(), metrics: new RecordingMetrics() };
    this.registry = new SpeakerRegistry({}, common);
    const config = { ...EMPTY_CONFIG, l2Advertisements: [advertisement('all')] };
    this.announcer = new Announcer(
      { generation },
      {
        ...common,
        history: new OwnerHistory(common),
        speakers: this.registry,
        config: { current: () => config, onChange: () => () => undefined },
        nodes: new FakeInformer(NODES.map((name) => [name, nodeOf(name)] as const)),
        endpointSlices: new FakeInformer([['default/web-1', sliceOf('web', [{ ready: true }])] as const]),
      },
    );
  }

  async lead(wrap: (handler: SpeakerSessionHandler) => SpeakerSessionHandler = (handler) => handler): Promise<void> {
    await this.announcer.start(this.#leading.signal);
    this.rig.server.serve(wrap(this.registry), this.#leading.signal);
    this.announcer.set('default/web', web());
    this.announcer.declared();
  }

  resign(): void {
    this.registry.stop();
    this.#leading.abort();
  }
}

function web(): ServiceAnnouncement {
  const addresses = Array.from({ length: COUNT }, (_, at) => ({
    address: ip(`10.0.0.${at + 1}`),
    poolName: 'pool',
    poolLabels: {},
  }));
  return { namespace: 'default', name: 'web', labels: {}, externalTrafficPolicy: 'Cluster', addresses };
}

describe('speakers and their controllers over real TLS', () => {
  const stopping = new AbortController();
  let forwarder: Forwarder;
  let rigs: Rig[];
  let speakers: LinkedSpeaker[];

  beforeEach(async () => {
    rigs = [await startRig(), await startRig()];
    forwarder = new Forwarder();
    const port = await forwarder.listen();
    const [first, second] = rigs;
    if (first === undefined || second === undefined) throw new Error('no rigs');
    first.shareAuthorityWith(second);
    forwarder.target = first.port;
    speakers = await Promise.all(
      NODES.map(async (name) => {
        const files = await first.filesFor(name);
        const link = new GrpcControllerLink(
          { target: `127.0.0.1:${port}`, serverName: SERVER_NAME, ...files },
          {
            clock: systemTime,
            timers: systemTime,
            random: systemRandom,
            log: first.log,
            metrics: new RecordingMetrics(),
          },
        );
        const speaker = new LinkedSpeaker(name, link);
        speaker.start(stopping.signal);
        return speaker;
      }),
    );
  });

  afterEach(async () => {
    for (const speaker of speakers) speaker.stop();
    forwarder.close();
    for (const rig of rigs) await rig[Symbol.asyncDispose]();
  });

  const claims = (): string[] =>
    speakers
      .flatMap(({ nodeName, claims }) => [...claims.keys()].map((address) => `${formatIp(address)} ${nodeName}`))
      .sort();
  const all = (): Promise<void> => eventually(() => expect(claims()).toHaveLength(COUNT), 10_000);
  const [first, second] = [() => rigs[0] as Rig, () => rigs[1] as Rig];

  it('spread the addresses, and move nothing when another replica leads', async () => {
    const old = new Controller(first(), 1);
    await old.lead();
    await all();
    expect(speakers.map(({ claims }) => claims.size)).toEqual([4, 4, 4]);
    const before = claims();
    for (const speaker of speakers) speaker.wire.length = 0;
    old.resign();
    const next = new Controller(second(), 2);
    forwarder.target = second().port;
    await next.lead();
    await eventually(
      () =>
        expect(speakers.flatMap(({ claims }) => [...claims.values()]).every(({ generation }) => generation === 2)).toBe(
          true,
        ),
      10_000,
    );
    expect(claims()).toEqual(before);
    expect(speakers.flatMap(({ wire }) => wire)).toEqual([]);
    next.resign();
  });

  it('move nothing when every connection breaks at once', async () => {
    const controller = new Controller(first(), 1);
    await controller.lead();
    await all();
    for (const speaker of speakers) speaker.wire.length = 0;
    const sessions = speakers.map(({ sessions }) => sessions);
    forwarder.cut();
    await eventually(
      () => expect(speakers.every(({ sessions: now }, at) => now > (sessions[at] ?? 0))).toBe(true),
      10_000,
    );
    expect(speakers.flatMap(({ wire }) => wire)).toEqual([]);
    controller.resign();
  });

  it('hand everything over when one says that it leaves', async () => {
    const controller = new Controller(first(), 1);
    await controller.lead();
    await all();
    const [leaver] = speakers;
    leaver?.link.send({ kind: 'leaving' });
    await eventually(() => expect(leaver?.claims.size).toBe(0), 10_000);
    expect(claims()).toHaveLength(COUNT);
    expect(leaver?.grants.size).toBe(0);
    controller.resign();
  });

  it('refuse a second process of a node while the first is well', async () => {
    const opened: SpeakerSession[] = [];
    const controller = new Controller(first(), 1);
    await controller.lead((handler) => ({
      opened: (session, hello) => {
        opened.push(session);
        handler.opened(session, hello);
      },
      received: (session, message) => handler.received(session, message),
      drained: (session) => handler.drained(session),
      closed: (session, end) => handler.closed(session, end),
    }));
    await all();
    const double = first().raw('token-of-node-a');
    double.stream.write({
      kind: 'hello',
      nodeName: 'node-a',
      instanceId: 'another',
      version: '',
      interfaces: [],
      claims: [],
    });
    expect((await double.status).details).toMatch(/^already-connected: /);
    expect(claims()).toHaveLength(COUNT);
    controller.resign();
  });
});
