import type { HelloInterface } from '../../codec/hello/index.ts';
import { LINK_MEMORY_MS, LINK_SETTLE_MS } from './timing.ts';

/** An interface of this node. */
export interface Link {
  readonly reported: HelloInterface;
  /** When it last came up or went down, in ms. */
  readonly changedMs: number;
  /** When it last went down, in ms; undefined = never. */
  readonly downMs?: number;
  /** It went down twice within `LINK_MEMORY_MS`. */
  readonly flapping: boolean;
}

/** Takes a report of all interfaces in. Pure. */
export function stepLinks(
  before: ReadonlyMap<string, Link>,
  interfaces: readonly HelloInterface[],
  nowMs: number,
): ReadonlyMap<string, Link> {
  return new Map(interfaces.map((reported) => [reported.name, stepLink(before.get(reported.name), reported, nowMs)]));
}

function stepLink(before: Link | undefined, reported: HelloInterface, nowMs: number): Link {
  if (before === undefined) return { reported, changedMs: nowMs, flapping: false };
  if (before.reported.up === reported.up) return { ...before, reported };
  if (reported.up) return { ...before, reported, changedMs: nowMs };
  const flapping = before.downMs !== undefined && nowMs - before.downMs < LINK_MEMORY_MS;
  return { reported, changedMs: nowMs, downMs: nowMs, flapping };
}

/**
 * From when the link can be relied on, in ms; Infinity while it is down. One interruption costs nothing; a link that flaps has
 * to stay up for a while first.
 */
export function usableFromMs({ reported, changedMs, flapping }: Link): number {
  if (!reported.up) return Number.POSITIVE_INFINITY;
  return flapping ? changedMs + LINK_SETTLE_MS : changedMs;
}
