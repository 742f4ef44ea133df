import type { Decoded } from '../decoded.ts';
import type { Origin } from '../origin.ts';
import type { SourceObject } from '../source.ts';
import type { PositionedProblem } from './positioned-problem.ts';
import type { Position } from './yaml-node.ts';

/** One part of a legacy configuration that is an object of its own today. */
export interface LegacyEntry {
  /** That object, in `metallb.io`. */
  readonly object: SourceObject;
  /** The ConfigMap and the part of it, for messages. */
  readonly origin: Origin;
  readonly position?: Position;
  readonly result:
    | { readonly kind: 'ok'; readonly value: Decoded }
    | { readonly kind: 'problems'; readonly problems: readonly PositionedProblem[] };
}

/** The ConfigMap that a legacy configuration comes from. */
export interface LegacySource {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** RFC 3339. */
  readonly creationTimestamp: string;
}

/** All that a legacy configuration says, and what is wrong with the text as a whole. */
export interface LegacyConfig {
  readonly entries: readonly LegacyEntry[];
  readonly problems: readonly PositionedProblem[];
  /** Names that had to be made legal. */
  readonly renamed: readonly Renamed[];
}

export interface Renamed {
  readonly what: 'pool' | 'profile';
  readonly from: string;
  readonly to: string;
}
