import type { Clock, Timers } from '../../ports/time.ts';
import { Deafness } from './deafness.ts';
import { SilenceWatch } from './silence-watch.ts';
import type { Testimonies } from './testimonies.ts';

export interface VigilOptions {
  readonly heartbeatIntervalMs: number;
  /** A speaker is silent after this many of its heartbeats are missing. */
  readonly missedHeartbeats: number;
  /** For how long after its last word a node counts as stood in for when its neighbours say so. */
  readonly standInPatienceMs: number;
}

export interface VigilDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly testimonies: Testimonies;
  /** One alone has nobody to lose its addresses to. */
  readonly hasOthers: (nodeName: string) => boolean;
}

export interface SilenceListener {
  /** Its session is worth nothing any more, but its neighbours say that it lives or is stood in for. Told again and again. */
  away(): void;
  gone(): void;
}

/** A controller that was cut off for longer begins anew: it is not known any more who is alive. */
const CUT_OFF_PATIENCE_MS = 60_000;

/** Tells a node that is gone from one that is silent to us, and from our own deafness. */
export class Vigil {
  readonly deadAfterMs: number;
  readonly #options: VigilOptions;
  readonly #dependencies: VigilDependencies;
  readonly #deafness: Deafness;

  constructor(options: VigilOptions, dependencies: VigilDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.deadAfterMs = options.heartbeatIntervalMs * options.missedHeartbeats;
    const deafAfterMs = 2 * options.heartbeatIntervalMs;
    const graceMs = 2 * this.deadAfterMs;
    this.#deafness = new Deafness({ deafAfterMs, graceMs, patienceMs: CUT_OFF_PATIENCE_MS }, dependencies);
  }

  /** Somebody spoke. */
  heard(): void {
    this.#deafness.heard();
  }

  /** From now on; to be stopped by who asked for it. */
  watch(nodeName: string, listener: SilenceListener): SilenceWatch {
    const options = { deadAfterMs: this.deadAfterMs, oversleptMs: this.#options.heartbeatIntervalMs };
    const watch = new SilenceWatch(options, this.#dependencies, () => {
      const reprieveMs = this.#dependencies.hasOthers(nodeName) ? this.#deafness.reprieveMs : 0;
      if (reprieveMs > 0) return reprieveMs;
      if (this.#isCaredFor(nodeName, watch.silentForMs)) {
        listener.away();
        return this.deadAfterMs / 2;
      }
      listener.gone();
      return 0;
    });
    return watch;
  }

  #isCaredFor(nodeName: string, silentForMs: number): boolean {
    const { testimonies } = this.#dependencies;
    if (testimonies.isHeard(nodeName)) return true;
    return testimonies.isCaredFor(nodeName) && silentForMs < this.#options.standInPatienceMs;
  }
}
