import type { Epoch } from '../../ports/channel.ts';

/** Below 0 when `a` is older, 0 when they are the same, above 0 when `a` is newer. */
export function compareEpochs(a: Epoch, b: Epoch): number {
  return a.generation === b.generation ? a.counter - b.counter : a.generation - b.generation;
}
