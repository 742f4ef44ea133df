import type { Log } from '../../ports/log.ts';
import type { Timer, Timers } from '../../ports/time.ts';

export interface BeginningOptions {
  /** After the first speaker came, how long the others may take to say what they announce. */
  readonly settleMs: number;
  /** How long all of this may take, when the Services are never declared. */
  readonly patienceMs: number;
  /** After this long without any speaker the Services are told that there is none. */
  readonly speakerPatienceMs: number;
}

export interface BeginningDependencies {
  readonly timers: Timers;
  readonly log: Log;
  /** Every node has a speaker that is connected. */
  readonly everybodySpoke: () => boolean;
  /** All is known that can be known. */
  readonly onReady: () => void;
  readonly onNoSpeaker: () => void;
}

/**
 * What must be known before anything is decided: the caches, every Service that has an address, and what the speakers
 * announce. Nobody can be waited for without end.
 */
export class Beginning {
  readonly #options: BeginningOptions;
  readonly #dependencies: BeginningDependencies;
  #informed = false;
  #declared = false;
  #settled = false;
  #over = false;
  #settle: Timer | undefined;
  #patience: Timer | undefined;
  #speakerPatience: Timer | undefined;

  constructor(options: BeginningOptions, dependencies: BeginningDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  start(): void {
    this.#patience = this.#dependencies.timers.start(this.#options.patienceMs, () => this.#losePatience());
    this.#waitForSpeakers();
  }

  /** The caches are read. */
  informed(): void {
    this.#informed = true;
    this.look();
  }

  /** Every Service that has an address was set. */
  declared(): void {
    this.#declared = true;
    this.look();
  }

  /** A speaker said what it announces. */
  spoke(): void {
    if (this.#over) return;
    this.#speakerPatience?.cancel();
    this.#settle ??= this.#dependencies.timers.start(this.#options.settleMs, () => {
      this.#settled = true;
      this.look();
    });
    this.look();
  }

  /** Nobody is connected any more: whoever returns is listened to as at the very beginning. */
  again(): void {
    this.#settled = false;
    this.#over = false;
    this.#waitForSpeakers();
  }

  look(): void {
    if (this.#over || !this.#informed || !this.#declared) return;
    if (!this.#settled && !this.#dependencies.everybodySpoke()) return;
    this.#over = true;
    this.#settle?.cancel();
    this.#settle = undefined;
    this.#speakerPatience?.cancel();
    this.#dependencies.onReady();
  }

  stop(): void {
    for (const timer of [this.#settle, this.#patience, this.#speakerPatience]) timer?.cancel();
    this.#over = true;
  }

  #waitForSpeakers(): void {
    const { speakerPatienceMs } = this.#options;
    this.#speakerPatience = this.#dependencies.timers.start(speakerPatienceMs, () => {
      this.#dependencies.log.warn('no-speaker-connected', { afterMs: speakerPatienceMs });
      this.#dependencies.onNoSpeaker();
    });
  }

  #losePatience(): void {
    if (this.#declared) return;
    this.#dependencies.log.warn('services-not-declared', { afterMs: this.#options.patienceMs });
    this.declared();
  }
}
