import type { Log } from '../../ports/log.ts';
import type { Gauge, Metrics } from '../../ports/metrics.ts';
import { pause } from '../../ports/pause.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import {
  type AuthorityLife,
  type AuthorityLives,
  type AuthorityPolicy,
  type AuthorityStep,
  DEFAULT_AUTHORITY_POLICY,
  isDueForRenewal,
  nextAuthorityStep,
} from './authority-policy.ts';
import type { Authorities, AuthorityStore, StoredAuthorities } from './authority-store.ts';
import { type Authority, issueServerCertificate, makeAuthority, validityOf } from './certificates.ts';
import { AUTHORITY_EXPIRY } from './metrics.ts';
import type { ServerIdentity } from './server-identity.ts';

export interface CertificateAuthorityOptions {
  /** The name that speakers ask the controller's certificate for. */
  readonly serverName: string;
  readonly policy: AuthorityPolicy;
  /** How long a server certificate is good; never longer than its CA. */
  readonly serverLifetimeMs: number;
  /** How far a certificate begins in the past, for clocks that are behind ours. */
  readonly backdateMs: number;
  /** Pause between two looks at Secret and ConfigMap. */
  readonly checkMs: number;
}

export const DEFAULT_CERTIFICATE_AUTHORITY_OPTIONS = {
  policy: DEFAULT_AUTHORITY_POLICY,
  serverLifetimeMs: 30 * 24 * 3_600_000,
  backdateMs: 3_600_000,
  checkMs: 60_000,
} satisfies Partial<CertificateAuthorityOptions>;

export interface CertificateAuthorityDependencies {
  readonly store: AuthorityStore;
  readonly identity: ServerIdentity;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

const COMMON_NAME = 'HeraldLB CA';
/** Pause after a failure at the start, when nobody can dial yet. */
const FIRST_RETRY_MS = 1_000;
/** Rounds of reading and writing in one look: more than the replicas can spoil for each other. */
const MAX_ROUNDS = 8;

/**
 * Keeps the installation's own CA: makes it, replaces it in time with both trusted meanwhile, publishes the bundle, and keeps
 * a fresh server certificate in `identity`. Every replica may run it: writes are optimistic, and whoever loses reads again.
 *
 * It decides by the date, because certificates end by the date.
 */
export class CertificateAuthority {
  readonly #options: CertificateAuthorityOptions;
  readonly #dependencies: CertificateAuthorityDependencies;
  readonly #remaining: Gauge;
  #authorities: Authorities | undefined;
  #server: { readonly life: AuthorityLife; readonly signer: string } | undefined;

  constructor(
    options: Pick<CertificateAuthorityOptions, 'serverName'> & Partial<CertificateAuthorityOptions>,
    dependencies: CertificateAuthorityDependencies,
  ) {
    this.#options = { ...DEFAULT_CERTIFICATE_AUTHORITY_OPTIONS, ...options };
    this.#dependencies = dependencies;
    this.#remaining = dependencies.metrics.gauge(AUTHORITY_EXPIRY);
  }

  /** Resolves when `identity` has a certificate, or `signal` aborts; looks after it from then on. */
  async start(signal: AbortSignal): Promise<void> {
    const { timers } = this.#dependencies;
    while (!signal.aborted && !(await this.check(signal))) await pause(FIRST_RETRY_MS, timers, signal);
    void this.#keepChecking(signal);
  }

  /** One look. False when the API server did not let us finish; what is in use stays in use. */
  async check(signal: AbortSignal): Promise<boolean> {
    try {
      this.#authorities = await this.#converge(signal);
      await this.#dependencies.store.publish(this.#authorities, signal);
      return true;
    } catch (error) {
      if (!signal.aborted) this.#dependencies.log.warn('ca-check-failed', { error: String(error) });
      return false;
    } finally {
      if (this.#authorities !== undefined) this.#renewServer(this.#authorities.active);
    }
  }

  async #converge(signal: AbortSignal): Promise<Authorities> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const stored = await this.#dependencies.store.read(signal);
      if (stored !== undefined && stored.authorities === undefined) this.#dependencies.log.error('ca-secret-unusable');
      // A Secret that somebody deleted comes back as it was: nobody's trust is lost.
      const present = stored?.authorities ?? this.#authorities;
      const step = nextAuthorityStep(
        present && livesOf(present, this.#options.backdateMs),
        this.#nowMs(),
        this.#options.policy,
      );
      if (present !== undefined && step === 'keep' && stored?.authorities !== undefined) return present;
      await this.#write(step, present, { stored, signal });
    }
    throw new Error(`no agreement about the CA in ${MAX_ROUNDS} rounds`);
  }

  async #write(
    step: AuthorityStep,
    present: Authorities | undefined,
    { stored, signal }: { readonly stored: StoredAuthorities | undefined; readonly signal: AbortSignal },
  ): Promise<void> {
    const wanted = this.#apply(step, present);
    const written = await this.#dependencies.store.write(wanted, stored, signal);
    if (written) this.#dependencies.log.info('ca-changed', { step });
  }

  #apply(step: AuthorityStep, present: Authorities | undefined): Authorities {
    if (present === undefined || step === 'replace') return { active: this.#make() };
    const { active, next } = present;
    switch (step) {
      case 'keep':
        return present;
      case 'prepare':
        return { ...present, next: this.#make() };
      case 'promote':
        return { active: next ?? active, previous: { certificate: active.certificate } };
      case 'forget':
        return { active, ...(next === undefined ? {} : { next }) };
    }
  }

  #make(): Authority {
    return makeAuthority(COMMON_NAME, this.#validity(this.#options.policy.lifetimeMs, Number.POSITIVE_INFINITY));
  }

  #renewServer(active: Authority): void {
    const signerEndsMs = validityOf(active.certificate).notAfter.getTime();
    this.#remaining.set({}, (signerEndsMs - this.#nowMs()) / 1000);
    const { certificate: signer } = active;
    if (this.#server?.signer === signer && !isDueForRenewal(this.#server.life, this.#nowMs())) return;
    const validity = this.#validity(this.#options.serverLifetimeMs, signerEndsMs);
    this.#dependencies.identity.use(issueServerCertificate(active, this.#options.serverName, validity));
    this.#server = { signer, life: { madeAtMs: this.#nowMs(), notAfterMs: validity.notAfter.getTime() } };
  }

  #validity(lifetimeMs: number, atMostMs: number): { readonly notBefore: Date; readonly notAfter: Date } {
    const nowMs = this.#nowMs();
    return {
      notBefore: new Date(nowMs - this.#options.backdateMs),
      notAfter: new Date(Math.min(nowMs + lifetimeMs, atMostMs)),
    };
  }

  async #keepChecking(signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(this.#options.checkMs, this.#dependencies.timers, signal);
      if (signal.aborted) return;
      await this.check(signal);
    }
  }

  #nowMs(): number {
    return this.#dependencies.clock.wallTime().getTime();
  }
}

function livesOf({ active, next, previous }: Authorities, backdateMs: number): AuthorityLives {
  const lifeOf = ({ certificate }: { readonly certificate: string }): AuthorityLife => {
    const { notBefore, notAfter } = validityOf(certificate);
    return { madeAtMs: notBefore.getTime() + backdateMs, notAfterMs: notAfter.getTime() };
  };
  return {
    active: lifeOf(active),
    ...(next === undefined ? {} : { next: lifeOf(next) }),
    ...(previous === undefined ? {} : { previous: lifeOf(previous) }),
  };
}
