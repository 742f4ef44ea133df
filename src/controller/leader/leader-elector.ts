import { isApiError } from '../../ports/api-error.ts';
import { messageOf } from '../../ports/error-message.ts';
import type { ObjectRef } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Gauge, Metrics } from '../../ports/metrics.ts';
import { pause } from '../../ports/pause.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from '../../ports/stores.ts';
import type { Clock, Random, Timers } from '../../ports/time.ts';
import { LEADER_ELECTION_MASTER_STATUS } from './metrics.ts';

export interface LeaderElectorOptions {
  readonly lease: ObjectRef;
  /** Unique among all processes: `hostname_uuid`. */
  readonly identity: string;
  /** How long a leader that is not heard of is still believed in by others. */
  readonly leaseDurationMs: number;
  /** How long a leader tries to renew before it gives up: less than leaseDurationMs, so that two never lead. */
  readonly renewDeadlineMs: number;
  /** Between two tries, more than `renewDeadlineMs / 1.2` being no use. */
  readonly retryPeriodMs: number;
}

export interface LeaderElectorDependencies {
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** One time of leading. */
export interface Leadership {
  /** Larger than that of every leader before: the generation of the epochs that this leader hands out. */
  readonly generation: number;
  /** Aborts when the leadership is lost, or to be given up. */
  readonly signal: AbortSignal;
}

export type LeadershipEnd = 'stopped' | 'lost';

/** What we saw of the Lease last. */
interface Observation {
  readonly record: LeaseRecord;
  /** By our own clock: those of others are never compared. */
  readonly atMs: number;
}

const JITTER = 1.2;
/** An API that is away is tried more often: who waits for a leader waits for it, too. */
const MAX_RETRY_WHILE_AWAY_MS = 500;
/** So long after its lease ended a leader that did not renew it is stuck. @see k8s.io/cloud-provider NewLeaderHealthzAdaptor */
const STUCK_AFTER_MS = 20_000;

/** Why timings cannot work together, in one line; undefined when they can. */
export function invalidTimings(
  timings: Pick<LeaderElectorOptions, 'leaseDurationMs' | 'renewDeadlineMs' | 'retryPeriodMs'>,
): string | undefined {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = timings;
  if (retryPeriodMs <= 0) return 'the retry period must be greater than 0';
  if (renewDeadlineMs <= JITTER * retryPeriodMs)
    return `the renew deadline must be greater than ${JITTER} x the retry period`;
  return leaseDurationMs > renewDeadlineMs ? undefined : 'the lease duration must be greater than the renew deadline';
}

/**
 * Leads while it holds a Lease. @see k8s.io/client-go tools/leaderelection
 *
 * Unlike there, who leads a second time counts the Lease's transitions up even when nobody led between: each time of leading
 * has a generation of its own.
 */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #dependencies: LeaderElectorDependencies;
  readonly #status: Gauge<'name'>;
  #observed: Observation | undefined;
  #held: StoredLease | undefined;
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  /** Why the last try failed: an outage of hours is one line, not thousands. */
  #complaint: string | undefined;

  constructor(options: LeaderElectorOptions, dependencies: LeaderElectorDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#status = dependencies.metrics.gauge(LEADER_ELECTION_MASTER_STATUS);
    this.#status.set({ name: options.lease.name }, 0);
  }

