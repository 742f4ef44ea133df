import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Cluster } from './model/cluster.ts';
import type { Fault, Scenario } from './model/fault.ts';
import { randomScenario } from './model/fault-generator.ts';
import { runScenario } from './model/run-scenario.ts';

const REPLAYS = join(import.meta.dirname, 'replays');
const FIRST_SEED = Number(process.env.SIMULATION_SEED ?? 20_260);
const RUNS = Number(process.env.SIMULATION_RUNS ?? 250);
const HOUR_MS = 3_600_000;

describe('ownership in simulation', () => {
  it(`keeps every invariant in ${RUNS} clusters of 3 to 50 nodes with random faults`, { timeout: 10 * HOUR_MS }, () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed += 1) {
      const nodes = seed % 50 === 0 ? 7 + ((seed / 50) % 44) : 3 + (seed % 4);
      runScenario(randomScenario(seed, { nodes, addresses: nodes, faults: 15, standIn: seed % 5 !== 0 }));
    }
  });

  it('keeps every invariant in a cluster of 50 nodes', { timeout: 120_000 }, () => {
    runScenario(randomScenario(FIRST_SEED, { nodes: 50, addresses: 50, faults: 12, standIn: true }));
  });

  it('skips quiet hours of which nothing would have come', { timeout: 120_000 }, () => {
    const everyMs = 600_000;
    const faults: Fault[] = [
      { atMs: everyMs, kind: 'power-cut', node: 'node-0' },
      { atMs: 2 * everyMs, kind: 'power-on', node: 'node-0' },
      { atMs: 3 * everyMs, kind: 'speaker-kill', node: 'node-1' },
      { atMs: 4 * everyMs, kind: 'speaker-start', node: 'node-1' },
      { atMs: 5 * everyMs, kind: 'partition', groups: [['node-0'], ['node-1', 'node-2']] },
      { atMs: 6 * everyMs, kind: 'heal' },
    ];
    const [skipped, played] = [true, false].map((skipsQuiet) =>
      runScenario({ seed: 11, nodes: 3, addresses: 3, standIn: true, lastsMs: 7 * everyMs, skipsQuiet, faults }),
    );
    if (skipped === undefined || played === undefined) throw new Error('two runs');
    expect(changesAfter(5000, skipped).toSorted()).toEqual(changesAfter(5000, played).toSorted());
    expect(skipped.playedMs).toBeLessThan(played.playedMs / 4);
  });

  it.each(replays())('keeps every invariant in the replay %s', (_name, scenario) => {
    runScenario(scenario);
  });

  it('takes over within 400 ms of a power cut, whatever the phase of the hellos', () => {
    const gaps = Array.from({ length: 60 }, (_, trial) => {
      const cutMs = 5000 + trial * 7;
      return gapAfter(cutMs, run({ seed: trial, faults: [{ atMs: cutMs, kind: 'power-cut', node: 'node-0' }] }));
    });
    expect(Math.max(...gaps)).toBeLessThanOrEqual(400);
  });

  it('takes over as fast when controller and owner go at one instant', () => {
    const faults: Fault[] = [
      { atMs: 5000, kind: 'controller-away' },
      { atMs: 5000, kind: 'power-cut', node: 'node-0' },
    ];
    expect(gapAfter(5000, run({ seed: 3, faults }))).toBeLessThanOrEqual(400);
  });

  it('moves nothing when a speaker is killed and comes back, and is never without an answer for longer than detection takes', () => {
    const cluster = run({
      seed: 4,
      faults: [
        { atMs: 5000, kind: 'speaker-kill', node: 'node-0' },
        { atMs: 15_000, kind: 'speaker-start', node: 'node-0' },
      ],
    });
    expect(changesAfter(5000, cluster)).toEqual([
      ['node-1', 'stand-in', 'neighbour-stopped'],
      ['node-0', 'claim', 'restored'],
      ['node-1', 'release', 'owner-returned'],
    ]);
  });

  it('takes over for good when a killed speaker does not come back within a minute', () => {
    const cluster = run({ seed: 5, lastsMs: 80_000, faults: [{ atMs: 5000, kind: 'speaker-kill', node: 'node-0' }] });
    expect(changesAfter(5000, cluster)).toContainEqual(['node-1', 'claim', 'grace-over']);
  });

  it('leaves an address with the owner that was in company when a node that was cut off alone comes back', () => {
    const cluster = run({
      seed: 8,
      faults: [
        { atMs: 4900, kind: 'controller-away' },
        { atMs: 5000, kind: 'partition', groups: [['node-1'], ['node-0', 'node-2']] },
        { atMs: 10_000, kind: 'heal' },
      ],
    });
    expect(changesAfter(5000, cluster).filter(([, kind]) => kind === 'claim')).toEqual([
      ['node-1', 'claim', 'neighbour-down'],
    ]);
    expect(cluster.node('node-0').onWire.size).toBe(1);
  });

  it('moves nothing between two nodes that do not reach each other while a third hears both', () => {
    const faults: Fault[] = [
      { atMs: 5000, kind: 'one-way', from: 'node-0', to: 'node-1' },
      { atMs: 5000, kind: 'one-way', from: 'node-1', to: 'node-0' },
    ];
    expect(changesAfter(5000, run({ seed: 9, lastsMs: 90_000, faults }))).toEqual([]);
  });

  it('announces a flapping link only now and then when nobody else is there', () => {
    const gone: Fault[] = ['node-1', 'node-2'].map((node) => ({ atMs: 5000, kind: 'power-cut', node }));
    const flaps = Array.from({ length: 40 }, (_, flap): Fault => {
      return { atMs: 7000 + 500 * flap, kind: flap % 2 === 0 ? 'link-down' : 'link-up', node: 'node-0' };
    });
    const cluster = run({ seed: 10, lastsMs: 30_000, faults: [...gone, ...flaps] });
    const claims = changesAfter(7000, cluster).filter(([, kind]) => kind === 'claim');
    expect(claims).toEqual([
      ['node-0', 'claim', 'link-up'],
      ['node-0', 'claim', 'link-up'],
    ]);
  });

  it('moves a link that goes down once, and lets it flap in vain after that', () => {
    const flaps = Array.from({ length: 40 }, (_, flap): Fault => {
      return { atMs: 5000 + 100 * flap, kind: flap % 2 === 0 ? 'link-down' : 'link-up', node: 'node-0' };
    });
    expect(changesAfter(5000, run({ seed: 6, faults: flaps }))).toEqual([
      ['node-0', 'release', 'link-down'],
      ['node-1', 'claim', expect.stringMatching(/neighbour-down|owner-released/)],
      ['node-1', 'claim', 'confirmed'],
    ]);
  });

  it('moves nothing in an hour in which every worker is stalled again and again', { timeout: 120_000 }, () => {
    const faults = Array.from({ length: 3600 * 3 }, (_, stall): Fault => {
      const forMs = ((stall * 7919) % 97) * ((stall * 31) % 11);
      return { atMs: 5000 + stall * 330, kind: 'stall', node: `node-${stall % 3}`, forMs };
    });
    const cluster = run({ seed: 7, lastsMs: HOUR_MS, faults });
    expect(changesAfter(5000, cluster).filter(([, kind]) => kind === 'claim')).toEqual([]);
  });
});

function run({ seed, faults, lastsMs = 25_000 }: Pick<Scenario, 'seed' | 'faults'> & { lastsMs?: number }): Cluster {
  return runScenario({ seed, nodes: 3, addresses: 1, standIn: true, lastsMs, faults });
}

/** From a moment to the next claim by another node. */
function gapAfter(atMs: number, { lines }: Cluster): number {
  const claim = lines.find((line) => line.atMs > atMs && line.action.kind === 'claim');
  return (claim?.atMs ?? Number.POSITIVE_INFINITY) - atMs;
}

function changesAfter(atMs: number, { lines }: Cluster): string[][] {
  return lines.flatMap(({ atMs: lineMs, node, action }) => {
    const changes = action.kind === 'claim' || action.kind === 'release' || action.kind === 'stand-in';
    return lineMs >= atMs && changes ? [[node, action.kind, action.reason]] : [];
  });
}

/** Traces that once broke a rule. */
function replays(): [string, Scenario][] {
  return readdirSync(REPLAYS)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name.replace('.json', ''), JSON.parse(readFileSync(join(REPLAYS, name), 'utf8')) as Scenario]);
}
