// How long many Services that are created at once take to get their addresses, on the real kube-apiserver:
// `npm run bench -- assign [SERVICES]`.
import { AssignmentBed, serviceNames } from './support/assignment.ts';
import { assignmentFigures, assignmentRows } from './support/assignment-report.ts';
import { inSandbox } from './support/in-sandbox.ts';
import { rounded } from './support/process-figures.ts';
import { numberArgument, report } from './support/report.ts';

const services = numberArgument(0, 1_000);

async function main(): Promise<void> {
  await using bed = await AssignmentBed.start('bench-assign');
  await bed.run();
  const created = await bed.assignCreated(serviceNames('created', services));
  const waiting = await bed.assignWaiting(serviceNames('waiting', services));
  const bare = await bed.barePatches('waiting', 'created-1');
  const parts = { services, created, waiting, bare };
  report(`${services} Services at once, real kube-apiserver, one node`, assignmentRows(parts), {
    bench: 'assign',
    ratios: { assignToBarePatch: rounded(waiting.firstToLastSeconds / bare.seconds, 2) },
    figures: assignmentFigures(parts),
  });
}

await inSandbox(import.meta.filename, main);
