import type { OwnershipTiming } from './types.ts';

export const DEFAULT_TIMING: OwnershipTiming = {
  helloIntervalMs: 100,
  silenceGraceMs: 1000,
  standInGraceMs: 60_000,
  patienceMs: 300,
  grantPatienceMs: 3000,
  untoldPatienceMs: 30_000,
  settleMs: 1500,
};

/** Intervals of silence after which the kernel of a neighbour is asked, so that its verdict is there in time. */
export const SUSPECT_AFTER_INTERVALS = 2;
/** Intervals of silence that mean that a speaker is down. */
export const DOWN_AFTER_INTERVALS = 3;

/** The kernel is silent when this many questions, this far apart, stayed without an answer for `KERNEL_VERDICT_MS`. */
export const KERNEL_TRIES = 5;
export const KERNEL_GAP_MS = 20;
export const KERNEL_VERDICT_MS = 100;

/** Before a node is called down: one more turn, so that what waits in the sockets is read first. */
export const CONFIRM_MS = 10;

/** A node that wakes later than that, in intervals, overslept: it may have missed what the others said meanwhile. */
export const OVERSLEPT_INTERVALS = 0.5;

/** How long a link that flaps has to be up before it counts. */
export const LINK_SETTLE_MS = 1000;
/** A link that goes down twice within this time flaps. */
export const LINK_MEMORY_MS = 10_000;

/** How often a node that hears nobody asks whether anybody is there. */
export const ALONE_PROBE_MS = 250;
/** After that long without any sign of life it stops its periodic announcements. */
export const HUSH_AFTER_MS = 3000;

/** So long after it hears somebody again a node still counts as alone: time for everybody to tell it what they hold. */
export const ALONE_MEMORY_MS = 1000;

/** Who is heard and has not heard this node for that long, in intervals, will not learn what this node claims. */
export const UNHEARING_AFTER_INTERVALS = 5;

/** Caches on the LAN have settled when a takeover is verified. */
export const VERIFY_AFTER_MS = 1000;
/** Most verifications in one turn. */
export const VERIFY_AT_ONCE = 16;

/** Pause between two hellos out of turn, so that many changes go into few. */
export const PROMPT_PAUSE_MS = 10;
/** Most hellos to one neighbour at once, when its node has much to tell. */
export const HELLOS_AT_ONCE = 8;
/** Intervals for which entries may be missing before a new exchange is asked for. */
export const RESYNC_AFTER_INTERVALS = 5;
