import { ApiError } from '../../src/ports/api-error.ts';
import type { ConfigObject, ResourceType } from '../../src/ports/informer.ts';
import type { StatusObject, StatusObjectStore } from '../../src/ports/stores.ts';
import { FakeInformer } from './fake-informer.ts';

/** An API server with a kind in some groups, whose watch the informers follow. */
export class FakeStatusStore implements StatusObjectStore {
  /** `create heraldlb.io node-a`; by name where the status names no node. */
  readonly requests: string[] = [];
  /** Groups in which the kind is not installed. */
  readonly absent = new Set<string>();
  /** What the next requests fail with. */
  readonly failures: Error[] = [];
  readonly #informers: ReadonlyMap<string, FakeInformer<ConfigObject>>;

  constructor(types: readonly ResourceType[]) {
    this.#informers = new Map(types.map(({ group }) => [group, new FakeInformer<ConfigObject>()]));
  }

  informer(group: string): FakeInformer<ConfigObject> {
    const informer = this.#informers.get(group);
    if (informer === undefined) throw new Error(group);
    return informer;
  }

  /** As if somebody had written it; null takes a field off. */
  put(type: ResourceType, { ref, labels, status }: StatusObject): void {
    const meta = { ...ref, uid: ref.name, resourceVersion: '1', labels, annotations: {}, finalizers: [] };
    const fields = Object.fromEntries(Object.entries(status).filter(([, value]) => value !== null));
    this.informer(type.group).set(`${ref.namespace}/${ref.name}`, {
      apiVersion: `${type.group}/${type.version}`,
      kind: type.kind,
      meta: { ...meta, creationTimestamp: '' },
      spec: {},
      status: fields,
    });
  }

  async create(type: ResourceType, object: StatusObject): Promise<void> {
    this.#ask(`create ${type.group} ${object.status.node ?? object.ref.name}`, type);
    this.put(type, object);
  }

  async patchStatus(type: ResourceType, { ref, status }: Pick<StatusObject, 'ref' | 'status'>): Promise<void> {
    this.#ask(`patch ${type.group} ${status.node ?? ref.name}`, type);
    const present = this.informer(type.group).get(`${ref.namespace}/${ref.name}`);
    this.put(type, { ref, labels: present?.meta.labels ?? {}, status });
  }

  async delete(type: ResourceType, { namespace, name }: StatusObject['ref']): Promise<void> {
    this.#ask(`delete ${type.group}`, type);
    this.informer(type.group).delete(`${namespace}/${name}`);
  }

  #ask(request: string, { group }: ResourceType): void {
    this.requests.push(request);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    if (this.absent.has(group)) throw new ApiError('not-found', 'no such kind');
  }
}
