import { isApiError } from '../../../ports/api-error.ts';
import type { ObjectRef } from '../../../ports/kubernetes.ts';
import type { EndpointSliceStore, OwnedEndpointSlice } from '../../../ports/stores.ts';
import type { ApiClient } from '../http/api-client.ts';
import { SERVICE_NAME_LABEL } from '../mapping/objects.ts';
import { ENDPOINT_SLICES } from '../resource-types.ts';
import { ObjectRequests } from './object-requests.ts';

const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';

export class ApiEndpointSliceStore implements EndpointSliceStore {
  readonly #requests: ObjectRequests;

  constructor(client: ApiClient) {
    this.#requests = new ObjectRequests(client, ENDPOINT_SLICES);
  }

  async put(slice: OwnedEndpointSlice, signal?: AbortSignal): Promise<void> {
    const labels = { [SERVICE_NAME_LABEL]: slice.serviceName, [MANAGED_BY_LABEL]: slice.managedBy };
    const content = contentOf(slice);
    // Without a resourceVersion the update is unconditional: the leader's word counts, whoever wrote before.
    const replace = () => this.#requests.replace({ ...slice.ref, labels }, content, signal);
    try {
      await replace();
    } catch (error) {
      if (!isApiError(error, 'not-found')) throw error;
      await this.#requests.create({ ref: slice.ref, labels }, content, signal).catch(async (reason: unknown) => {
        if (!isApiError(reason, 'already-exists')) throw reason;
        await replace();
      });
    }
  }

  async delete(ref: ObjectRef, signal?: AbortSignal): Promise<void> {
    await this.#requests.delete(ref, signal);
  }
}

function contentOf({ addressType, endpoints, ports }: OwnedEndpointSlice): object {
  return {
    addressType,
    endpoints: endpoints.map(({ addresses, ready, nodeName, pod }) => ({
      addresses,
      conditions: { ready },
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(pod === undefined ? {} : { targetRef: { kind: 'Pod', ...pod } }),
    })),
    ports: ports.map(({ name, protocol, port }) => ({ name: name ?? '', protocol, port })),
  };
}
