import type { BgpSessionReport } from '../../ports/bgp-channel.ts';
import type { Timer, Timers } from '../../ports/time.ts';

/** States that change in one go are reported together. */
const STATE_WITHIN_MS = 50;
/** Numbers change with each Service: nobody needs each of them. */
const NUMBERS_WITHIN_MS = 10_000;

export interface SessionReportsDependencies {
  readonly timers: Timers;
  /** Of the sessions of now; those that are gone are left out. */
  readonly reportOf: (peer: string) => BgpSessionReport | undefined;
  readonly send: (sessions: readonly BgpSessionReport[]) => void;
}

/** Tells the controller what became of sessions: states soon, numbers now and then. */
export class SessionReports {
  readonly #dependencies: SessionReportsDependencies;
  /** Peers to be told of next. BOUNDED: by the peers. */
  readonly #states = new Set<string>();
  /** Peers of which only numbers are new. BOUNDED: by the peers. */
  readonly #numbers = new Set<string>();
  #statesTimer: Timer | undefined;
  #numbersTimer: Timer | undefined;

  constructor(dependencies: SessionReportsDependencies) {
    this.#dependencies = dependencies;
  }

  changed(peer: string, what: 'state' | 'numbers'): void {
    if (what === 'state') {
      this.#states.add(peer);
      this.#statesTimer ??= this.#dependencies.timers.start(STATE_WITHIN_MS, () => this.#flush());
    } else {
      this.#numbers.add(peer);
      this.#numbersTimer ??= this.#dependencies.timers.start(NUMBERS_WITHIN_MS, () => this.#flushNumbers());
    }
  }

  stop(): void {
    this.#statesTimer?.cancel();
    this.#numbersTimer?.cancel();
  }

  #flushNumbers(): void {
    this.#numbersTimer = undefined;
    for (const peer of this.#numbers) this.#states.add(peer);
    this.#flush();
  }

  /** A report has the numbers too: they are not told again. */
  #flush(): void {
    this.#statesTimer?.cancel();
    this.#statesTimer = undefined;
    const reports = [...this.#states].flatMap((peer) => this.#dependencies.reportOf(peer) ?? []);
    for (const peer of this.#states) this.#numbers.delete(peer);
    this.#states.clear();
    if (reports.length > 0) this.#dependencies.send(reports);
  }
}
