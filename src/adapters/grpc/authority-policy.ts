/** The life of a CA certificate, in milliseconds of the date. */
export interface AuthorityLife {
  readonly madeAtMs: number;
  readonly notAfterMs: number;
}

/**
 * The CAs of an installation. All of them are trusted; `active` signs. `next` is trusted already so that every speaker
 * knows it before it signs, `previous` still, so that a certificate that it signed is good until it is replaced.
 */
export interface AuthorityLives {
  readonly active: AuthorityLife;
  readonly next?: AuthorityLife;
  readonly previous?: AuthorityLife;
}

export interface AuthorityPolicy {
  /** How long a CA certificate is good. */
  readonly lifetimeMs: number;
  /** A successor is made when the active one has less than this left. */
  readonly renewBeforeMs: number;
  /** How long a successor is trusted before it signs: more than a mount of the bundle takes to be refreshed (minutes). */
  readonly overlapMs: number;
}

export const DEFAULT_AUTHORITY_POLICY: AuthorityPolicy = {
  lifetimeMs: 365 * 24 * 3_600_000,
  renewBeforeMs: 90 * 24 * 3_600_000,
  overlapMs: 24 * 3_600_000,
};

/**
 * `replace`: make a CA that is active at once. `prepare`: make the next one. `promote`: next becomes active, active becomes
 * previous. `forget`: drop the previous one.
 */
export type AuthorityStep = 'keep' | 'replace' | 'prepare' | 'promote' | 'forget';

/** The one thing to do now; ask again after it is done. Pure. */
export function nextAuthorityStep(
  lives: AuthorityLives | undefined,
  nowMs: number,
  policy: AuthorityPolicy,
): AuthorityStep {
  if (lives === undefined) return 'replace';
  const { active, next, previous } = lives;
  const ended = nowMs >= active.notAfterMs;
  if (next !== undefined && nowMs < next.notAfterMs) {
    // When the active one has ended, nobody can be let down by an overlap that is too short.
    if (ended || nowMs - next.madeAtMs >= policy.overlapMs) return 'promote';
  } else if (ended) {
    return 'replace';
  } else if (active.notAfterMs - nowMs < policy.renewBeforeMs) {
    return 'prepare';
  }
  return previous !== undefined && nowMs >= previous.notAfterMs ? 'forget' : 'keep';
}

/** When a certificate is to be replaced: with a third of its life left. */
export function isDueForRenewal(life: AuthorityLife, nowMs: number): boolean {
  return nowMs >= life.notAfterMs - (life.notAfterMs - life.madeAtMs) / 3;
}
