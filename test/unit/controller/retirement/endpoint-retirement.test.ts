import { beforeEach, describe, expect, it } from 'vitest';
import { EndpointRetirement } from '../../../../src/controller/retirement/endpoint-retirement.ts';
import type { ObservationListener, Speaker } from '../../../../src/controller/speakers/speaker-listener.ts';
import type { NeighbourState } from '../../../../src/ports/channel.ts';
import type { KubernetesEvent, Node } from '../../../../src/ports/kubernetes.ts';
import type { NodeLease, NodePod } from '../../../../src/ports/pods.ts';
import { nodeOf } from '../../../support/channel/announcer-bed.ts';
import { FakeInformer } from '../../../support/fake-informer.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

const CONFIRM_MS = 1_000;
const LOOK_EVERY_MS = 100;
const PAUSE_MS = 60_000;
const LEASE_MS = 40_000;

/** A cluster in which a test says what the speakers say. */
class Bed {
  readonly time = new ManualTime();
  readonly log = new RecordingLog();
  readonly retired: string[] = [];
  readonly events: KubernetesEvent[] = [];
  readonly leases = new FakeInformer<NodeLease>();
  readonly end = new AbortController();
  /** What each node's neighbours say of it. */
  readonly #words = new Map<string, ReadonlyMap<string, NeighbourState>>();
  readonly #connected = new Set<string>();
  #tell: ObservationListener = () => {};

