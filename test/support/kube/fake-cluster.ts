import { ApiError } from '../../../src/ports/api-error.ts';
import type { EventSink, KubernetesEvent, Node, Service } from '../../../src/ports/kubernetes.ts';
import type { ServiceChange, ServiceStore } from '../../../src/ports/stores.ts';
import { FakeInformer } from '../fake-informer.ts';

/** A Service of type LoadBalancer without a status, changed by what is given. */
export function service(
  name: string,
  {
    meta = {},
    spec = {},
    status = {},
  }: { meta?: Partial<Service['meta']>; spec?: Partial<Service['spec']>; status?: Partial<Service['status']> } = {},
): Service {
  return {
    meta: {
      namespace: 'default',
      name,
      uid: `uid-of-${name}`,
      resourceVersion: '1',
      labels: {},
      annotations: {},
      finalizers: [],
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...meta,
    },
    spec: {
      type: 'LoadBalancer',
      clusterIPs: ['10.96.0.1'],
      ipFamilies: ['IPv4'],
      selector: {},
      ports: [{ protocol: 'TCP', port: 80 }],
      ...spec,
    },
    status: { ingress: [], conditions: [], ...status },
  };
}

export function node(name: string, rest: Omit<Partial<Node>, 'meta'> & { meta?: Partial<Node['meta']> } = {}): Node {
  return {
    unschedulable: false,
    taints: [],
    addresses: [],
    conditions: [],
    ...rest,
    meta: {
      name,
      uid: `uid-of-${name}`,
      resourceVersion: '1',
      labels: {},
      annotations: {},
      finalizers: [],
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...rest.meta,
    },
  };
}

/** Services and Nodes in memory: what is written to the store is shown by the informer, as in a cluster. */
export class FakeCluster implements ServiceStore, EventSink {
  readonly services = new FakeInformer<Service>();
  readonly nodes = new FakeInformer<Node>();
  readonly patches: { readonly key: string; readonly change: ServiceChange }[] = [];
  readonly events: (KubernetesEvent & { readonly name: string })[] = [];
  /** Set: every patch is held until `release` is called. */
  held: (() => void)[] | undefined;
  /** Errors for the next patches, first for the first. */
  readonly failures: Error[] = [];
  /** False: the informer does not show what is written until `catchUp`. */
  informerIsCurrent = true;
  readonly #stored = new Map<string, Service>();
  #version = 100;

  /** Creates or changes a Service, as a user does. */
  put(object: Service): Service {
    const key = `${object.meta.namespace}/${object.meta.name}`;
    const stored = { ...object, meta: { ...object.meta, resourceVersion: String(++this.#version) } };
    this.#stored.set(key, stored);
    this.services.set(key, stored);
    return stored;
  }

  stored(name: string): Service | undefined {
    return this.#stored.get(`default/${name}`);
  }

  /** Changes what is stored, as a user does. */
  edit(name: string, change: (object: Service) => Service): void {
    const stored = this.stored(name);
    if (stored === undefined) throw new Error(`no Service ${name}`);
    this.put(change(stored));
  }

  /** Deletes as the API server does: at once without finalizers, else by a timestamp. */
  remove(name: string): void {
    const stored = this.stored(name);
    if (stored === undefined) return;
    if (stored.meta.finalizers.length > 0) {
      this.put({ ...stored, meta: { ...stored.meta, deletionTimestamp: '2026-01-02T00:00:00Z' } });
    } else {
      this.#stored.delete(`default/${name}`);
      this.services.delete(`default/${name}`);
    }
  }

  record(object: { readonly name: string }, event: KubernetesEvent): void {
    this.events.push({ ...event, name: object.name });
  }

  reasons(name?: string): string[] {
    return this.events.filter((event) => name === undefined || event.name === name).map((event) => event.reason);
  }

  async patchStatus(object: Service, change: ServiceChange, signal?: AbortSignal): Promise<Service> {
    const key = `${object.meta.namespace}/${object.meta.name}`;
    this.patches.push({ key, change });
    await new Promise<void>((resolve) => (this.held === undefined ? resolve() : this.held.push(resolve)));
    signal?.throwIfAborted();
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const stored = this.#stored.get(key);
    if (stored === undefined) throw new ApiError('not-found', 'patch services/status: 404', { status: 404 });
    if (stored.meta.uid !== object.meta.uid) throw new ApiError('not-found', 'another uid', { status: 422 });
    const patched = apply(stored, change, String(++this.#version));
    const gone = patched.meta.deletionTimestamp !== undefined && patched.meta.finalizers.length === 0;
    if (gone) this.#stored.delete(key);
    else this.#stored.set(key, patched);
    if (this.informerIsCurrent) this.#show(key);
    return patched;
  }

  /** The informer shows everything that is stored. */
  catchUp(): void {
    for (const { key } of this.patches) this.#show(key);
  }

  /** Lets the patches that are held go on. */
  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const resolve of held) resolve();
  }

  #show(key: string): void {
    const stored = this.#stored.get(key);
    if (stored === undefined) this.services.delete(key);
    else if (this.services.get(key) !== stored) this.services.set(key, stored);
  }
}

function apply(stored: Service, change: ServiceChange, resourceVersion: string): Service {
  const { addFinalizer, removeFinalizers = [], ingress, conditions = [], removeConditions = [] } = change;
  const finalizers = stored.meta.finalizers.filter((each) => !removeFinalizers.includes(each));
  if (addFinalizer !== undefined && !finalizers.includes(addFinalizer)) finalizers.push(addFinalizer);
  const replaced = [...removeConditions, ...conditions.map((condition) => condition.type)];
  const annotations = Object.entries({ ...stored.meta.annotations, ...change.annotations }).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return {
    meta: { ...stored.meta, finalizers, resourceVersion, annotations: Object.fromEntries(annotations) },
    spec: stored.spec,
    status: {
      ingress: ingress ?? stored.status.ingress,
      conditions: [...stored.status.conditions.filter((each) => !replaced.includes(each.type)), ...conditions],
    },
  };
}
