import type { Origin } from './origin.ts';
import { describeProblem, type Problem } from './problem.ts';
import { describeOrigin } from './source.ts';
import type { VerdictReason } from './verdict.ts';

/** Why an object cannot be in force beside the others. */
export interface Refusal {
  readonly reason: Exclude<VerdictReason, 'InForce'>;
  readonly message: string;
}

export function refusal(reason: Refusal['reason'], problem: Problem): Refusal {
  return { reason, message: `${describeProblem(problem)}.` };
}

/** Two objects with one name, of which the other is in force. */
export function duplicateName(name: string, namesake: Origin): Refusal {
  return refusal('DuplicateName', {
    field: 'metadata.name',
    value: name,
    message: `${describeOrigin(namesake)} (${namesake.apiVersion}) is in force under this name, and names count across namespaces; rename or delete one of the two`,
  });
}