  constructor(nodes: readonly string[]) {
    for (const node of nodes) this.renews(node, 'before');
    const informer = new FakeInformer<Node>(nodes.map((name) => [name, nodeOf(name)]));
    new EndpointRetirement(
      { confirmMs: CONFIRM_MS, lookEveryMs: LOOK_EVERY_MS, pauseMs: PAUSE_MS, leaseMs: LEASE_MS },
      {
        speakers: {
          observe: (listener) => {
            this.#tell = listener;
          },
          speaker: (name) => (this.#connected.has(name) ? ({ presence: 'connected' } as Speaker) : undefined),
          witnessesOf: (name) => this.#words.get(name) ?? new Map(),
        },
        nodes: informer,
        leases: this.leases,
        pods: {
          onNode: async (name) => [podOf(name, 'web', true), podOf(name, 'starting', false)],
          markNotReady: async ({ name }) => void this.retired.push(name),
        },
        events: { record: (_object, event) => void this.events.push(event) },
        clock: this.time,
        timers: this.time,
        log: this.log,
        metrics: new RecordingMetrics(),
      },
    ).start(this.end.signal);
  }

  connected(node: string): void {
    this.#connected.add(node);
  }

  silent(node: string): void {
    this.#connected.delete(node);
  }

  renews(node: string, renewTime: string): void {
    this.leases.set(`kube-node-lease/${node}`, { nodeName: node, renewTime });
  }

  say(node: string, words: Readonly<Record<string, NeighbourState>>): void {
    this.#words.set(node, new Map(Object.entries(words)));
    this.#tell('somebody', { kind: 'neighbourhood', neighbours: [] });
  }
}

function podOf(node: string, name: string, ready: boolean): NodePod {
  return { namespace: 'default', name: `${name}-on-${node}`, uid: name, ready };
}

const DEAD = { 'node-b': 'down', 'node-c': 'down' } as const;

let bed: Bed;
beforeEach(() => {
  bed = new Bed(['node-a', 'node-b', 'node-c', 'node-d']);
});

describe('a node that all neighbours call down', () => {
  it('has its ready Pods marked not ready a second later, once, with an event that names the witnesses', async () => {
    bed.say('node-a', DEAD);
    await bed.time.advance(CONFIRM_MS - 1);
    expect(bed.retired).toEqual([]);
    await bed.time.advance(1);
    expect(bed.retired).toEqual(['web-on-node-a']);
    bed.say('node-a', DEAD);
    await bed.time.advance(10 * CONFIRM_MS);
    expect(bed.retired).toHaveLength(1);
    expect(bed.events).toMatchObject([
      { reason: 'EndpointsRetired', message: expect.stringMatching(/node-b, node-c/) },
    ]);
  });

  it.each<[string, (bed: Bed) => void]>([
    ['its kubelet renews its Lease meanwhile', (each) => each.renews('node-a', 'now')],
    ['one of them takes it back', (each) => each.say('node-a', { ...DEAD, 'node-c': 'heard' })],
    ['another node is accused as well', (each) => each.say('node-d', DEAD)],
    ['its speaker comes back, and is heard', (each) => each.say('node-a', { 'node-b': 'heard', 'node-c': 'down' })],
    ['its speaker has a session', (each) => each.connected('node-a')],
    ['we lead no longer', (each) => each.end.abort()],
  ])('is left to Kubernetes when %s', async (_why, happens) => {
    bed.say('node-a', DEAD);
    await bed.time.advance(CONFIRM_MS / 2);
    happens(bed);
    await bed.time.advance(10 * CONFIRM_MS);
    expect(bed.retired).toEqual([]);
  });

  it('is retired as soon as its session is known to be dead, when the witnesses are faster', async () => {
    bed.connected('node-a');
    bed.say('node-a', DEAD);
    await bed.time.advance(10 * CONFIRM_MS);
    expect(bed.retired).toEqual([]);
    bed.silent('node-a');
    await bed.time.advance(LOOK_EVERY_MS);
    expect(bed.retired).toEqual(['web-on-node-a']);
  });

  it('is retired though nobody is its neighbour any more, since the controller counts it as gone meanwhile', async () => {
    bed.say('node-a', DEAD);
    bed.say('node-a', {});
    await bed.time.advance(CONFIRM_MS);
    expect(bed.retired).toEqual(['web-on-node-a']);
    expect(bed.events).toMatchObject([{ message: expect.stringMatching(/node-b, node-c/) }]);
  });

  it('is retired once, also when it comes back afterwards', async () => {
    bed.say('node-a', DEAD);
    await bed.time.advance(CONFIRM_MS);
    bed.say('node-a', { 'node-b': 'heard', 'node-c': 'heard' });
    bed.say('node-a', {});
    await bed.time.advance(2 * PAUSE_MS);
    expect(bed.retired).toHaveLength(1);
  });

  it('is left to Kubernetes when its Lease is not known: we may not read it, or nothing renews one', async () => {
    bed.leases.delete('kube-node-lease/node-a');
    bed.say('node-a', DEAD);
    await bed.time.advance(10 * CONFIRM_MS);
    expect(bed.retired).toEqual([]);
    expect(bed.log.lines.at(-1)).toMatchObject({ fields: { why: 'lease-unknown' } });
  });

  it('is retired though another one, which was, is still called down more than a minute later', async () => {
    bed.say('node-a', DEAD);
    await bed.time.advance(CONFIRM_MS + PAUSE_MS);
    bed.say('node-d', DEAD);
    await bed.time.advance(CONFIRM_MS);
    expect(bed.retired).toEqual(['web-on-node-a', 'web-on-node-d']);
  });

  it('is left to Kubernetes within a minute of another one', async () => {
    bed.say('node-a', DEAD);
    await bed.time.advance(CONFIRM_MS);
    bed.say('node-a', {});
    bed.say('node-d', DEAD);
    await bed.time.advance(CONFIRM_MS);
    expect(bed.retired).toEqual(['web-on-node-a']);
    expect(bed.log.lines.at(-1)).toMatchObject({ event: 'endpoints-not-retired', fields: { why: 'too-soon' } });
  });
});

describe('a node whose session stands while its neighbours call it down', () => {
  beforeEach(() => {
    bed.connected('node-a');
    bed.say('node-a', DEAD);
  });

  it('is no doubt about another one, once its Lease was renewed', async () => {
    await bed.time.advance(10 * CONFIRM_MS);
    bed.renews('node-a', 'now');
    await bed.time.advance(LOOK_EVERY_MS);
    expect(bed.log.lines.at(-1)).toMatchObject({ fields: { node: 'node-a', why: 'lease-renewed' } });
    bed.say('node-d', DEAD);
    await bed.time.advance(CONFIRM_MS);
    expect(bed.retired).toEqual(['web-on-node-d']);
  });

  it('is no doubt about another one either when its session stood for as long as a Lease', async () => {
    await bed.time.advance(LEASE_MS + CONFIRM_MS);
    expect(bed.log.lines.at(-1)).toMatchObject({ fields: { node: 'node-a', why: 'session-stands' } });
    bed.say('node-d', DEAD);
    await bed.time.advance(CONFIRM_MS);
    expect(bed.retired).toEqual(['web-on-node-d']);
  });

  it('is told once, and left alone for as long as its Lease is renewed', async () => {
    for (let renewals = 0; renewals < 30; renewals++) {
      bed.renews('node-a', String(renewals));
      await bed.time.advance(10 * CONFIRM_MS);
    }
    bed.silent('node-a');
    bed.renews('node-a', 'last');
    await bed.time.advance(CONFIRM_MS);
    expect(bed.retired).toEqual([]);
    expect(bed.log.lines).toHaveLength(1);
  });

  it('is retired when its session and its Lease end later', async () => {
    bed.renews('node-a', 'last');
    await bed.time.advance(CONFIRM_MS);
    bed.silent('node-a');
    await bed.time.advance(LEASE_MS - 1);
    expect(bed.retired).toEqual([]);
    await bed.time.advance(1);
    expect(bed.retired).toEqual(['web-on-node-a']);
  });
});

it('of two that are called down at a time, a Lease that one renews is no proof against the other', async () => {
  bed.say('node-a', DEAD);
  bed.say('node-d', DEAD);
  bed.renews('node-a', 'now');
  await bed.time.advance(10 * CONFIRM_MS);
  expect(bed.retired).toEqual([]);
  expect(bed.log.lines.at(-1)).toMatchObject({ fields: { node: 'node-d', why: 'several-nodes' } });
});

it.each<[string, Readonly<Record<string, NeighbourState>>]>([
  ['one witness alone', { 'node-b': 'down' }],
  ['one that never heard it, and one that calls it down', { 'node-b': 'down', 'node-c': 'never-heard' }],
  ['a speaker that is silent while its kernel answers', { 'node-b': 'stopped', 'node-c': 'stopped' }],
  ['witnesses that do not agree', { 'node-b': 'down', 'node-c': 'leaving' }],
])('%s is no cause', async (_what, words) => {
  bed.say('node-a', words);
  await bed.time.advance(10 * CONFIRM_MS);
  expect(bed.retired).toEqual([]);
});
