import { describe, expect, it } from 'vitest';
import {
  type AuthorityLife,
  type AuthorityLives,
  type AuthorityStep,
  isDueForRenewal,
  nextAuthorityStep,
  DEFAULT_AUTHORITY_POLICY as policy,
} from '../../../../src/adapters/grpc/authority-policy.ts';

const DAY_MS = 24 * 3_600_000;
const made = (day: number): AuthorityLife => ({ madeAtMs: day * DAY_MS, notAfterMs: day * DAY_MS + policy.lifetimeMs });

describe('the CA policy', () => {
  const cases: readonly (readonly [string, AuthorityLives | undefined, number, AuthorityStep])[] = [
    ['makes a CA where there is none', undefined, 0, 'replace'],
    ['keeps a young one', { active: made(0) }, 1, 'keep'],
    ['keeps one until it has 90 days left', { active: made(0) }, 275, 'keep'],
    ['prepares a successor when it has fewer', { active: made(0) }, 275.01, 'prepare'],
    ['lets nobody sign who has been trusted for less than a day', { active: made(0), next: made(276) }, 276.9, 'keep'],
    ['promotes the successor after that', { active: made(0), next: made(276) }, 277, 'promote'],
    ['promotes it at once when the active one has ended', { active: made(0), next: made(364.9) }, 365, 'promote'],
    ['makes a new one when the active one has ended without a successor', { active: made(0) }, 365, 'replace'],
    ['makes a new one when both have ended', { active: made(0), next: made(1) }, 400, 'replace'],
    ['trusts the previous one until it ends', { active: made(276), previous: made(0) }, 364.9, 'keep'],
    ['forgets it then', { active: made(276), previous: made(0) }, 365, 'forget'],
    ['prepares before it forgets', { active: made(0), previous: made(-365) }, 300, 'prepare'],
  ];
  for (const [what, lives, day, step] of cases) {
    it(what, () => expect(nextAuthorityStep(lives, day * DAY_MS, policy)).toBe(step));
  }

  it('renews a server certificate with a third of its life left', () => {
    const life = { madeAtMs: 0, notAfterMs: 30 * DAY_MS };
    expect(isDueForRenewal(life, 20 * DAY_MS - 1)).toBe(false);
    expect(isDueForRenewal(life, 20 * DAY_MS)).toBe(true);
  });

  it('over ten years always has one that signs and is good, and never lets one sign that was not trusted for a day', () => {
    let lives: AuthorityLives = { active: made(0) };
    let trustedSince = new Map([[lives.active, Number.NEGATIVE_INFINITY]]);
    for (let hour = 0; hour < 10 * 365 * 24; hour += 1) {
      const nowMs = hour * 3_600_000;
      for (
        let step = nextAuthorityStep(lives, nowMs, policy);
        step !== 'keep';
        step = nextAuthorityStep(lives, nowMs, policy)
      ) {
        const { active, next } = lives;
        if (step === 'prepare') lives = { ...lives, next: { madeAtMs: nowMs, notAfterMs: nowMs + policy.lifetimeMs } };
        else if (step === 'promote' && next !== undefined) lives = { active: next, previous: active };
        else if (step === 'forget') lives = { active, ...(next === undefined ? {} : { next }) };
        else throw new Error(`${step} on hour ${hour}`);
      }
      const trusted = [lives.active, lives.next, lives.previous].filter((life) => life !== undefined);
      trustedSince = new Map(trusted.map((life) => [life, trustedSince.get(life) ?? nowMs]));
      expect(lives.active.notAfterMs).toBeGreaterThan(nowMs + policy.renewBeforeMs - 2 * DAY_MS);
      expect(nowMs - (trustedSince.get(lives.active) ?? nowMs)).toBeGreaterThanOrEqual(policy.overlapMs);
    }
  });
});
