import type { ConfigObject, Informer, ResourceType } from '../../ports/informer.ts';
import type { Node } from '../../ports/kubernetes.ts';
import type { StatusObject } from '../../ports/stores.ts';
import {
  KeptObjects,
  type KeptObjectsDependencies,
  type KeptObjectsOptions,
  type StatusGroup,
} from './kept-objects.ts';
import {
  MANAGED_BY_LABEL,
  MANAGER,
  type NodeStatus,
  SERVICE_NAME_LABEL,
  SERVICE_NAMESPACE_LABEL,
  statusObject,
} from './status-object.ts';

export interface StatusObjectsOptions extends KeptObjectsOptions {
  /** Names begin with it: `l2`. */
  readonly prefix: string;
}

export interface StatusObjectsDependencies extends Omit<KeptObjectsDependencies, 'objectsOf' | 'subjectOf'> {
  readonly nodes: Pick<Informer<Node>, 'get'>;
  /** What is to be said of a Service, node by node, in the words of a group; undefined: nothing can be said yet. */
  readonly statusesOf: (serviceKey: string, type: ResourceType) => readonly NodeStatus[] | undefined;
}

/** Keeps the objects that say of each Service which node announces it: one for each node and each group. */
export class StatusObjects {
  readonly #options: Pick<StatusObjectsOptions, 'namespace' | 'prefix'>;
  readonly #dependencies: StatusObjectsDependencies;
  readonly #kept: KeptObjects;

  constructor(
    options: Pick<StatusObjectsOptions, 'namespace' | 'prefix'> & Partial<StatusObjectsOptions>,
    dependencies: StatusObjectsDependencies,
  ) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#kept = new KeptObjects(options, {
      ...dependencies,
      objectsOf: (serviceKey, group) => this.#objectsOf(serviceKey, group),
      subjectOf: (object) => this.#serviceOf(object),
    });
  }

  /** Follows until `signal` aborts. */
  start(signal: AbortSignal): void {
    this.#kept.start(signal);
  }

  #objectsOf(serviceKey: string, { type }: StatusGroup): readonly StatusObject[] | undefined {
    const { nodes, statusesOf } = this.#dependencies;
    return statusesOf(serviceKey, type)?.map((one) =>
      statusObject(serviceKey, one, { ...this.#options, node: nodes.get(one.node) }),
    );
  }

  #serviceOf({ meta }: ConfigObject): string | undefined {
    const { [SERVICE_NAMESPACE_LABEL]: namespace, [SERVICE_NAME_LABEL]: name } = meta.labels;
    if (namespace === undefined || name === undefined || meta.namespace !== this.#options.namespace) return undefined;
    // Those of a MetalLB beside us have names that it drew by lot.
    const isOurs = meta.name.startsWith(`${this.#options.prefix}-`) && meta.labels[MANAGED_BY_LABEL] === MANAGER;
    return isOurs ? `${namespace}/${name}` : undefined;
  }
}
