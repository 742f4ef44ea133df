import { customResource } from './kinds/custom-resource.ts';
import { definitionResource, versionsOf } from './kinds/custom-resource-definition.ts';
import { type KubeObject, keyOf, nameOf, namespaceOf } from './kube-object.ts';
import type { ResourceRegistry } from './registry.ts';
import type { Resource } from './resource.ts';
import type { Store } from './store/store.ts';

/** Serves what CustomResourceDefinitions define, from the moment they are stored until they go. */
export class CustomKinds {
  readonly #registry: ResourceRegistry;
  readonly #store: Store;
  /** By name of the definition. BOUNDED: by CustomResourceDefinitions. */
  readonly #served = new Map<string, readonly Resource[]>();

  constructor(dependencies: {
    readonly registry: ResourceRegistry;
    readonly store: Store;
    readonly now: () => string;
  }) {
    this.#registry = dependencies.registry;
    this.#store = dependencies.store;
    this.#registry.add(definitionResource((next, previous) => this.#changed(next, previous), dependencies.now));
  }

  #changed(next: KubeObject | undefined, previous: KubeObject | undefined): void {
    const definition = next ?? previous;
    if (definition === undefined) return;
    const name = nameOf(definition);
    for (const resource of this.#served.get(name) ?? []) this.#registry.remove(resource);
    if (next === undefined) {
      for (const resource of this.#served.get(name) ?? []) this.#removeObjects(resource);
      this.#served.delete(name);
      return;
    }
    const served = versionsOf(next).filter((version) => version.served === true);
    const resources = served.map((version) => customResource(next, version));
    for (const resource of resources) this.#registry.add(resource);
    this.#served.set(name, resources);
  }

  #removeObjects(resource: Resource): void {
    const collection = this.#store.collection(resource.group, resource.resource);
    for (const object of collection.list('')) collection.remove(keyOf(namespaceOf(object), nameOf(object)));
  }
}
