import { Collection } from './collection.ts';
import { Revisions } from './revisions.ts';

export interface StoreOptions {
  /** Changes of one resource that a watch may start from. */
  readonly historyLimit: number;
}

/** All stored objects, a collection for each resource. */
export class Store {
  readonly revisions = new Revisions();
  readonly #options: StoreOptions;
  /** By `group/resource`. BOUNDED: by built-in resources and CustomResourceDefinitions. */
  readonly #collections = new Map<string, Collection>();

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** The collection of a resource, made when it is first asked for. All versions of a group share one. */
  collection(group: string, resource: string): Collection {
    const key = `${group}/${resource}`;
    let collection = this.#collections.get(key);
    if (collection === undefined) {
      collection = new Collection(this.#options, { revisions: this.revisions });
      this.#collections.set(key, collection);
    }
    return collection;
  }

  collections(): readonly Collection[] {
    return [...this.#collections.values()];
  }

  /** Forgets all history: every watch from an earlier revision is answered with 410. */
  compact(): void {
    for (const collection of this.#collections.values()) collection.compact();
  }
}
