import {
  ALONE_PROBE_MS,
  CONFIRM_MS,
  DOWN_AFTER_INTERVALS,
  KERNEL_GAP_MS,
  KERNEL_TRIES,
  KERNEL_VERDICT_MS,
  SUSPECT_AFTER_INTERVALS,
} from './timing.ts';
import type { Standing } from './types.ts';

/** Before everything. */
export const NEVER = Number.NEGATIVE_INFINITY;

/** What is known about the life of a neighbour. All times in ms, `NEVER` when it did not happen. */
export interface Liveness {
  readonly standing: Standing;
  /** Since when its speaker has been away (`leaving` or `stopped`). */
  readonly awaySinceMs: number;
  /** Its last hello to this node. */
  readonly heardMs: number;
  /** Its last hello to another node, by the word of that one. */
  readonly vouchedMs: number;
  /** Between two of its hellos. */
  readonly intervalMs: number;
  /** It says that it hears nobody. */
  readonly deaf: boolean;
  /** It says that it stops, or has just started. */
  readonly away: boolean;
  readonly kernel: KernelInquiry;
  /** This node overslept: it accuses nobody before. */
  readonly notBeforeMs: number;
  /** Since when speaker and kernel seem dead. */
  readonly goneMs: number;
}

/** Questions to the kernel of a neighbour. */
interface KernelInquiry {
  readonly askedMs: number;
  readonly answeredMs: number;
  /** Questions since the last answer. */
  readonly unanswered: number;
  readonly firstUnansweredMs: number;
}

export type LivenessEvent =
  | { readonly kind: 'hello'; readonly intervalMs: number; readonly deaf: boolean; readonly away: boolean }
  | { readonly kind: 'vouched'; readonly atMs: number }
  | { readonly kind: 'kernel-answered' }
  | { readonly kind: 'overslept' }
  /** Its kernel is asked now. */
  | { readonly kind: 'asked' }
  /** Time went by. */
  | { readonly kind: 'turn' };

/** A neighbour of which nothing is known. */
export function unknownLiveness(intervalMs: number): Liveness {
  return {
    standing: 'never-heard',
    awaySinceMs: NEVER,
    heardMs: NEVER,
    vouchedMs: NEVER,
    intervalMs,
    deaf: false,
    away: false,
    kernel: { askedMs: NEVER, answeredMs: NEVER, unanswered: 0, firstUnansweredMs: NEVER },
    notBeforeMs: NEVER,
    goneMs: NEVER,
  };
}

/** Judges a neighbour. Pure. */
export function stepLiveness(before: Liveness, event: LivenessEvent, nowMs: number): Liveness {
  return judged(informed(before, event, nowMs), nowMs);
}

function informed(before: Liveness, event: LivenessEvent, nowMs: number): Liveness {
  const { kernel } = before;
  switch (event.kind) {
    case 'hello': {
      const { intervalMs, deaf, away } = event;
      // The hello of a deaf node proves nothing about what reaches its kernel: that question stays open.
      const inquiry = deaf || kernel.unanswered === 0 ? kernel : { ...kernel, unanswered: 0 };
      return { ...before, heardMs: nowMs, intervalMs, deaf, away, kernel: inquiry };
    }
    case 'vouched':
      return { ...before, vouchedMs: Math.max(before.vouchedMs, event.atMs) };
    case 'kernel-answered':
      return { ...before, kernel: { ...kernel, answeredMs: nowMs, unanswered: 0 } };
    case 'asked': {
      const firstUnansweredMs = kernel.unanswered === 0 ? nowMs : kernel.firstUnansweredMs;
      const unanswered = kernel.unanswered + 1;
      return { ...before, kernel: { ...kernel, askedMs: nowMs, unanswered, firstUnansweredMs } };
    }
    case 'overslept':
      return {
        ...before,
        kernel: { ...kernel, askedMs: NEVER, unanswered: 0 },
        notBeforeMs: nowMs + before.intervalMs,
        goneMs: NEVER,
      };
    case 'turn':
      return before;
    default:
      return event satisfies never;
  }
}

