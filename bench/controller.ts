// Thousands of Services on the real kube-apiserver, and a restart with 10,000: `npm run bench -- controller [SERVICES] [AT_RESTART]`.
import { AssignmentBed, type LogLine, serviceNames } from './support/assignment.ts';
import { assignmentFigures, assignmentRows } from './support/assignment-report.ts';
import { inSandbox } from './support/in-sandbox.ts';
import { listSeconds } from './support/list-time.ts';
import { rounded } from './support/process-figures.ts';
import { numberArgument, progress, report } from './support/report.ts';

const services = numberArgument(0, 5_000);
const atRestart = numberArgument(1, 10_000);
/** Lists that are measured: the fastest counts. */
const LISTS = 3;

async function main(): Promise<void> {
  await using bed = await AssignmentBed.start('bench-controller');
  await bed.run();
  const created = await bed.assignCreated(serviceNames('created', services));
  const waiting = await bed.assignWaiting(serviceNames('waiting', services));
  const more = atRestart - 2 * services;
  if (more > 0) await bed.assignWaiting(serviceNames('more', more));

  progress('restarting the controller');
  const claims = claimsOf(await bed.restart());
  const kubeconfig = await bed.cluster.controllerKubeconfig();
  await bed.stop();
  const lists: number[] = [];
  for (let count = 0; count < LISTS; count += 1) lists.push(await listSeconds(kubeconfig));
  const list = Math.min(...lists);

  const bare = await bed.barePatches('waiting', 'created-1');
  const parts = { services, created, waiting, bare };
  const rows = [
    ...assignmentRows(parts),
    [''],
    [`restart with ${claims.services} Services: leading to all claimed`, `${rounded(claims.seconds, 3)} s`],
    ['the list of them alone, by the same client', `${rounded(list, 3)} s`],
  ];
  report(`${services} Services at once, real kube-apiserver, one node`, rows, {
    bench: 'controller',
    ratios: {
      assignToBarePatch: rounded(waiting.firstToLastSeconds / bare.seconds, 2),
      restartToList: rounded(claims.seconds / list, 3),
    },
    figures: {
      ...assignmentFigures(parts),
      cpuMsPerService: rounded((created.cpuSecondsToRest / services) * 1000, 2),
      restartServices: claims.services,
      restartClaimSeconds: rounded(claims.seconds, 3),
      listSeconds: rounded(list, 3),
    },
  });
}

/** From the Lease to the last claim, by the controller's own log. */
function claimsOf(lines: readonly LogLine[]): { readonly services: number; readonly seconds: number } {
  const at = (event: string): LogLine => {
    const line = lines.find((each) => each.event === event);
    if (line === undefined) throw new Error(`the controller did not log ${event}`);
    return line;
  };
  const claimed = at('statuses-claimed');
  return {
    services: claimed.services ?? 0,
    seconds: (Date.parse(claimed.time) - Date.parse(at('leader-elected').time)) / 1000,
  };
}

await inSandbox(import.meta.filename, main);
