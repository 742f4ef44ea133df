import { describe, expect, it } from 'vitest';
import { ReviewingTokenVerifier } from '../../../../src/controller/speakers/token-verifier.ts';
import { ApiError } from '../../../../src/ports/api-error.ts';
import type { TokenReview, TokenReviewer } from '../../../../src/ports/stores.ts';
import { ManualTime } from '../../../support/manual-time.ts';

const GOOD: TokenReview = {
  authenticated: true,
  error: '',
  audiences: ['heraldlb-controller'],
  username: 'system:serviceaccount:heraldlb-system:heraldlb-speaker',
  groups: [],
  extra: {
    'authentication.kubernetes.io/node-name': ['node-a'],
    'authentication.kubernetes.io/pod-name': ['speaker-1'],
    'authentication.kubernetes.io/pod-uid': ['uid-1'],
  },
};

class FakeReviewer implements TokenReviewer {
  answer: TokenReview | Error = GOOD;
  readonly asked: { readonly token: string; readonly audiences: readonly string[] }[] = [];
  hold: Promise<void> | undefined;

  async review(token: string, audiences: readonly string[]): Promise<TokenReview> {
    this.asked.push({ token, audiences });
    await this.hold;
    if (this.answer instanceof Error) throw this.answer;
    return this.answer;
  }
}

/** A token of the right form; what it says is the reviewer's business. */
function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

function setUp(options: { readonly maxRemembered?: number; readonly maxPending?: number } = {}) {
  const [time, reviewer] = [new ManualTime(), new FakeReviewer()];
  const verifier = new ReviewingTokenVerifier(
    { audience: 'heraldlb-controller', namespace: 'heraldlb-system', serviceAccount: 'heraldlb-speaker', ...options },
    { reviewer, clock: time },
  );
  const nowS = time.wallTime().getTime() / 1000;
  const token = jwt({ iat: nowS - 600, exp: nowS + 3000, pod: 'ü' });
  return { time, reviewer, verifier, token, nowS };
}

describe('the token verifier', () => {
  it('accepts a projected token of a speaker, and says whose it is and how long it is good', async () => {
    const { verifier, reviewer, token } = setUp();
    expect(await verifier.verify(token)).toEqual({
      kind: 'accepted',
      identity: { nodeName: 'node-a', podName: 'speaker-1', podUid: 'uid-1', remainingMs: 3_000_000 },
    });
    expect(reviewer.asked).toEqual([{ token, audiences: ['heraldlb-controller'] }]);
  });

  const extra = (changes: Record<string, readonly string[]>): Partial<TokenReview> => ({
    extra: { ...GOOD.extra, ...changes },
  });
  const judged: readonly (readonly [string, Partial<TokenReview>, string])[] = [
    ['refuses what the API server does not authenticate', { authenticated: false, error: 'expired' }, 'refused'],
    ['refuses an answer with an error, whatever else it says', { error: 'one authenticator failed' }, 'refused'],
    ['refuses a token for another audience', { audiences: ['https://kubernetes.default.svc'] }, 'refused'],
    ['refuses an answer of an authenticator that looked at no audience', { audiences: [] }, 'refused'],
    ['forbids another ServiceAccount', { username: 'system:serviceaccount:heraldlb-system:default' }, 'forbidden'],
    [
      'forbids the same name in another namespace',
      { username: 'system:serviceaccount:x:heraldlb-speaker' },
      'forbidden',
    ],
    ['forbids a user', { username: 'heraldlb-speaker' }, 'forbidden'],
    ['forbids a token without a node', extra({ 'authentication.kubernetes.io/node-name': [] }), 'forbidden'],
    ['forbids a token of two nodes', extra({ 'authentication.kubernetes.io/node-name': ['a', 'b'] }), 'forbidden'],
    ['forbids a token with an empty node', extra({ 'authentication.kubernetes.io/node-name': [''] }), 'forbidden'],
    ['forbids a token without a Pod', extra({ 'authentication.kubernetes.io/pod-uid': [] }), 'forbidden'],
  ];
  for (const [what, change, kind] of judged) {
    it(what, async () => {
      const { verifier, reviewer, token } = setUp();
      reviewer.answer = { ...GOOD, ...change };
      expect((await verifier.verify(token)).kind).toBe(kind);
    });
  }

  it('refuses what cannot be a token without asking', async () => {
    const { verifier, reviewer } = setUp();
    for (const token of ['', 'x'.repeat(16_385)]) expect((await verifier.verify(token)).kind).toBe('refused');
    expect(reviewer.asked).toEqual([]);
  });

  it('asks again after 60 s for one that it accepted, and after 10 s for one that it refused', async () => {
    const { verifier, reviewer, token, time } = setUp();
    for (let second = 0; second < 60; second += 1) {
      await verifier.verify(token);
      await time.advance(1_000);
    }
    expect(reviewer.asked).toHaveLength(1);
    reviewer.answer = { ...GOOD, authenticated: false };
    for (let second = 0; second < 20; second += 1) {
      expect((await verifier.verify(token)).kind).toBe('refused');
      await time.advance(1_000);
    }
    expect(reviewer.asked).toHaveLength(3);
  });

  it('never remembers a token past its end, and counts its rest down', async () => {
    const { verifier, reviewer, time, nowS } = setUp();
    const token = jwt({ iat: nowS - 3600, exp: nowS + 20 });
    await verifier.verify(token);
    await time.advance(15_000);
    expect(await verifier.verify(token)).toMatchObject({ identity: { remainingMs: 5_000 } });
    await time.advance(5_000);
    reviewer.answer = { ...GOOD, authenticated: false };
    expect((await verifier.verify(token)).kind).toBe('refused');
  });

  it('does not believe a clock that makes a token good for longer than its whole length', async () => {
    const { verifier, nowS } = setUp();
    const token = jwt({ iat: nowS + 86_400, exp: nowS + 90_000 });
    expect(await verifier.verify(token)).toMatchObject({ identity: { remainingMs: 3_600_000 } });
  });

  it('gives a token whose claims it cannot read the time for which it remembers it', async () => {
    const { verifier } = setUp();
    expect(await verifier.verify('opaque')).toMatchObject({ kind: 'accepted', identity: { remainingMs: 60_000 } });
  });

  it('says unverifiable while the API server is away, and remembers nothing of it', async () => {
    const { verifier, reviewer, token } = setUp();
    reviewer.answer = new ApiError('unavailable', 'no connection');
    expect(await verifier.verify(token)).toEqual({ kind: 'unverifiable', reason: 'unavailable: no connection' });
    reviewer.answer = GOOD;
    expect((await verifier.verify(token)).kind).toBe('accepted');
  });

  it('asks once for a token that many show at one time, and no more than it may for many tokens', async () => {
    const { verifier, reviewer } = setUp({ maxPending: 2 });
    const { promise, resolve } = Promise.withResolvers<void>();
    reviewer.hold = promise;
    const tokens = ['a', 'a', 'b', 'c'].map((token) => verifier.verify(token));
    expect((await Promise.race(tokens)).kind).toBe('unverifiable');
    resolve();
    expect((await Promise.all(tokens)).map(({ kind }) => kind)).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'unverifiable',
    ]);
    expect(reviewer.asked.map(({ token }) => token)).toEqual(['a', 'b']);
  });

  it('forgets the oldest when it remembers too many', async () => {
    const { verifier, reviewer } = setUp({ maxRemembered: 2 });
    for (const token of ['a', 'b', 'c', 'c', 'b', 'a']) await verifier.verify(token);
    expect(reviewer.asked.map(({ token }) => token)).toEqual(['a', 'b', 'c', 'a']);
  });
});
