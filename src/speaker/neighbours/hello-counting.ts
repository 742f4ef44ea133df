import type { SendOutcome } from '../../ports/frames.ts';
import type { HelloCounters, HelloDropReason } from '../../ports/packet-plane.ts';

/** Counts what happens to hellos until somebody takes the counts away. */
export class HelloCounting {
  #sent = 0;
  #received = 0;
  /** BOUNDED: by the members of HelloDropReason. */
  #drops: Partial<Record<HelloDropReason, number>> = {};
  /** BOUNDED: by the members of SendOutcome. */
  #sendFailures: Partial<Record<Exclude<SendOutcome, 'sent'>, number>> = {};
  #empty = true;

  get empty(): boolean {
    return this.#empty;
  }

  sent(): void {
    this.#sent += 1;
    this.#empty = false;
  }

  received(): void {
    this.#received += 1;
    this.#empty = false;
  }

  dropped(reason: HelloDropReason): void {
    this.#drops[reason] = (this.#drops[reason] ?? 0) + 1;
    this.#empty = false;
  }

  sendFailed(outcome: Exclude<SendOutcome, 'sent'>): void {
    this.#sendFailures[outcome] = (this.#sendFailures[outcome] ?? 0) + 1;
    this.#empty = false;
  }

  /** The counts so far; counting starts again from zero. */
  take(): HelloCounters {
    const counters = {
      sent: this.#sent,
      received: this.#received,
      drops: this.#drops,
      sendFailures: this.#sendFailures,
    };
    this.#sent = this.#received = 0;
    this.#drops = {};
    this.#sendFailures = {};
    this.#empty = true;
    return counters;
  }
}
