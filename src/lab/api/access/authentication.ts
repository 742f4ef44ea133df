import { unauthorized } from '../status-error.ts';
import type { ServiceAccountTokens, VerifiedToken } from './service-account-tokens.ts';
import { ANONYMOUS, type User } from './user.ts';

/** Finds out who asks, from the bearer token. */
export class Authentication {
  readonly #tokens: ServiceAccountTokens;
  /** BOUNDED: by what the options name. */
  readonly #staticTokens: ReadonlyMap<string, User>;

  constructor(
    options: { readonly staticTokens: ReadonlyMap<string, User> },
    dependencies: { readonly tokens: ServiceAccountTokens },
  ) {
    this.#staticTokens = options.staticTokens;
    this.#tokens = dependencies.tokens;
  }

  /** The user of an Authorization header; without one, the anonymous user. @throws StatusError 401 */
  userOf(authorization: string | undefined): User {
    if (authorization === undefined) return ANONYMOUS;
    const token = /^bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
    if (token === undefined) return ANONYMOUS;
    const verified = this.review(token, []);
    if (typeof verified === 'string') throw unauthorized();
    return verified.user;
  }

  /** The user of a token for the audiences (none: the API itself), or why there is none. */
  review(token: string, audiences: readonly string[]): VerifiedToken | string {
    const wanted = audiences.length > 0 ? audiences : [this.#tokens.issuer];
    const known = this.#staticTokens.get(token);
    if (known !== undefined) return this.#staticReview(known, wanted);
    const verified = this.#tokens.verify(token, wanted);
    if (verified === undefined) return 'invalid bearer token';
    return typeof verified === 'string' ? `[invalid bearer token, ${verified}]` : verified;
  }

  /** A static token is good for the API only. */
  #staticReview(user: User, wanted: readonly string[]): VerifiedToken | string {
    if (!wanted.includes(this.#tokens.issuer)) return 'invalid bearer token';
    return { user, audiences: [this.#tokens.issuer] };
  }
}
