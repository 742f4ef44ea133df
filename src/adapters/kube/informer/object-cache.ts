import type { InformerChange } from '../../../ports/informer.ts';

/** An object as the cache keeps it. */
export interface CachedObject<T> {
  readonly key: string;
  readonly resourceVersion: string;
  readonly object: T;
}

/** The objects of one kind and who is told of their changes. */
export class ObjectCache<T> {
  readonly #onListenerError: (error: unknown) => void;
  /** BOUNDED: by the objects of the kind in the cluster. */
  readonly #objects = new Map<string, CachedObject<T>>();
  /** BOUNDED: by the parts of the program that listen. */
  readonly #listeners = new Set<(change: InformerChange<T>) => void>();

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key)?.object;
  }

  list(): readonly T[] {
    return Array.from(this.#objects.values(), (cached) => cached.object);
  }

  listen(listener: (change: InformerChange<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  set(after: CachedObject<T>): void {
    const before = this.#objects.get(after.key);
    if (before?.resourceVersion === after.resourceVersion) return;
    this.#objects.set(after.key, after);
    if (before === undefined) this.#tell({ key: after.key, after: after.object });
    else if (differs(before, after)) this.#tell({ key: after.key, before: before.object, after: after.object });
  }

  delete(key: string): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    this.#tell({ key, before: before.object });
  }

  /** Makes the cache hold these objects and no others. */
  replace(objects: readonly CachedObject<T>[]): void {
    const present = new Set(objects.map((cached) => cached.key));
    for (const key of [...this.#objects.keys()]) {
      if (!present.has(key)) this.delete(key);
    }
    for (const cached of objects) this.set(cached);
  }

  #tell(change: InformerChange<T>): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }
}

/** A kubelet's heartbeat and other people's fields change nothing but the resourceVersion of what we keep. */
function differs<T>(before: CachedObject<T>, after: CachedObject<T>): boolean {
  return !sameButVersion(before.object, after.object);
}

function sameButVersion(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every(
    (key) => Object.hasOwn(right, key) && (key === 'resourceVersion' || sameButVersion(left[key], right[key])),
  );
}
