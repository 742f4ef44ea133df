import {
  Ownership,
  type OwnershipAction,
  type OwnershipEvent,
  type OwnershipOptions,
} from '../../core/fsm/ownership/index.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';

/** More than a timer is late on a machine that is not overloaded. */
const LATE_MS = 20;

export interface OwnershipDriverDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Handles at once what neighbours have said and nobody has read yet: nobody is silent while something of it waits. */
  readonly hear: () => void;
  /** Carries out what follows from one event; called in order, never from within itself. */
  readonly perform: (actions: readonly OwnershipAction[]) => void;
}

/** Brings events and the passing of time to the ownership machine. */
export class OwnershipDriver {
  readonly #machine: Ownership;
  readonly #dependencies: OwnershipDriverDependencies;
  /** What arrives while something is carried out. BOUNDED: by what one batch of actions can cause at once. */
  readonly #events: OwnershipEvent[] = [];
  #busy = false;
  #begun = false;
  #timer: { readonly atMs: number; readonly timer: Timer } | undefined;
  #closed = false;

  constructor(options: OwnershipOptions, dependencies: OwnershipDriverDependencies) {
    this.#machine = new Ownership(options);
    this.#dependencies = dependencies;
  }

  /** Time passes for the machine from now on. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.handle({ kind: 'tick' });
  }

  handle(event: OwnershipEvent): void {
    if (this.#closed) return;
    this.#events.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const actions = this.#machine.handle(next, this.#dependencies.clock.nowMs());
        if (actions.length > 0) this.#dependencies.perform(actions);
      }
    } finally {
      this.#busy = false;
    }
    if (this.#begun) this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.timer.cancel();
  }

  /** A call that comes too early does no harm: only an earlier one replaces it. */
  #wake(): void {
    const atMs = this.#machine.nextWakeMs();
    if (!Number.isFinite(atMs) || (this.#timer !== undefined && this.#timer.atMs <= atMs)) return;
    this.#timer?.timer.cancel();
    const delayMs = Math.max(0, atMs - this.#dependencies.clock.nowMs());
    this.#timer = { atMs, timer: this.#dependencies.timers.start(delayMs, () => this.#due(atMs)) };
  }

  /** Who overslept first hears what came meanwhile. */
  #due(atMs: number): void {
    if (this.#timer !== undefined && this.#dependencies.clock.nowMs() - atMs > LATE_MS) {
      this.#timer = { atMs: Number.POSITIVE_INFINITY, timer: this.#dependencies.timers.start(0, () => this.#tick()) };
      return;
    }
    this.#tick();
  }

  #tick(): void {
    this.#dependencies.hear();
    this.#timer = undefined;
    this.handle({ kind: 'tick' });
  }
}
