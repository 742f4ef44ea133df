import type { Command } from 'commander';
import type { LiveState } from '../../inspect/live/live-state.ts';
import { formatTimeline } from '../../inspect/live/timeline.ts';
import { ApiError } from '../../ports/api-error.ts';
import type { ClusterReader } from '../../ports/cluster-snapshot.ts';
import { UsageError } from '../process-life.ts';
import { HEALTHY, type InspectFlags, inspecting, run } from './commands.ts';
import { print } from './output.ts';

/** `timeline [ADDRESS]`: who announced it, from when, why, and how long nobody did. */
export function timelineCommand(): Command {
  return inspecting('timeline', 'Shows who announced an address, since when, why, and how long nobody did.')
    .argument('[address]', 'an address of a Service; without it all are shown')
    .action(async (address: string | undefined, flags: InspectFlags) => {
      await run(flags, async (cluster) => {
        const { changes } = await leaderState(cluster);
        const entries = changes.filter((entry) => address === undefined || entry.address === address);
        print(entries, flags.output, () => formatTimeline(entries));
        return HEALTHY;
      });
    });
}

/** What the leader knows, by way of the API server. @throws UsageError when nobody leads */
export async function leaderState(cluster: ClusterReader): Promise<LiveState> {
  const { leader = '', pods, namespace } = await cluster.snapshot();
  const pod = pods.find(({ meta }) => leader.startsWith(`${meta.name}_`) || leader === meta.name);
  if (pod === undefined) throw new UsageError(`no Pod in ${namespace} leads, so nobody keeps a timeline`);
  return (await cluster.fromPod(pod, '/state')) as LiveState;
}

/** The same; undefined, and told, when nobody leads, or cannot be reached: then the answer is what a new leader would decide. */
export async function leaderStateIfAny(cluster: ClusterReader): Promise<LiveState | undefined> {
  try {
    return await leaderState(cluster);
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof UsageError)) throw error;
    console.error(
      `heraldlb: not seen: who announces what now (${error.message}); shown is what a controller that starts now would decide`,
    );
    return undefined;
  }
}
