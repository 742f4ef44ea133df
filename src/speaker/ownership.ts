import type { Epoch, Grant } from '../ports/channel.ts';

/** Whether this node announces the address of a grant: the first candidate does, and the controller orders them. */
export function ownsByGrant(grant: Grant, nodeName: string): boolean {
  return grant.candidates[0] === nodeName;
}

/** Order of epochs: negative when `a` is the older one. */
export function compareEpochs(a: Epoch, b: Epoch): number {
  return a.generation - b.generation || a.counter - b.counter;
}
