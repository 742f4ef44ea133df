import type { Assignment } from './assignment.ts';
import type { BarePatches } from './bare-patches.ts';
import { rounded } from './process-figures.ts';

/** What was measured with one number of Services. */
export interface AssignmentParts {
  readonly services: number;
  readonly created: Assignment & { readonly createSeconds: number };
  readonly waiting: Assignment;
  readonly bare: BarePatches;
}

export function assignmentRows({ services, created, waiting, bare }: AssignmentParts): string[][] {
  const row = (what: string, assignment: Assignment): string[] => [
    what,
    `${assignment.seconds} s`,
    `${assignment.firstToLastSeconds} s`,
    `${assignment.cpuSeconds} s (${assignment.cpuSecondsToRest} s)`,
    `${rounded((assignment.cpuSecondsToRest / services) * 1000, 2)} ms`,
    `${assignment.peakMiB} MiB`,
    `${assignment.apiServerCpuSeconds} s`,
  ];
  return [
    ['', 'all', 'first to last', 'CPU (until it rests)', 'CPU a Service', 'peak', 'CPU of kube-apiserver'],
    row(`created while it runs (creating alone: ${created.createSeconds} s)`, created),
    row('waiting when it starts', waiting),
    ['bare status patches', `${bare.seconds} s`, '', `${bare.cpuSeconds} s`],
  ];
}

export function assignmentFigures({ services, created, waiting, bare }: AssignmentParts): Record<string, number> {
  return {
    services,
    seconds: created.seconds,
    cpuSeconds: created.cpuSecondsToRest,
    peakMiB: created.peakMiB,
    createSeconds: created.createSeconds,
    apiServerCpuSeconds: created.apiServerCpuSeconds,
    waitingSeconds: waiting.seconds,
    waitingFirstToLastSeconds: waiting.firstToLastSeconds,
    waitingCpuSeconds: waiting.cpuSecondsToRest,
    waitingPeakMiB: waiting.peakMiB,
    barePatchSeconds: bare.seconds,
    barePatchCpuSeconds: bare.cpuSeconds,
  };
}
