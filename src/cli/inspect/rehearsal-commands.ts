import type { Command } from 'commander';
import { type IpAddress, parseIp } from '../../core/net/index.ts';
import { explain, formatExplain } from '../../inspect/explain.ts';
import type { LiveState } from '../../inspect/live/live-state.ts';
import { rehearseAllocation } from '../../inspect/rehearsal/allocation.ts';
import { serviceViews } from '../../inspect/services.ts';
import { formatNodes, type NodeFate, simulateNodes } from '../../inspect/simulate-nodes.ts';
import { keyOf } from '../../ports/kubernetes.ts';
import { UsageError } from '../process-life.ts';
import { HEALTHY, PROBLEMS, run } from './commands.ts';
import { print } from './output.ts';
import { optionsFor, type RehearsalFlags, rehearsing } from './plan-commands.ts';
import { leaderStateIfAny } from './timeline-command.ts';

const FATES: Readonly<Record<NodeFate, string>> = {
  kill: 'Shows where addresses would go if nodes lost power.',
  cordon: 'Shows where addresses would go if nodes were cordoned.',
  drain: 'Shows where addresses would go if nodes were drained.',
};

/** `explain SERVICE`: why it has its address, and why it is announced where it is. */
export function explainCommand(): Command {
  return rehearsing('explain', 'Explains one Service: its address, who announces it and why, and why not the others.')
    .argument('<service>', 'NAME, or NAMESPACE/NAME')
    .option('-n, --namespace <name>', 'namespace of the Service', 'default')
    .action(async (name: string, flags: RehearsalFlags & { readonly namespace: string }) => {
      await run(flags, async (cluster) => {
        const key = name.includes('/') ? name : `${flags.namespace}/${name}`;
        const snapshot = await cluster.snapshot();
        const service = snapshot.services.find(({ meta }) => keyOf(meta) === key);
        if (service === undefined) throw new UsageError(`there is no Service ${key}`);
        const state = await leaderStateIfAny(cluster);
        const owners = state?.services.find((each) => keyOf(each) === key)?.owners ?? [];
        const speakers = new Map(state?.nodes.map(({ name: node, speaker }) => [node, speaker]));
        const options = await optionsFor(cluster, snapshot, flags);
        const view = await explain({ snapshot, service, options, owners, speakers });
        print(view, flags.output, () => formatExplain(view));
        const [about] = serviceViews({ ...snapshot, services: [service] });
        return about?.problem === undefined ? HEALTHY : PROBLEMS;
      });
    });
}

/** `simulate kill|cordon|drain NODE…`. */
export function simulateNodesCommand(fate: NodeFate): Command {
  return rehearsing(fate, FATES[fate])
    .argument('<node...>', 'names of nodes')
    .action(async (names: readonly string[], flags: RehearsalFlags) => {
      await run(flags, async (cluster) => {
        const snapshot = await cluster.snapshot();
        const known = new Set(snapshot.nodes.map(({ meta }) => meta.name));
        const unknown = names.filter((name) => !known.has(name));
        if (unknown.length > 0) throw new UsageError(`there is no node ${unknown.join(', ')}`);
        // Without a leader the answer is what a new one would decide.
        const state = await leaderStateIfAny(cluster);
        const options = await optionsFor(cluster, snapshot, flags);
        const { config, announcements } = await rehearseAllocation(snapshot, options);
        const { nodes, endpointSlices } = snapshot;
        const { ignoreExcludeLabel = false } = options;
        const alive = aliveNodes(state) ?? [...known];
        const input = {
          config,
          announcements,
          nodes,
          endpointSlices,
          alive,
          owners: ownersOf(state),
          ignoreExcludeLabel,
        };
        const view = await simulateNodes(input, fate, names);
        print(view, flags.output, () => formatNodes(view));
        return view.lost.length > 0 ? PROBLEMS : HEALTHY;
      });
    });
}

function aliveNodes(state: LiveState | undefined): readonly string[] | undefined {
  return state?.nodes.filter(({ speaker }) => speaker !== 'gone').map(({ name }) => name);
}

function ownersOf(state: LiveState | undefined): ReadonlyMap<IpAddress, string> {
  const owners = (state?.services ?? []).flatMap((service) => service.owners);
  return new Map(
    owners.flatMap(({ address, node }) => {
      const parsed = parseIp(address);
      return parsed === undefined || node === undefined ? [] : [[parsed, node] as const];
    }),
  );
}
