import { ApiError } from '../../../src/ports/api-error.ts';
import type { ObjectMeta, ObjectRef } from '../../../src/ports/kubernetes.ts';
import type { ConfigMap, ConfigMapStore, NewObject, Secret, SecretStore } from '../../../src/ports/stores.ts';

/** Objects of one kind with optimistic locking, as the API server keeps them. Several replicas may share one. */
export class MemoryObjects<T extends { readonly meta: ObjectMeta }> {
  readonly #objects = new Map<string, T>();
  #revision = 0;
  writes = 0;
  /** Whatever is asked next fails with these, in order. */
  readonly failures: ApiError[] = [];
  /** Runs before each write, to let somebody be faster. */
  beforeWrite: () => void = () => undefined;

  peek({ namespace, name }: ObjectRef): T | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  remove({ namespace, name }: ObjectRef): void {
    this.#objects.delete(`${namespace}/${name}`);
  }

  async get(ref: ObjectRef): Promise<T | undefined> {
    await this.#answer();
    return this.peek(ref);
  }

  async create(object: NewObject, make: (meta: ObjectMeta) => T): Promise<T> {
    await this.#answer();
    this.beforeWrite();
    if (this.peek(object.ref) !== undefined) throw new ApiError('already-exists', 'exists');
    return this.#put(object.ref, make);
  }

  async update(object: T): Promise<T> {
    await this.#answer();
    this.beforeWrite();
    const present = this.peek(object.meta);
    if (present === undefined) throw new ApiError('not-found', 'gone');
    if (present.meta.resourceVersion !== object.meta.resourceVersion) throw new ApiError('conflict', 'changed');
    return this.#put(object.meta, (meta) => ({ ...object, meta }));
  }

  async #answer(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }

  #put(ref: ObjectRef, make: (meta: ObjectMeta) => T): T {
    this.#revision += 1;
    this.writes += 1;
    const stored = make({
      namespace: ref.namespace,
      name: ref.name,
      uid: `${ref.name}-uid`,
      resourceVersion: String(this.#revision),
      labels: {},
      annotations: {},
      finalizers: [],
      creationTimestamp: '2026-01-01T00:00:00Z',
    });
    this.#objects.set(`${ref.namespace}/${ref.name}`, stored);
    return stored;
  }
}

export function memorySecrets(objects: MemoryObjects<Secret>): SecretStore {
  return {
    get: (ref) => objects.get(ref),
    create: (secret) => objects.create(secret, (meta) => ({ meta, type: secret.type, data: secret.data })),
    update: (secret) => objects.update(secret),
  };
}

export function memoryConfigMaps(objects: MemoryObjects<ConfigMap>): ConfigMapStore {
  return {
    get: (ref) => objects.get(ref),
    create: (configMap) => objects.create(configMap, (meta) => ({ meta, data: configMap.data })),
    update: (configMap) => objects.update(configMap),
  };
}