/** Two turns have to find a neighbour gone: what waited in the sockets at the first is read before the second. */
function judged(liveness: Liveness, nowMs: number): Liveness {
  if (liveness.standing === 'never-heard' && liveness.heardMs === NEVER) return liveness;
  const silent = nowMs >= silentAtMs(liveness);
  const gone = (silent || liveness.deaf) && nowMs >= kernelSilentAtMs(liveness);
  const goneMs = !gone ? NEVER : liveness.goneMs === NEVER ? nowMs : liveness.goneMs;
  const standing =
    gone && nowMs >= goneMs + CONFIRM_MS ? (silent ? 'down' : 'deaf') : standingByHello(liveness, { silent, gone });
  const awaySinceMs = !isAway(standing) ? NEVER : isAway(liveness.standing) ? liveness.awaySinceMs : nowMs;
  const { standing: stood, awaySinceMs: away, goneMs: went } = liveness;
  const same = standing === stood && awaySinceMs === away && goneMs === went;
  return same ? liveness : { ...liveness, standing, awaySinceMs, goneMs };
}

/** As long as the kernel has not been heard about, everything stays as it is. */
function standingByHello(liveness: Liveness, { silent, gone }: { silent: boolean; gone: boolean }): Standing {
  const { standing, kernel } = liveness;
  if (gone) return standing;
  if (silent) return kernel.answeredMs > lastSignMs(liveness) ? 'stopped' : standing;
  if (liveness.deaf && standing === 'deaf' && kernel.answeredMs < kernel.firstUnansweredMs) return standing;
  return liveness.away ? 'leaving' : 'heard';
}

/** The last sign of life of its speaker, whoever heard it. */
export function lastSignMs(liveness: Liveness): number {
  return Math.max(liveness.heardMs, liveness.vouchedMs);
}

/** True when its speaker is silent or about to be, but it still forwards. */
export function isAway(standing: Standing): boolean {
  return standing === 'leaving' || standing === 'stopped';
}

/** True when this node itself hears it. */
export function isHeardDirectly(liveness: Liveness, nowMs: number): boolean {
  if (liveness.standing !== 'heard' && liveness.standing !== 'leaving') return false;
  return nowMs < Math.max(liveness.heardMs + DOWN_AFTER_INTERVALS * liveness.intervalMs, liveness.notBeforeMs);
}

/** When to ask its kernel next. @param alone this node hears nobody, and wants to know whether any kernel is there */
export function nextQuestionMs(liveness: Liveness, alone: boolean): number {
  const { standing, kernel, intervalMs } = liveness;
  if (standing === 'never-heard' || standing === 'down')
    return alone ? kernel.askedMs + ALONE_PROBE_MS : Number.POSITIVE_INFINITY;
  const fromMs = liveness.deaf ? NEVER : lastSignMs(liveness) + SUSPECT_AFTER_INTERVALS * intervalMs;
  const pauseMs = kernel.unanswered > 0 && standing !== 'deaf' ? KERNEL_GAP_MS : intervalMs;
  return Math.max(fromMs, kernel.askedMs + pauseMs);
}

/** When the judgement changes next, without anything heard. */
export function nextJudgementMs(liveness: Liveness): number {
  const { standing } = liveness;
  if (standing === 'never-heard' || standing === 'down' || standing === 'deaf') return Number.POSITIVE_INFINITY;
  if (liveness.goneMs !== NEVER) return liveness.goneMs + CONFIRM_MS;
  const silentMs = silentAtMs(liveness);
  if (standing !== 'stopped' && liveness.kernel.answeredMs > lastSignMs(liveness)) return silentMs;
  return Math.max(liveness.deaf ? NEVER : silentMs, kernelSilentAtMs(liveness));
}

/** Having overslept defers an accusation; it takes none back. */
function silentAtMs(liveness: Liveness): number {
  const silentMs = lastSignMs(liveness) + DOWN_AFTER_INTERVALS * liveness.intervalMs;
  const isAccused = liveness.standing === 'stopped' || liveness.standing === 'down';
  return isAccused ? silentMs : Math.max(silentMs, liveness.notBeforeMs);
}

function kernelSilentAtMs({ kernel }: Liveness): number {
  return kernel.unanswered < KERNEL_TRIES ? Number.POSITIVE_INFINITY : kernel.firstUnansweredMs + KERNEL_VERDICT_MS;
}
