import { formatIp, formatMac, type IpAddress, type MacAddress } from '../../core/net/index.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Metrics } from '../../ports/metrics.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import { VERIFICATIONS } from '../announcer/metrics.ts';
import type { Dispute, OwnerHistory } from '../announcer/owner-history.ts';
import type { Conflicts } from '../conflicts/conflicts.ts';
import type { Observation, Speakers } from '../speakers/speaker-listener.ts';
import type { LanProbes } from './lan-probes.ts';

export interface VerificationOptions {
  /** After the owner was told to claim once more, the time that caches of the LAN get to learn it. */
  readonly settleMs: number;
}

export const DEFAULT_VERIFICATION_OPTIONS: VerificationOptions = { settleMs: 2_000 };

export interface VerificationDependencies {
  readonly speakers: Speakers;
  readonly probes: LanProbes;
  readonly history: OwnerHistory;
  readonly conflicts: Pick<Conflicts, 'claimed' | 'nodeWith'>;
  readonly announcer: { candidatesOf(address: IpAddress): readonly string[]; retell(address: IpAddress): void };
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

type Verified = Extract<Observation, { kind: 'verified' }>;

/**
 * What a second node heard when it asked the LAN who has an address that another took over. When it was not the owner, the
 * owner claims once more and the LAN is asked again; only if that does not help people are told. A station that is no node is
 * an address conflict.
 */
export class Verification {
  readonly #options: VerificationOptions;
  readonly #dependencies: VerificationDependencies;
  readonly #results: Counter<'result'>;
  /** Waits to ask again. BOUNDED: by the addresses that are announced. */
  readonly #settling = new Map<IpAddress, Timer>();

  constructor(options: Partial<VerificationOptions>, dependencies: VerificationDependencies) {
    this.#options = { ...DEFAULT_VERIFICATION_OPTIONS, ...options };
    this.#dependencies = dependencies;
    this.#results = dependencies.metrics.counter(VERIFICATIONS);
  }

  /** Listens until `signal` aborts. */
  start(signal: AbortSignal): void {
    this.#dependencies.speakers.observe((nodeName, observation) => {
      if (observation.kind === 'verified' && !signal.aborted) this.#verified(nodeName, observation);
    });
    signal.addEventListener('abort', () => {
      for (const timer of this.#settling.values()) timer.cancel();
      this.#settling.clear();
    });
  }

  #verified(witness: string, { address, owner, agrees, answeredBy }: Verified): void {
    const { history, announcer, speakers } = this.#dependencies;
    // Of an owner of before it is no news any more; from one that is no candidate it is no testimony.
    if (history.of(address)?.node !== owner || witness === owner) return;
    if (!announcer.candidatesOf(address).includes(witness)) return;
    this.#count(agrees, answeredBy);
    if (agrees) {
      this.#agreed(address, owner);
      return;
    }
    if (this.#settling.has(address) || !speakers.reclaim(owner, [address])) return;
    const timer = this.#dependencies.timers.start(this.#options.settleMs, () => {
      this.#settling.delete(address);
      void this.#askAgain(witness, address, owner);
    });
    this.#settling.set(address, timer);
  }

  async #askAgain(witness: string, address: IpAddress, owner: string): Promise<void> {
    const { probes, speakers, history, conflicts } = this.#dependencies;
    const results = await probes.ask(witness, [address]);
    const result = results?.find((one) => one.address === address);
    if (result === undefined || result.failure !== undefined || history.of(address)?.node !== owner) return;
    const { stations } = result;
    const own = new Set(speakers.speaker(owner)?.interfaces.map(({ mac }) => mac));
    const others = stations.filter(({ mac }) => !own.has(mac));
    const agrees = stations.length > 0 && others.length === 0;
    const macs = stations.map(({ mac }) => mac);
    this.#count(agrees, macs);
    if (agrees) {
      this.#agreed(address, owner);
      return;
    }
    for (const station of others)
      if (conflicts.nodeWith(station.mac) === undefined) conflicts.claimed(witness, { address, ...station });
    this.#disputed(address, owner, {
      by: witness,
      answeredBy: [...new Set(others.map(({ mac }) => mac))],
      nodes: this.#nodesWith(macs),
    });
  }

  #disputed(address: IpAddress, owner: string, dispute: Dispute): void {
    const { history, announcer, log } = this.#dependencies;
    if (!history.disputed(address, owner, dispute)) return;
    const answeredBy = dispute.answeredBy.map(formatMac).join();
    log.warn('announcement-disputed', { address: formatIp(address), owner, by: dispute.by, answeredBy });
    announcer.retell(address);
  }

  #nodesWith(macs: readonly MacAddress[]): readonly string[] {
    return [...this.#dependencies.speakers.alive()]
      .filter(({ interfaces }) => interfaces.some(({ mac }) => macs.includes(mac)))
      .map(({ nodeName }) => nodeName);
  }

  #agreed(address: IpAddress, owner: string): void {
    if (this.#dependencies.history.verified(address, owner)) this.#dependencies.announcer.retell(address);
  }

  #count(agrees: boolean, answeredBy: readonly MacAddress[]): void {
    this.#results.add({ result: agrees ? 'owner' : answeredBy.length === 0 ? 'nobody' : 'another' });
  }
}
