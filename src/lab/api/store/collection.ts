import { type KubeObject, namespaceOf } from '../kube-object.ts';
import { expired } from '../status-error.ts';
import type { Revisions } from './revisions.ts';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One write. `object` is the state after it (of a deletion: the last state, under the revision of the deletion). */
export interface Change {
  readonly type: ChangeType;
  readonly revision: number;
  readonly object: KubeObject;
  readonly previous?: KubeObject;
}

export interface CollectionOptions {
  /** Changes that a watch may start from; older ones are forgotten and answered with 410. */
  readonly historyLimit: number;
}

/** The stored objects of one resource and its recent changes. Knows nothing about kinds. */
export class Collection {
  readonly #historyLimit: number;
  readonly #revisions: Revisions;
  /** BOUNDED: by what clients create. */
  readonly #objects = new Map<string, KubeObject>();
  /** Sorted keys; undefined after a key came or went. BOUNDED: as #objects. */
  #sortedKeys: readonly string[] | undefined;
  /** Oldest first. BOUNDED: twice historyLimit, then cut to historyLimit. */
  #history: Change[] = [];
  /** A watch may start from here or later. */
  #oldestRevision = 0;
  /** BOUNDED: by open watches. */
  readonly #listeners = new Set<(change: Change) => void>();

  constructor(options: CollectionOptions, dependencies: { readonly revisions: Revisions }) {
    this.#historyLimit = options.historyLimit;
    this.#revisions = dependencies.revisions;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  /** In the order of keys. An empty namespace means all. */
  list(namespace: string): KubeObject[] {
    this.#sortedKeys ??= [...this.#objects.keys()].sort(byCodeUnit);
    return this.#pick(this.#sortedKeys, this.#objects, namespace);
  }

  /** The objects as they were at a revision. @throws StatusError 410 when the history does not reach back. */
  listAt(revision: number, namespace: string): KubeObject[] {
    if (revision >= this.#revisions.current) return this.list(namespace);
    const past = new Map(this.#objects);
    for (const change of this.changesSince(revision).toReversed()) {
      const key = storageKey(change.object);
      if (change.previous === undefined) past.delete(key);
      else past.set(key, change.previous);
    }
    return this.#pick([...past.keys()].sort(byCodeUnit), past, namespace);
  }

  /** Stores the object under a new revision, which it then carries. */
  put(key: string, object: KubeObject): KubeObject {
    const previous = this.#objects.get(key);
    const revision = this.#revisions.next();
    const stored = withRevision(object, revision);
    this.#objects.set(key, stored);
    if (previous === undefined) this.#sortedKeys = undefined;
    this.#tell(
      previous === undefined
        ? { type: 'ADDED', revision, object: stored }
        : { type: 'MODIFIED', revision, object: stored, previous },
    );
    return stored;
  }

  /** Removes the object; `last` is what watchers are told. */
  remove(key: string): KubeObject | undefined {
    const previous = this.#objects.get(key);
    if (previous === undefined) return undefined;
    const revision = this.#revisions.next();
    this.#objects.delete(key);
    this.#sortedKeys = undefined;
    this.#tell({ type: 'DELETED', revision, object: withRevision(previous, revision), previous });
    return previous;
  }

  /** What happened after a revision. @throws StatusError 410 when the history does not reach back. */
  changesSince(revision: number): readonly Change[] {
    if (revision < this.#oldestRevision) {
      throw expired(`too old resource version: ${revision} (${this.#oldestRevision})`);
    }
    let from = this.#history.length;
    while (from > 0 && (this.#history[from - 1]?.revision ?? 0) > revision) from -= 1;
    return this.#history.slice(from);
  }

  /** Called synchronously with each change until the returned function is called. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets the history: a watch from any earlier revision is answered with 410. */
  compact(): void {
    this.#history = [];
    this.#oldestRevision = this.#revisions.current;
  }

  #pick(keys: readonly string[], objects: ReadonlyMap<string, KubeObject>, namespace: string): KubeObject[] {
    const picked: KubeObject[] = [];
    for (const key of keys) {
      const object = objects.get(key);
      if (object !== undefined && (namespace === '' || namespaceOf(object) === namespace)) picked.push(object);
    }
    return picked;
  }

  #tell(change: Change): void {
    this.#history.push(change);
    if (this.#history.length > 2 * this.#historyLimit) {
      const cut = this.#history.length - this.#historyLimit;
      this.#oldestRevision = this.#history[cut - 1]?.revision ?? this.#oldestRevision;
      this.#history = this.#history.slice(cut);
    }
    for (const listener of this.#listeners) listener(change);
  }
}

export function withRevision(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

function storageKey(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? (name ?? '') : `${namespace}/${name ?? ''}`;
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
