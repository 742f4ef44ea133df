import type { OwnershipAction, OwnershipEvent, OwnershipOptions } from './types.ts';

/** Decides, for one node, which addresses it announces. Performs nothing: it says what to perform. */
export class Ownership {
  constructor(_options: OwnershipOptions) {}

  /** What follows from an event at this time of a monotonic clock, in ms. */
  handle(_event: OwnershipEvent, _nowMs: number): readonly OwnershipAction[] {
    return [];
  }

  /** When to send the next `tick` at the latest. */
  nextWakeMs(): number {
    return Number.POSITIVE_INFINITY;
  }
}
