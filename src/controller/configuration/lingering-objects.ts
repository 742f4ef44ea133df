import type { ConfigObject } from '../../ports/informer.ts';
import { keyOf } from '../../ports/kubernetes.ts';
import type { Timer, Timers } from '../../ports/time.ts';

/** Longer than `kubectl replace --force`, and than tools that delete an object to make it anew; shorter than people wait. */
const LINGER_MS = 2_000;

interface Lingering {
  readonly object: ConfigObject;
  readonly timer: Timer;
}

/**
 * Objects that were in force and are deleted: they stay in force for a moment, so that one that is made anew takes no address
 * from a Service and ends no announcement.
 */
export class LingeringObjects {
  readonly #timers: Timers;
  readonly #onEnd: () => void;
  /** By uid. BOUNDED: by the objects of our kinds. */
  #present = new Map<string, ConfigObject>();
  /** By uid. BOUNDED: as `#present` was, LINGER_MS ago. */
  readonly #lingering = new Map<string, Lingering>();

  /** `onEnd` is told when one has been gone for long enough. */
  constructor(timers: Timers, onEnd: () => void) {
    this.#timers = timers;
    this.#onEnd = onEnd;
  }

  /** The objects that linger beside those that are there. @param inForce uids of those that were in force until now */
  beside(objects: readonly ConfigObject[], inForce: ReadonlyMap<string, unknown>): readonly ConfigObject[] {
    const present = new Map(objects.map((object) => [object.meta.uid, object]));
    for (const [uid, object] of this.#present) if (!present.has(uid) && inForce.has(uid)) this.#begin(uid, object);
    this.#present = present;
    const places = new Set(objects.map(placeOf));
    for (const [uid, { object }] of this.#lingering) if (places.has(placeOf(object))) this.#end(uid);
    return Array.from(this.#lingering.values(), ({ object }) => object);
  }

  stop(): void {
    for (const uid of this.#lingering.keys()) this.#end(uid);
  }

  #begin(uid: string, object: ConfigObject): void {
    const timer = this.#timers.start(LINGER_MS, () => {
      this.#lingering.delete(uid);
      this.#onEnd();
    });
    this.#lingering.set(uid, { object, timer });
  }

  #end(uid: string): void {
    this.#lingering.get(uid)?.timer.cancel();
    this.#lingering.delete(uid);
  }
}

/** Where an object is, whoever it is. */
function placeOf({ apiVersion, kind, meta }: ConfigObject): string {
  return `${apiVersion.split('/')[0]} ${kind} ${keyOf(meta)}`;
}
