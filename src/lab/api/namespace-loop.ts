import { type KubeObject, nameOf, namespaceOf } from './kube-object.ts';
import type { ResourceRegistry } from './registry.ts';
import type { Resource } from './resource.ts';
import type { Writes } from './writes.ts';

const AT_ONCE = { dryRun: false, preconditions: {}, gracePeriodSeconds: 0 };

/**
 * What kube-controller-manager does for namespaces: a new one gets the ServiceAccount `default`; one that is deleted is
 * emptied, and goes when its last object has gone.
 */
export class NamespaceLoop {
  readonly #registry: ResourceRegistry;
  readonly #writes: Writes;

  constructor(dependencies: { readonly registry: ResourceRegistry; readonly writes: Writes }) {
    this.#registry = dependencies.registry;
    this.#writes = dependencies.writes;
  }

  start(): void {
    const namespaces = this.#writes.collection(this.#resource('Namespace'));
    for (const namespace of namespaces.list('')) this.#welcome(nameOf(namespace));
    namespaces.subscribe(({ type, object }) => {
      if (type === 'ADDED') this.#welcome(nameOf(object));
      else if (type === 'MODIFIED' && isTerminating(object)) this.#emptySoon(nameOf(object));
    });
    this.#writes.onRemoved((object) => {
      const namespace = namespaces.get(namespaceOf(object));
      if (namespace !== undefined && isTerminating(namespace)) this.#emptySoon(nameOf(namespace));
    });
  }

  #welcome(namespace: string): void {
    const target = { resource: this.#resource('ServiceAccount'), namespace };
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
    if (this.#writes.find({ ...target, name: 'default' }) === undefined) {
      this.#writes.create(target, account, { dryRun: false });
    }
  }

  /** After the request that is being answered. */
  #emptySoon(namespace: string): void {
    setImmediate(() => this.#empty(namespace));
  }

  #empty(namespace: string): void {
    const target = { resource: this.#resource('Namespace'), namespace: '', name: namespace };
    if (this.#writes.find(target) === undefined) return;
    let left = 0;
    for (const resource of this.#contained()) {
      for (const object of this.#writes.collection(resource).list(namespace)) {
        const { removed } = this.#writes.delete({ resource, namespace, name: nameOf(object) }, AT_ONCE);
        if (!removed) left += 1;
      }
    }
    if (left === 0) this.#writes.discard(target);
  }

  /** Each namespaced resource once, whatever its versions. */
  #contained(): readonly Resource[] {
    const byStorage = new Map<string, Resource>();
    for (const resource of this.#registry.all()) {
      if (resource.namespaced && resource.storedAs === undefined) {
        byStorage.set(`${resource.group}/${resource.resource}`, resource);
      }
    }
    return [...byStorage.values()];
  }

  #resource(kind: string): Resource {
    const resource = this.#registry.ofKind('v1', kind);
    if (resource === undefined) throw new RangeError(`${kind} is not served`);
    return resource;
  }
}

function isTerminating(namespace: KubeObject): boolean {
  return namespace.metadata.deletionTimestamp !== undefined;
}