  /** False while we believe to lead but have not renewed for so long that something must be stuck. @see upstream's /healthz */
  get healthy(): boolean {
    if (this.#held === undefined) return true;
    return this.#dependencies.clock.nowMs() - this.#renewedAtMs < this.#options.leaseDurationMs + STUCK_AFTER_MS;
  }

  /** Who leads, as far as we know; empty when nobody does. */
  get leader(): string {
    return this.#observed?.record.holderIdentity ?? '';
  }

  /**
   * Waits for the Lease and calls `lead` once. When `signal` aborts, `lead` is to end by its own signal; the Lease is
   * released only after it has. Resolves when `lead` has ended. A `lead` that ends or throws by itself gives the Lease up.
   */
  async run(lead: (leadership: Leadership) => Promise<void>, signal: AbortSignal): Promise<LeadershipEnd> {
    const acquired = await this.#acquire(signal);
    if (acquired === undefined) return 'stopped';
    const lease = this.#options.lease.name;
    const { log } = this.#dependencies;
    const generation = acquired.record.leaseTransitions;
    log.info('leader-elected', { lease, generation });
    this.#status.set({ name: lease }, 1);
    const term = new AbortController();
    const renewing = new AbortController();
    const onAbort = (): void => term.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    // Renewed until the work has ended, also while it is winding down: until then nobody else may lead.
    const renewal = this.#renew(renewing.signal).then((lost) => {
      if (lost) term.abort(new Error('leadership lost'));
      return lost;
    });
    try {
      await lead({ generation, signal: term.signal });
    } finally {
      signal.removeEventListener('abort', onAbort);
      // Of work that failed some part may still run.
      term.abort(new Error('the work has ended'));
      renewing.abort();
      const lost = await renewal;
      this.#status.set({ name: lease }, 0);
      if (!lost) await this.#release();
      this.#held = undefined;
      log.info('leader-stopped', { lease, lost });
    }
    return (await renewal) ? 'lost' : 'stopped';
  }

  async #acquire(signal: AbortSignal): Promise<StoredLease | undefined> {
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      const { outcome, lease } = await this.#try(signal);
      if (lease !== undefined) return lease;
      if (stopped()) break;
      const { retryPeriodMs } = this.#options;
      const periodMs = outcome === 'no-answer' ? Math.min(retryPeriodMs, MAX_RETRY_WHILE_AWAY_MS) : retryPeriodMs;
      await pause(periodMs * (1 + this.#dependencies.random.next() * (JITTER - 1)), this.#dependencies.timers, signal);
    }
    return undefined;
  }

  /** Renews until `signal` aborts (false) or the deadline passes without success (true). */
  async #renew(signal: AbortSignal): Promise<boolean> {
    const { retryPeriodMs, renewDeadlineMs } = this.#options;
    const { clock, log } = this.#dependencies;
    await pause(retryPeriodMs, this.#dependencies.timers, signal);
    while (!signal.aborted) {
      const leftMs = this.#renewedAtMs + renewDeadlineMs - clock.nowMs();
      if (leftMs <= 0) {
        log.error('leadership-lost', { reason: 'the Lease could not be renewed in time' });
        return true;
      }
      const { outcome } = await this.#try(signal, leftMs);
      if (outcome === 'held-by-other') {
        log.error('leadership-lost', { reason: `${this.leader} holds the Lease` });
        return true;
      }
      const failed = outcome !== 'held';
      const untilDeadlineMs = this.#renewedAtMs + renewDeadlineMs - clock.nowMs();
      await pause(
        failed ? Math.min(MAX_RETRY_WHILE_AWAY_MS, untilDeadlineMs) : retryPeriodMs,
        this.#dependencies.timers,
        signal,
      );
    }
    return false;
  }

  /** Tries once to take or keep the Lease. */
  async #try(signal: AbortSignal, withinMs = this.#options.renewDeadlineMs): Promise<Attempt> {
    const { timers } = this.#dependencies;
    const bounded = new AbortController();
    const abort = (): void => bounded.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const timer = timers.start(withinMs, () => bounded.abort(new Error('no answer in time')));
    if (signal.aborted) abort();
    try {
      const attempt = await this.#takeOrKeep(bounded.signal);
      this.#complain(undefined);
      return attempt;
    } catch (error) {
      if (!signal.aborted) this.#complain(messageOf(error));
      if (isApiError(error, 'conflict', 'already-exists')) return { outcome: 'conflict' };
      return { outcome: 'no-answer' };
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', abort);
    }
  }

  /** Says why the Lease is not updated when the cause is another one than at the last try; undefined: it is again. */
  #complain(error: string | undefined): void {
    if (error === this.#complaint) return;
    const { log } = this.#dependencies;
    if (error === undefined) log.info('lease-updated-again');
    else log.warn('lease-not-updated', { error });
    this.#complaint = error;
  }

  async #takeOrKeep(signal: AbortSignal): Promise<Attempt> {
    const { leases, clock } = this.#dependencies;
    const { lease: ref, identity } = this.#options;
    const startedAtMs = clock.nowMs();
    const present = await leases.get(ref, signal);
    if (present === undefined) {
      // The generation that we had is not to come again because somebody deleted the Lease.
      const transitions = (this.#observed?.record.leaseTransitions ?? -1) + 1;
      return this.#won(await leases.create(ref, this.#record(transitions), signal), startedAtMs);
    }
    this.#observe(present.record);
    const { holderIdentity, leaseTransitions, acquireTime } = present.record;
    const ours = holderIdentity === identity;
    if (!ours && holderIdentity !== '' && !this.#expired()) return { outcome: 'held-by-other' };
    const keeps = ours && this.#held !== undefined;
    const record = this.#record(keeps ? leaseTransitions : leaseTransitions + 1, keeps ? acquireTime : undefined);
    return this.#won(await leases.update(present, record, signal), startedAtMs);
  }

  #won(lease: StoredLease, startedAtMs: number): Attempt {
    this.#observe(lease.record);
    this.#held = lease;
    // From before the request: the server may have stored it at once and answered late.
    this.#renewedAtMs = startedAtMs;
    return { outcome: 'held', lease };
  }

  #observe(record: LeaseRecord): void {
    if (this.#observed !== undefined && sameRecord(this.#observed.record, record)) return;
    this.#observed = { record, atMs: this.#dependencies.clock.nowMs() };
  }

  /** Whether the holder was silent for as long as it had promised not to be. */
  #expired(): boolean {
    if (this.#observed === undefined) return false;
    const { record, atMs } = this.#observed;
    return this.#dependencies.clock.nowMs() - atMs > record.leaseDurationSeconds * 1000;
  }

  /** Lets the next leader start at once. A failure costs it the lease duration, no more. */
  async #release(): Promise<void> {
    if (this.#held === undefined) return;
    const { leases, timers, log } = this.#dependencies;
    const bounded = new AbortController();
    const timer = timers.start(this.#options.retryPeriodMs, () => bounded.abort(new Error('no answer in time')));
    try {
      const record = {
        ...this.#record(this.#held.record.leaseTransitions),
        holderIdentity: '',
        leaseDurationSeconds: 1,
      };
      this.#observe((await leases.update(this.#held, record, bounded.signal)).record);
      log.info('lease-released');
    } catch (error) {
      log.warn('lease-not-released', { error: messageOf(error) });
    } finally {
      timer.cancel();
    }
  }

  #record(leaseTransitions: number, acquireTime?: string): LeaseRecord {
    const now = microTime(this.#dependencies.clock.wallTime());
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.ceil(this.#options.leaseDurationMs / 1000),
      acquireTime: acquireTime ?? now,
      renewTime: now,
      leaseTransitions,
    };
  }
}

interface Attempt {
  readonly outcome: 'held' | 'held-by-other' | 'conflict' | 'no-answer';
  /** Present when held. */
  readonly lease?: StoredLease;
}

function sameRecord(a: LeaseRecord, b: LeaseRecord): boolean {
  return (
    a.holderIdentity === b.holderIdentity && a.renewTime === b.renewTime && a.leaseTransitions === b.leaseTransitions
  );
}

/** metav1.MicroTime. */
function microTime(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000Z`;
}
