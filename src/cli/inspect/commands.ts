import { Command } from 'commander';
import { ClusterAccessError } from '../../adapters/kube/access/cluster-access.ts';
import { parseYaml } from '../../adapters/yaml/positioned-yaml.ts';
import { givenConfiguration } from '../../inspect/given-configuration.ts';
import { POOL_COLUMNS, poolViews } from '../../inspect/pools.ts';
import { SERVICE_COLUMNS, serviceViews } from '../../inspect/services.ts';
import { formatStatus, statusView } from '../../inspect/status.ts';
import { formatTable } from '../../inspect/table.ts';
import { ApiError } from '../../ports/api-error.ts';
import type { ClusterReader } from '../../ports/cluster-snapshot.ts';
import { UsageError } from '../process-life.ts';
import { type ClusterFlags, clusterOptions, withCluster } from './cluster.ts';
import { type Output, outputOption, print } from './output.ts';

/** What a command found, for scripts: the exit status. */
export const HEALTHY = 0;
export const PROBLEMS = 1;
/** Wrong usage, or a cluster that could not be read. */
const FAILED = 2;

export type InspectFlags = ClusterFlags & { readonly output: Output };

/** The commands that look at a cluster and change nothing. */
export function inspectCommands(): readonly Command[] {
  return [statusCommand(), poolsCommand(), servicesCommand()];
}

function statusCommand(): Command {
  return inspecting(
    'status',
    'Shows the health of everything on one screen. Status 1: something has a problem.',
  ).action(async (flags: InspectFlags) => {
    await run(flags, async (cluster) => {
      const snapshot = await cluster.snapshot();
      const view = statusView(snapshot, await givenConfiguration(cluster, snapshot, parseYaml));
      print(view, flags.output, () => formatStatus(view));
      return view.problems.length === 0 ? HEALTHY : PROBLEMS;
    });
  });
}

function poolsCommand(): Command {
  return inspecting('pools', 'Lists the pools, what is free in them, and why one is not in force.').action(
    async (flags: InspectFlags) => {
      await run(flags, async (cluster) => {
        const snapshot = await cluster.snapshot();
        const given = await givenConfiguration(cluster, snapshot, parseYaml);
        const pools = poolViews(snapshot, given);
        for (const what of given.unknown) console.error(`heraldlb: not seen: ${what}`);
        print(pools, flags.output, () => formatTable(POOL_COLUMNS, pools));
        return given.unknown.length > 0 || pools.some(({ problem }) => problem !== undefined) ? PROBLEMS : HEALTHY;
      });
    },
  );
}

function servicesCommand(): Command {
  return inspecting('services', 'Lists the Services of type LoadBalancer, and what keeps one from being reached.')
    .option('-n, --namespace <name>', 'only those of a namespace')
    .option('--problems', 'only those that have one')
    .action(async (flags: InspectFlags & { readonly namespace?: string; readonly problems?: boolean }) => {
      await run(flags, async (cluster) => {
        const services = serviceViews(await cluster.snapshot())
          .filter(({ namespace }) => flags.namespace === undefined || namespace === flags.namespace)
          .filter(({ problem }) => flags.problems !== true || problem !== undefined);
        print(services, flags.output, () => formatTable(SERVICE_COLUMNS, services));
        return services.some(({ problem }) => problem !== undefined) ? PROBLEMS : HEALTHY;
      });
    });
}

/** A command with the flags that all of these have. */
export function inspecting(name: string, description: string): Command {
  const command = new Command(name).description(description).addOption(outputOption());
  for (const option of clusterOptions()) command.addOption(option);
  return command;
}

/** Runs one and leaves its exit status; what a cluster refuses is one line. */
export function run(flags: ClusterFlags, use: (cluster: ClusterReader) => Promise<number>): Promise<void> {
  return exitWith(() => withCluster(flags, use));
}

/** Leaves the exit status that `work` comes to. */
export async function exitWith(work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof ClusterAccessError || error instanceof UsageError)) throw error;
    console.error(`heraldlb: ${error.message}`);
    process.exitCode = FAILED;
  }
}
