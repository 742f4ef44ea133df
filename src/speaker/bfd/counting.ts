import type { BfdCounters, BfdPacketDrop } from '../../ports/bfd.ts';

/** Counts what happens to packets until somebody takes the sums. */
export class BfdCounting {
  #received = 0;
  #sent = 0;
  #sendFailures = 0;
  /** BOUNDED: by the reasons. */
  #drops: Partial<Record<BfdPacketDrop, number>> = {};

  received(): void {
    this.#received += 1;
  }

  sent(taken: boolean): void {
    if (taken) this.#sent += 1;
    else this.#sendFailures += 1;
  }

  dropped(reason: BfdPacketDrop): void {
    this.#drops[reason] = (this.#drops[reason] ?? 0) + 1;
  }

  /** The sums since the last call; undefined when there are none. */
  take(): BfdCounters | undefined {
    const counters = {
      received: this.#received,
      sent: this.#sent,
      sendFailures: this.#sendFailures,
      drops: this.#drops,
    };
    this.#received = 0;
    this.#sent = 0;
    this.#sendFailures = 0;
    this.#drops = {};
    return counters.received + counters.sent + counters.sendFailures === 0 ? undefined : counters;
  }
}
