import type { Epoch } from '../../ports/channel.ts';

/** No Lease changes hands so often: an epoch beyond it is made up, and to outrank it would use up all that are left. */
const MAX_GENERATION = 2 ** 40;

/** Below 0 when `a` is older, 0 when they are the same, above 0 when `a` is newer. */
export function compareEpochs(a: Epoch, b: Epoch): number {
  return a.generation === b.generation ? a.counter - b.counter : a.generation - b.generation;
}

/** Whether it can be the epoch of any controller. */
export function isPlausible({ generation }: Epoch): boolean {
  return generation <= MAX_GENERATION;
}
