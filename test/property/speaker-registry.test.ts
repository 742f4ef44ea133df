import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpeakerRegistry } from '../../src/controller/speakers/speaker-registry.ts';
import type { IpAddress } from '../../src/core/net/index.ts';
import type { ControllerMessage, Grant } from '../../src/ports/channel.ts';
import { FakeSession } from '../support/channel/fake-session.ts';
import { ManualTime } from '../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../support/recording-telemetry.ts';

const NODES = ['node-a', 'node-b'];
const ADDRESSES = 6;
const CAPACITY = 3;

type Step =
  | { readonly kind: 'grant' | 'revoke'; readonly node: number; readonly address: number }
  | { readonly kind: 'dial' | 'drop' | 'read' | 'ack'; readonly node: number }
  | { readonly kind: 'wait'; readonly ms: number };

const node = fc.nat({ max: NODES.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('grant', 'revoke'), node, address: fc.nat({ max: ADDRESSES - 1 }) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('read', 'ack'), node }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('dial', 'drop'), node }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 1, max: 900 }) }) },
);

/** A speaker that does what the contract says, and no more: an oracle of its own for what a node ends up with. */
class ModelSpeaker {
  readonly applied = new Map<IpAddress, Grant>();
  readonly #unacked: number[] = [];
  session: FakeSession | undefined;

  read(registry: SpeakerRegistry): void {
    if (this.session?.end !== undefined) this.session = undefined;
    const message = this.session?.readOne();
    if (message !== undefined && this.session !== undefined) this.#apply(message);
    if (this.session !== undefined) registry.received(this.session, { kind: 'heartbeat' });
  }

  ack(registry: SpeakerRegistry): void {
    const revision = this.#unacked.shift();
    if (revision !== undefined && this.session !== undefined)
      registry.received(this.session, { kind: 'ack', revision });
  }

  dial(registry: SpeakerRegistry, nodeName: string, instance: number): void {
    this.#unacked.length = 0;
    this.session = new FakeSession(registry, nodeName, { capacity: CAPACITY });
    registry.opened(this.session, {
      kind: 'hello',
      nodeName,
      instanceId: `i-${instance}`,
      version: '1',
      interfaces: [],
      claims: [],
    });
  }

  #apply(message: ControllerMessage): void {
    if (message.kind !== 'snapshot' && message.kind !== 'delta') return;
    if (message.kind === 'snapshot') this.applied.clear();
    for (const grant of message.grants) this.applied.set(grant.address, grant);
    for (const address of message.kind === 'delta' ? message.revoked : []) {
      this.applied.delete(address);
    }
    this.#unacked.push(message.revision);
    expect(this.#unacked.length).toBeLessThanOrEqual(1);
  }
}

describe('the speaker registry', () => {
  it('brings every speaker to what it is to have, whatever the order of changes, sessions, reads and acks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200, size: 'max' }), async (steps) => {
        const time = new ManualTime();
        const registry = new SpeakerRegistry(
          { ackTimeoutMs: 1e9, missedHeartbeats: 1e6, deltaLimit: 2 },
          { clock: time, timers: time, log: new RecordingLog(), metrics: new RecordingMetrics() },
        );
        registry.release();
        const desired = NODES.map(() => new Map<IpAddress, Grant>());
        const speakers = NODES.map(() => new ModelSpeaker());
        let counter = 0;
        const run = async (one: Step): Promise<void> => {
          if (one.kind === 'wait') return time.advance(one.ms);
          const [name, speaker, wanted] = [NODES[one.node], speakers[one.node], desired[one.node]];
          if (name === undefined || speaker === undefined || wanted === undefined) throw new Error('no such node');
          switch (one.kind) {
            case 'grant': {
              counter += 1;
              const address = one.address as IpAddress;
              const grant: Grant = { address, epoch: { generation: 1, counter }, candidates: [name] };
              wanted.set(address, grant);
              registry.grant(name, grant);
              break;
            }
            case 'revoke':
              wanted.delete(one.address as IpAddress);
              registry.revoke(name, one.address as IpAddress);
              break;
            case 'dial':
              speaker.dial(registry, name, 1);
              break;
            case 'drop':
              speaker.session?.close('transport');
              break;
            case 'read':
              speaker.read(registry);
              break;
            case 'ack':
              speaker.ack(registry);
              break;
          }
          // Welcome and snapshot go out together whatever is queued; nothing else is queued above the capacity.
          for (const { session } of speakers) expect(session?.mostQueued ?? 0).toBeLessThanOrEqual(CAPACITY + 1);
        };
        for (const one of steps) await run(one);
        for (const [at, speaker] of speakers.entries()) {
          if (speaker.session?.end !== undefined || speaker.session === undefined)
            await run({ kind: 'dial', node: at });
          for (let round = 0; round < 40; round += 1) {
            await run({ kind: 'read', node: at });
            await run({ kind: 'ack', node: at });
          }
          expect(speaker.applied).toEqual(desired[at]);
        }
        registry.stop();
      }),
      { numRuns: 150 },
    );
  });
});
