import type { Weather } from './network.ts';

/** Something that goes wrong, or right again, at a time. Plain data, so that a trace can be kept and played again. */
export type Fault = { readonly atMs: number } & (
  | {
      readonly kind: 'power-cut' | 'power-on' | 'speaker-kill' | 'speaker-start' | 'speaker-leave';
      readonly node: string;
    }
  | { readonly kind: 'link-down' | 'link-up'; readonly node: string }
  | { readonly kind: 'stall'; readonly node: string; readonly forMs: number }
  /** Nodes of different groups do not reach each other. */
  | { readonly kind: 'partition'; readonly groups: readonly (readonly string[])[] }
  /** What `from` sends does not reach `to`. */
  | { readonly kind: 'one-way'; readonly from: string; readonly to: string }
  | { readonly kind: 'heal' }
  | { readonly kind: 'weather'; readonly weather: Weather }
  | { readonly kind: 'controller-away' | 'controller-back' }
  /** The controller moves address number `index` to a node. */
  | { readonly kind: 'move'; readonly index: number; readonly to: string }
);

/** All that a run depends on. */
export interface Scenario {
  readonly seed: number;
  readonly nodes: number;
  readonly addresses: number;
  readonly standIn: boolean;
  readonly lastsMs: number;
  /** False: plays quiet times event by event, too. */
  readonly skipsQuiet?: boolean;
  readonly faults: readonly Fault[];
}
