import { isApiError } from '../../../ports/api-error.ts';
import type { ResourceType } from '../../../ports/informer.ts';
import type { ObjectRef } from '../../../ports/kubernetes.ts';
import type { StatusObject, StatusObjectStore } from '../../../ports/stores.ts';
import type { ApiClient } from '../http/api-client.ts';

const MERGE_PATCH = 'application/merge-patch+json';

export class ApiStatusObjectStore implements StatusObjectStore {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  async create(type: ResourceType, object: StatusObject, signal?: AbortSignal): Promise<void> {
    const { ref, labels, owner } = object;
    const ownerReferences = owner === undefined ? {} : { ownerReferences: [owner] };
    await this.#client.send({
      verb: 'create',
      path: { type, namespace: ref.namespace },
      body: {
        apiVersion: `${type.group}/${type.version}`,
        kind: type.kind,
        metadata: { ...ref, labels, ...ownerReferences },
        spec: {},
      },
      ...withSignal(signal),
    });
    await this.patchStatus(type, object, signal);
  }

  async patchStatus(
    type: ResourceType,
    { ref, status }: Pick<StatusObject, 'ref' | 'status'>,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#client.send({
      verb: 'patch',
      path: { type, ...ref, subresource: 'status' },
      body: { status },
      contentType: MERGE_PATCH,
      ...withSignal(signal),
    });
  }

  async delete(type: ResourceType, ref: ObjectRef, signal?: AbortSignal): Promise<void> {
    try {
      await this.#client.send({ verb: 'delete', path: { type, ...ref }, ...withSignal(signal) });
    } catch (error) {
      if (!isApiError(error, 'not-found')) throw error;
    }
  }
}

function withSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
