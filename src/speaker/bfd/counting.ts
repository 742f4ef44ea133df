import type { BfdCounters, BfdPacketDrop, BfdSessionCounters } from '../../ports/bfd.ts';

/** Counts what happens to packets until somebody takes the sums. */
export class BfdCounting {
  #received = 0;
  #sent = 0;
  #sendFailures = 0;
  /** BOUNDED: by the reasons. */
  #drops: Partial<Record<BfdPacketDrop, number>> = {};
  /** BOUNDED: by the sessions. */
  #sessions: Record<string, BfdSessionCounters> = {};

  received(): void {
    this.#received += 1;
  }

  /** A packet that came belongs to this session. */
  recognised(session: string): void {
    this.#add(session, { received: 1, sent: 0 });
  }

  sent(session: string, taken: boolean): void {
    if (taken) this.#sent += 1;
    else this.#sendFailures += 1;
    if (taken) this.#add(session, { received: 0, sent: 1 });
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
      sessions: this.#sessions,
    };
    this.#received = 0;
    this.#sent = 0;
    this.#sendFailures = 0;
    this.#drops = {};
    this.#sessions = {};
    return counters.received + counters.sent + counters.sendFailures === 0 ? undefined : counters;
  }

  #add(session: string, { received, sent }: BfdSessionCounters): void {
    const before = this.#sessions[session] ?? { received: 0, sent: 0 };
    this.#sessions[session] = { received: before.received + received, sent: before.sent + sent };
  }
}
