import { formatIp } from '../../../src/core/net/index.ts';
import { Cluster, type Line } from './cluster.ts';
import type { Scenario } from './fault.ts';

/** Runs a scenario to its end; what must not be is an error that says how to have it again. */
export function runScenario(scenario: Scenario): Cluster {
  const cluster = new Cluster(scenario);
  cluster.run();
  if (cluster.invariants.violations.length > 0) throw new Error(account(scenario, cluster));
  return cluster;
}

function account(scenario: Scenario, cluster: Cluster): string {
  const faults = scenario.faults.map((fault) => [fault.atMs, `! ${JSON.stringify(fault)}`] as const);
  const lines = cluster.lines.map((line) => [line.atMs, sentence(line)] as const);
  const story = [...faults, ...lines].sort(([a], [b]) => a - b).map(([atMs, text]) => `${atMs.toFixed(1)} ${text}`);
  return [
    `seed ${scenario.seed}:`,
    ...cluster.invariants.violations,
    'To keep it as a replay, save this in test/simulation/replays:',
    JSON.stringify(scenario),
    'What happened:',
    ...story,
  ].join('\n');
}

function sentence({ node, action }: Line): string {
  if (action.kind === 'standing') return `${node}: ${action.nodeName} is ${action.standing}`;
  if (action.kind !== 'claim' && action.kind !== 'release' && action.kind !== 'stand-in')
    return `${node}: ${action.kind}`;
  return `${node}: ${action.kind} ${formatIp(action.address)}, ${action.reason}`;
}
