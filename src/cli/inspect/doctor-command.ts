import type { Command } from 'commander';
import {
  diagnose,
  diagnoseReachability,
  type Finding,
  formatExamination,
  type NodeReport,
} from '../../inspect/doctor.ts';
import { ApiError } from '../../ports/api-error.ts';
import type { ClusterReader, Pod } from '../../ports/cluster-snapshot.ts';
import { METRICS_PORT } from '../../ports/defaults.ts';
import { UsageError } from '../process-life.ts';
import { HEALTHY, type InspectFlags, inspecting, PROBLEMS, run } from './commands.ts';
import { print } from './output.ts';
import { leaderState } from './timeline-command.ts';

/** `doctor`: what is wrong with nodes and between them. */
export function doctorCommand(): Command {
  return inspecting(
    'doctor',
    'Asks every speaker about its node: interfaces, ARP settings, who hears whom; with what to do.',
  ).action(async (flags: InspectFlags) => {
    await run(flags, async (cluster) => {
      const { pods } = await cluster.snapshot();
      const speakers = pods.filter(({ meta }) => meta.labels['app.kubernetes.io/component'] === 'speaker');
      const asked = await Promise.all(speakers.map((pod) => ask(cluster, pod)));
      const nodes = asked.flatMap((answer) => ('interfaces' in answer ? [answer] : []));
      const silent = asked.flatMap((answer) => ('interfaces' in answer ? [] : [answer]));
      const findings = [...silent, ...nodes.flatMap(diagnose), ...(await reachability(cluster))];
      const examination = { nodes, findings };
      print(examination, flags.output, () => formatExamination(examination));
      return findings.length === 0 ? HEALTHY : PROBLEMS;
    });
  });
}

async function reachability(cluster: ClusterReader): Promise<readonly Finding[]> {
  try {
    return diagnoseReachability(await leaderState(cluster));
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof UsageError)) throw error;
    const hint = 'look at the Pods of the controller and at their logs; to ask them, "get" on "pods/proxy" is needed';
    return [{ node: '', severity: 'error', what: `what the leader knows cannot be read: ${error.message}`, hint }];
  }
}

async function ask(cluster: ClusterReader, pod: Pod): Promise<NodeReport | Finding> {
  try {
    return (await cluster.fromPod(pod, '/node')) as NodeReport;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const hint = `is its Pod ${pod.meta.name} running, and is TCP ${pod.metricsPort ?? METRICS_PORT} open on the node?`;
    return { node: pod.nodeName, severity: 'warning', what: `its speaker could not be asked: ${error.message}`, hint };
  }
}
