import type { ClaimOrder, Epoch } from '../../codec/hello/index.ts';

/** Order of epochs: negative when `a` is the older one. */
export function compareEpochs(a: Epoch, b: Epoch): number {
  return a.generation - b.generation || a.counter - b.counter;
}

/** Order of claims: negative when `a` is the weaker one. */
export function compareClaims(a: ClaimOrder, b: ClaimOrder): number {
  return compareEpochs(a.epoch, b.epoch) || a.term - b.term || b.rank - a.rank;
}

/** Whether the first of two nodes' claims prevails. Total: of two different nodes always exactly one prevails. */
export function isStronger(a: ClaimOrder, nodeOfA: string, b: ClaimOrder, nodeOfB: string): boolean {
  const order = compareClaims(a, b);
  return order === 0 ? nodeOfA < nodeOfB : order > 0;
}
