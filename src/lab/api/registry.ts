import { ALL_VERBS, apiVersionOf, type Resource, type Strategy } from './resource.ts';

/** The resources that are served now: built-in ones, and those of CustomResourceDefinitions as they come and go. */
export class ResourceRegistry {
  /** By `group/version`, then by plural name. BOUNDED: by built-in resources and CustomResourceDefinitions. */
  readonly #versions = new Map<string, Map<string, Resource>>();

  add(resource: Resource): void {
    const groupVersion = apiVersionOf(resource);
    const resources = this.#versions.get(groupVersion) ?? new Map<string, Resource>();
    this.#versions.set(groupVersion, resources);
    resources.set(resource.resource, resource);
  }

  remove(resource: Resource): void {
    const groupVersion = apiVersionOf(resource);
    const resources = this.#versions.get(groupVersion);
    if (resources?.get(resource.resource) === resource) resources.delete(resource.resource);
    if (resources?.size === 0) this.#versions.delete(groupVersion);
  }

  find(group: string, version: string, resource: string): Resource | undefined {
    return this.#versions.get(apiVersionOf({ group, version }))?.get(resource);
  }

  /** The resource of a kind in `apiVersion`. */
  ofKind(apiVersion: string, kind: string): Resource | undefined {
    return this.inVersion(apiVersion).find((resource) => resource.kind === kind);
  }

  inVersion(apiVersion: string): readonly Resource[] {
    return [...(this.#versions.get(apiVersion)?.values() ?? [])];
  }

  /** Whether a version has resources that no CustomResourceDefinition brought. */
  isBuiltIn(apiVersion: string): boolean {
    return this.inVersion(apiVersion).some((resource) => resource.schema === undefined);
  }

  /** All served `group/version`, in the order in which they came. */
  apiVersions(): readonly string[] {
    return [...this.#versions.keys()];
  }

  all(): readonly Resource[] {
    return [...this.#versions.values()].flatMap((resources) => [...resources.values()]);
  }
}

/** A resource with the usual members filled in. */
export function resourceOf(
  named: Pick<Resource, 'group' | 'version' | 'resource' | 'kind' | 'namespaced'> &
    Partial<Omit<Resource, 'strategy'>> & { readonly strategy: Strategy },
): Resource {
  return {
    singular: named.kind.toLowerCase(),
    listKind: `${named.kind}List`,
    shortNames: [],
    categories: [],
    verbs: ALL_VERBS,
    status: false,
    ...named,
  };
}
