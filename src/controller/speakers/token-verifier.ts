import { isApiError } from '../../ports/api-error.ts';
import type { TokenVerdict, TokenVerifier } from '../../ports/channel.ts';
import type { TokenReview, TokenReviewer } from '../../ports/stores.ts';
import type { Clock } from '../../ports/time.ts';

export interface TokenVerifierOptions {
  readonly audience: string;
  /** Namespace and name of the speakers' ServiceAccount. */
  readonly namespace: string;
  readonly serviceAccount: string;
  /** How long a yes and a no are remembered. */
  readonly acceptedForMs: number;
  readonly refusedForMs: number;
  /** Tokens remembered, and tokens asked about at one time. */
  readonly maxRemembered: number;
  readonly maxPending: number;
}

export const DEFAULT_TOKEN_VERIFIER_OPTIONS = {
  acceptedForMs: 60_000,
  refusedForMs: 10_000,
  maxRemembered: 4096,
  maxPending: 64,
} satisfies Partial<TokenVerifierOptions>;

const NODE_NAME = 'authentication.kubernetes.io/node-name';
const POD_NAME = 'authentication.kubernetes.io/pod-name';
const POD_UID = 'authentication.kubernetes.io/pod-uid';
/** Longer ones are not tokens: a projected token has about 1,300 characters. */
const MAX_TOKEN_LENGTH = 16_384;

interface Remembered {
  readonly verdict: TokenVerdict;
  readonly untilMs: number;
  /** When the token itself ends, on our clock; only for accepted ones. */
  readonly endsAtMs: number;
}

/**
 * Asks the API server whose a token is. Only a token for our audience, of the speakers' ServiceAccount, bound to a Pod on a
 * node, is accepted: so a speaker can speak for its own node alone.
 * @see Kubernetes API authentication.k8s.io/v1 TokenReview
 */
export class ReviewingTokenVerifier implements TokenVerifier {
  readonly #options: TokenVerifierOptions;
  readonly #reviewer: TokenReviewer;
  readonly #clock: Clock;
  /** By SHA-256 of the token, so that no token lies in memory. BOUNDED: by maxRemembered, the oldest goes first. */
  readonly #remembered = new Map<string, Remembered>();
  /** One question for each token at a time. BOUNDED: by maxPending. */
  readonly #pending = new Map<string, Promise<TokenVerdict>>();

  constructor(
    options: Pick<TokenVerifierOptions, 'audience' | 'namespace' | 'serviceAccount'> & Partial<TokenVerifierOptions>,
    dependencies: { readonly reviewer: TokenReviewer; readonly clock: Clock },
  ) {
    this.#options = { ...DEFAULT_TOKEN_VERIFIER_OPTIONS, ...options };
    this.#reviewer = dependencies.reviewer;
    this.#clock = dependencies.clock;
  }

  async verify(token: string): Promise<TokenVerdict> {
    if (token.length === 0 || token.length > MAX_TOKEN_LENGTH) return { kind: 'refused', reason: 'not a token' };
    const key = await digestOf(token);
    const known = this.#recall(key);
    if (known !== undefined) return known;
    const asked = this.#pending.get(key);
    if (asked !== undefined) return asked;
    if (this.#pending.size >= this.#options.maxPending) {
      return { kind: 'unverifiable', reason: 'too many tokens at one time' };
    }
    const asking = this.#ask(token, key).finally(() => this.#pending.delete(key));
    this.#pending.set(key, asking);
    return asking;
  }

  #recall(key: string): TokenVerdict | undefined {
    const entry = this.#remembered.get(key);
    if (entry === undefined) return undefined;
    const nowMs = this.#clock.nowMs();
    if (nowMs >= entry.untilMs) {
      this.#remembered.delete(key);
      return undefined;
    }
    const { verdict } = entry;
    if (verdict.kind !== 'accepted') return verdict;
    return { kind: 'accepted', identity: { ...verdict.identity, remainingMs: Math.max(0, entry.endsAtMs - nowMs) } };
  }

  async #ask(token: string, key: string): Promise<TokenVerdict> {
    let review: TokenReview;
    try {
      review = await this.#reviewer.review(token, [this.#options.audience]);
    } catch (error) {
      const reason = isApiError(error) ? `${error.kind}: ${error.message}` : String(error);
      return { kind: 'unverifiable', reason };
    }
    const verdict = this.#judge(review, token);
    const nowMs = this.#clock.nowMs();
    const remainingMs = verdict.kind === 'accepted' ? verdict.identity.remainingMs : 0;
    const goodForMs =
      verdict.kind === 'accepted' ? Math.min(this.#options.acceptedForMs, remainingMs) : this.#options.refusedForMs;
    this.#remember(key, { verdict, untilMs: nowMs + goodForMs, endsAtMs: nowMs + remainingMs });
    return verdict;
  }

  #judge(review: TokenReview, token: string): TokenVerdict {
    const { audience, namespace, serviceAccount } = this.#options;
    if (!review.authenticated) return { kind: 'refused', reason: review.error || 'the token is not valid' };
    if (review.error !== '') return { kind: 'refused', reason: review.error };
    // An empty list means that the authenticator looked at no audience: then the token may be meant for anybody.
    if (!review.audiences.includes(audience)) return { kind: 'refused', reason: `the token is not for ${audience}` };
    const username = `system:serviceaccount:${namespace}:${serviceAccount}`;
    if (review.username !== username) return { kind: 'forbidden', reason: `${review.username} is not ${username}` };
    const nodeName = only(review.extra[NODE_NAME]);
    const podUid = only(review.extra[POD_UID]);
    if (nodeName === undefined || podUid === undefined) {
      return {
        kind: 'forbidden',
        reason: 'the token names no node and Pod: it must be a projected token (Kubernetes >= 1.30)',
      };
    }
    const podName = only(review.extra[POD_NAME]) ?? '';
    return { kind: 'accepted', identity: { nodeName, podName, podUid, remainingMs: this.#remainingMs(token) } };
  }

  /**
   * The date decides here, since a token ends by the date; its own length bounds what a wrong clock can do. The API server
   * has just checked the signature over the very claims that are read.
   */
  #remainingMs(token: string): number {
    const claims = claimsOf(token);
    if (claims === undefined) return this.#options.acceptedForMs;
    const lengthMs = Math.max(0, (claims.exp - claims.iat) * 1000);
    return Math.min(lengthMs, Math.max(0, claims.exp * 1000 - this.#clock.wallTime().getTime()));
  }

  #remember(key: string, entry: Remembered): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, entry);
    if (this.#remembered.size <= this.#options.maxRemembered) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }
}

async function digestOf(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  return Array.from(new Uint8Array(digest), (octet) => octet.toString(16).padStart(2, '0')).join('');
}

/** `iat` and `exp` of a JWT, in seconds of the date. @see RFC 7519 §4.1 */
function claimsOf(token: string): { readonly iat: number; readonly exp: number } | undefined {
  try {
    const payload = token.split('.')[1] ?? '';
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    if (typeof claims !== 'object' || claims === null || !('exp' in claims) || !('iat' in claims)) return undefined;
    const { iat, exp } = claims;
    return typeof iat === 'number' && typeof exp === 'number' ? { iat, exp } : undefined;
  } catch {
    return undefined;
  }
}

function only(values: readonly string[] | undefined): string | undefined {
  return values?.length === 1 && values[0] !== '' ? values[0] : undefined;
}
