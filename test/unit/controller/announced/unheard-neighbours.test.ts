import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnheardNeighbours } from '../../../../src/controller/announced/unheard-neighbours.ts';
import { SpeakerRegistry } from '../../../../src/controller/speakers/speaker-registry.ts';
import type { NeighbourState } from '../../../../src/ports/channel.ts';
import type { KubernetesEvent } from '../../../../src/ports/kubernetes.ts';
import { ip, nodeOf } from '../../../support/channel/announcer-bed.ts';
import { FakeSession } from '../../../support/channel/fake-session.ts';
import { FakeInformer } from '../../../support/fake-informer.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

describe('neighbours that live and are never heard', () => {
  let time: ManualTime;
  let registry: SpeakerRegistry;
  let unheard: UnheardNeighbours;
  let metrics: RecordingMetrics;
  let leading: AbortController;
  let sessions: FakeSession[];
  let told: string[];

  beforeEach(() => {
    time = new ManualTime();
    metrics = new RecordingMetrics();
    leading = new AbortController();
    told = [];
    const common = { clock: time, timers: time, log: new RecordingLog(), metrics };
    registry = new SpeakerRegistry({}, common);
    const record = (
      { kind, name }: { kind: string; name: string },
      { type, reason, message }: KubernetesEvent,
    ): void => {
      told.push(`${kind} ${name}: ${type} ${reason} ${message}`);
    };
    unheard = new UnheardNeighbours(
      {},
      {
        ...common,
        speakers: registry,
        nodes: new FakeInformer([['node-b', nodeOf('node-b')] as const]),
        announcer: {
          candidatesOf: () => ['node-a', 'node-b'],
          retellOf: (nodeName) => void told.push(`retell ${nodeName}`),
        },
        events: { record },
      },
    );
    unheard.start(leading.signal);
    sessions = ['node-a', 'node-b'].map((name) => {
      const session = new FakeSession(registry, name);
      const hello = {
        kind: 'hello',
        nodeName: name,
        instanceId: 'i',
        version: '1',
        interfaces: [],
        claims: [],
      } as const;
      registry.opened(session, hello);
      return session;
    });
  });
  afterEach(() => {
    leading.abort();
    registry.stop();
    expect(time.armed).toBe(0);
  });

  const says = (state: NeighbourState): void => {
    const session = sessions[1];
    if (session !== undefined)
      registry.received(session, { kind: 'neighbourhood', neighbours: [{ nodeName: 'node-a', state }] });
  };
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      for (const session of sessions) registry.received(session, { kind: 'heartbeat' });
      await time.advance(500);
    }
  }

  it('are told of on the Node and its addresses after 15 s, with the port, once, and taken back when they are heard', async () => {
    says('never-heard');
    await pass(14_500);
    expect(told).toEqual([]);
    says('never-heard');
    await pass(60_000);
    expect(told).toEqual([
      'Node node-b: Warning NeighbourUnheard the speaker of node-b hears nothing of node-a, whose speaker lives: open UDP port 7953 between nodes',
      'retell node-a',
    ]);
    expect(unheard.remarkOn(ip('10.0.0.1'), 'node-a')).toContain('open UDP port 7953');
    expect(unheard.remarkOn(ip('10.0.0.1'), 'node-b')).toBeUndefined();
    expect(metrics.value('heraldlb_unheard_neighbours', {})).toBe(1);
    says('heard');
    expect(told.at(-1)).toBe('retell node-a');
    expect(unheard.remarkOn(ip('10.0.0.1'), 'node-a')).toBeUndefined();
    expect(metrics.value('heraldlb_unheard_neighbours', {})).toBe(0);
  });

  it('are no news when they are heard in time, or when their own speaker is gone', async () => {
    says('never-heard');
    await pass(5_000);
    says('heard');
    await pass(60_000);
    says('never-heard');
    sessions[0]?.close('transport');
    await pass(60_000);
    expect(told).toEqual([]);
  });
});
