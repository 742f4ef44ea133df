import { messageOf } from '../../ports/error-message.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter } from '../../ports/metrics.ts';
import { type StateStore, StateStoreError } from '../../ports/state-store.ts';
import type { Timer, Timers } from '../../ports/time.ts';

/** Changes come in flocks: the first one waits for the others. */
const SETTLE_MS = 50;
/** Between two writes: what changed meanwhile is in the next one. */
const PAUSE_MS = 1000;

export interface StateKeeperOptions {
  /** Of the value in the store. */
  readonly name: string;
}

export interface StateKeeperDependencies {
  readonly store: StateStore;
  readonly timers: Timers;
  readonly log: Log;
  /** What could not be kept or used, by reason. */
  readonly failures: Counter<'reason'>;
  /** What is to be kept now; called once for each write. */
  readonly value: () => unknown;
}

/** Keeps one value up to date in a store, with few writes however often it changes. A store that fails disturbs nobody. */
export class StateKeeper {
  readonly #name: string;
  readonly #dependencies: StateKeeperDependencies;
  /** Waits for the next write, or until there may be one again. */
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #dirty = false;
  #failing = false;
  #closed = false;

  constructor(options: StateKeeperOptions, dependencies: StateKeeperDependencies) {
    this.#name = options.name;
    this.#dependencies = dependencies;
  }

  /**
   * What the last process kept; undefined when there is nothing that can be used.
   * @param decode throws a RangeError that says what is wrong with a damaged state
   */
  async restore<State>(decode: (kept: unknown) => State): Promise<State | undefined> {
    const kept = await this.#read();
    if (kept === undefined) return undefined;
    try {
      return decode(kept);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.refuse('damaged', error.message);
      return undefined;
    }
  }

  /** Counts and explains a state that is left out. */
  refuse(reason: string, detail: string): void {
    this.#dependencies.failures.add({ reason });
    this.#dependencies.log.warn('local-state-ignored', { name: this.#name, reason, detail });
  }

  changed(): void {
    if (this.#closed) return;
    this.#dirty = true;
    if (this.#timer === undefined && this.#writing === undefined) this.#writeIn(SETTLE_MS);
  }

  /** Writes what is not written yet, and nothing any more after that. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    this.#timer?.cancel();
    if (this.#dirty) await this.#write();
  }

  async #read(): Promise<unknown> {
    try {
      return await this.#dependencies.store.read(this.#name);
    } catch (error) {
      const reason = error instanceof StateStoreError ? error.code : 'damaged';
      this.refuse(reason, messageOf(error));
      return undefined;
    }
  }

  #writeIn(delayMs: number): void {
    this.#timer = this.#dependencies.timers.start(delayMs, () => {
      this.#timer = undefined;
      this.#writing = this.#write().then(() => {
        this.#writing = undefined;
        this.#rest();
      });
    });
  }

  #rest(): void {
    this.#timer = this.#dependencies.timers.start(PAUSE_MS, () => {
      this.#timer = undefined;
      if (this.#dirty) this.#writeIn(0);
    });
  }

  async #write(): Promise<void> {
    this.#dirty = false;
    try {
      await this.#dependencies.store.write(this.#name, this.#dependencies.value());
      this.#failing = false;
    } catch (error) {
      this.#dependencies.failures.add({ reason: 'unwritable' });
      // Said once until it works again: a full or read-only file system stays so for a while.
      if (!this.#failing)
        this.#dependencies.log.warn('local-state-unwritable', { name: this.#name, error: String(error) });
      this.#failing = true;
    }
  }
}
