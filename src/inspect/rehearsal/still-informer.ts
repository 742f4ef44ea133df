import type { Informer } from '../../ports/informer.ts';

/** A cache that nothing changes: what one look at a cluster saw. */
export class StillInformer<T> implements Informer<T> {
  /** BOUNDED: by the objects that were seen. */
  readonly #objects: ReadonlyMap<string, T>;

  constructor(objects: readonly T[], keyOf: (object: T) => string) {
    this.#objects = new Map(objects.map((object) => [keyOf(object), object]));
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  async synced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
  }

  onChange(): () => void {
    return () => {};
  }
}
