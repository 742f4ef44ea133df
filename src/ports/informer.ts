import type { ObjectMeta } from './kubernetes.ts';

/** A cache of one kind of objects, kept current by a watch. What it hands out is shared: never change it. */
export interface Informer<T> {
  /** `namespace/name`, or `name` where the kind has no namespace. */
  get(key: string): T | undefined;
  list(): readonly T[];
  /** Resolves when the first list is in the cache and its changes have been told. Rejects only when `signal` aborts. */
  synced(signal: AbortSignal): Promise<void>;
  /**
   * Told after the cache changed, once for each object that differs. Listeners must not throw. The result stops it, for
   * listeners that live shorter than the cache: those of one term of leadership.
   */
  onChange(listener: (change: InformerChange<T>) => void): () => void;
}

/** `before` is absent for a new object, `after` for one that is gone. */
export interface InformerChange<T> {
  readonly key: string;
  readonly before?: T;
  readonly after?: T;
}

/** Where the objects of one kind are in the API. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Lower-case plural, as in the path. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** An object of one of our kinds, as written: `spec` is not validated yet. */
export interface ConfigObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly meta: ObjectMeta;
  readonly spec: unknown;
  readonly status: unknown;
}
