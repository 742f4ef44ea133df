import { isApiError } from '../../../ports/api-error.ts';
import type { ResourceType } from '../../../ports/informer.ts';
import type { ObjectMeta, ObjectRef } from '../../../ports/kubernetes.ts';
import type { NewObject } from '../../../ports/stores.ts';
import type { ApiClient } from '../http/api-client.ts';
import type { WireMeta, WireObject } from '../mapping/wire.ts';

/** Get, create and replace of whole objects of one kind. */
export class ObjectRequests {
  readonly #client: ApiClient;
  readonly #type: ResourceType;

  constructor(client: ApiClient, type: ResourceType) {
    this.#client = client;
    this.#type = type;
  }

  async get({ namespace, name }: ObjectRef, signal: AbortSignal | undefined): Promise<WireObject | undefined> {
    try {
      const path = { type: this.#type, namespace, name };
      return (await this.#client.send({ verb: 'get', path, ...withSignal(signal) })) as WireObject;
    } catch (error) {
      if (isApiError(error, 'not-found')) return undefined;
      throw error;
    }
  }

  async create({ ref, labels }: NewObject, content: object, signal: AbortSignal | undefined): Promise<WireObject> {
    const { namespace, name } = ref;
    const path = { type: this.#type, namespace };
    const body = this.#object({ namespace, name, ...(labels === undefined ? {} : { labels }) }, content);
    return (await this.#client.send({ verb: 'create', path, body, ...withSignal(signal) })) as WireObject;
  }

  /** Replaces everything but what the API server owns; the object must still be the one that `meta` is of. */
  async replace(
    meta: Pick<ObjectMeta, 'namespace' | 'name'> & WireMeta,
    content: object,
    signal: AbortSignal | undefined,
  ): Promise<WireObject> {
    const path = { type: this.#type, namespace: meta.namespace, name: meta.name };
    const body = this.#object(meta, content);
    return (await this.#client.send({ verb: 'update', path, body, ...withSignal(signal) })) as WireObject;
  }

  /** Succeeds when there is none. */
  async delete({ namespace, name }: ObjectRef, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#client.send({ verb: 'delete', path: { type: this.#type, namespace, name }, ...withSignal(signal) });
    } catch (error) {
      if (!isApiError(error, 'not-found')) throw error;
    }
  }

  #object(metadata: WireMeta, content: object): object {
    const { group, version, kind } = this.#type;
    return { apiVersion: group === '' ? version : `${group}/${version}`, kind, metadata, ...content };
  }
}

function withSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
