import type { MacAddress } from '../../core/net/index.ts';

/** How this node stands to an address on one interface. */
export type Stance =
  /** Its own: answered with the MAC of the interface, and announced. With `probe` the LAN is asked first whether it is free. */
  | { readonly kind: 'announce'; readonly probe: boolean }
  /** Another node's whose speaker is silent: answered with that node's MAC, and never announced. */
  | { readonly kind: 'stand-in'; readonly mac: MacAddress };

export function sameStance(a: Stance | undefined, b: Stance | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.kind === 'announce') return b.kind === 'announce' && a.probe === b.probe;
  return b.kind === 'stand-in' && a.mac === b.mac;
}
