import type { IpAddress } from '../../core/net/index.ts';
import type { ProbeResult } from '../../ports/channel.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';

export interface LanProbesOptions {
  /** How long a speaker may take to answer. */
  readonly timeoutMs: number;
}

export const DEFAULT_LAN_PROBES_OPTIONS: LanProbesOptions = { timeoutMs: 5_000 };

interface Pending {
  readonly resolve: (results: readonly ProbeResult[] | undefined) => void;
  readonly timer: Timer;
}

/** Sweeps of pools count from 1. */
const FIRST_ID = 2 ** 32;

/** Has speakers ask the LAN who has an address, each question with its answer. */
export class LanProbes {
  readonly #options: LanProbesOptions;
  readonly #dependencies: { readonly speakers: Speakers; readonly timers: Timers };
  /** BOUNDED: by the questions of the last `timeoutMs`. */
  readonly #pending = new Map<number, Pending>();
  #nextId = FIRST_ID;

  constructor(
    options: Partial<LanProbesOptions>,
    dependencies: { readonly speakers: Speakers; readonly timers: Timers },
  ) {
    this.#options = { ...DEFAULT_LAN_PROBES_OPTIONS, ...options };
    this.#dependencies = dependencies;
    dependencies.speakers.observe((_, observation) => {
      if (observation.kind === 'probed') this.#settle(observation.requestId, observation.results);
    });
  }

  /** Undefined when the speaker could not be asked, or did not answer in time. Never rejects. */
  async ask(nodeName: string, addresses: readonly IpAddress[]): Promise<readonly ProbeResult[] | undefined> {
    const requestId = this.#nextId;
    this.#nextId += 1;
    if (!this.#dependencies.speakers.probe(nodeName, { requestId, addresses })) return undefined;
    return await new Promise((resolve) => {
      const timer = this.#dependencies.timers.start(this.#options.timeoutMs, () => this.#settle(requestId, undefined));
      this.#pending.set(requestId, { resolve, timer });
    });
  }

  stop(): void {
    for (const requestId of [...this.#pending.keys()]) this.#settle(requestId, undefined);
  }

  #settle(requestId: number, results: readonly ProbeResult[] | undefined): void {
    const pending = this.#pending.get(requestId);
    this.#pending.delete(requestId);
    pending?.timer.cancel();
    pending?.resolve(results);
  }
}
