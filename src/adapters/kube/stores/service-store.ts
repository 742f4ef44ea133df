import { ApiError, isApiError } from '../../../ports/api-error.ts';
import type { LoadBalancerIngress, Service } from '../../../ports/kubernetes.ts';
import type { ServiceChange, ServiceStore } from '../../../ports/stores.ts';
import type { ApiClient, ApiRequest } from '../http/api-client.ts';
import { mapService } from '../mapping/service.ts';
import type { WireObject } from '../mapping/wire.ts';
import { SERVICES } from '../resource-types.ts';

/** The kind of patch that merges lists of finalizers and of conditions by their keys. */
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';

/** How kube-apiserver says that the object is another one than the patch is for. */
const OTHER_UID = /metadata\.uid|UID in precondition/;

/** Services as the controller writes them. */
export class ApiServiceStore implements ServiceStore {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  async patchStatus(service: Service, change: ServiceChange, signal?: AbortSignal): Promise<Service> {
    const { namespace, name } = service.meta;
    const request: ApiRequest = {
      verb: 'patch',
      path: { type: SERVICES, namespace, name, subresource: 'status' },
      body: serviceStatusPatch(service, change),
      contentType: STRATEGIC_MERGE_PATCH,
      ...(signal === undefined ? {} : { signal }),
    };
    try {
      return mapService((await this.#client.send(request)) as WireObject);
    } catch (error) {
      if (!isApiError(error, 'invalid', 'conflict') || !OTHER_UID.test(error.message)) throw error;
      throw new ApiError('not-found', `${error.message}: another Service has the name by now`);
    }
  }
}

/**
 * The strategic-merge patch of a change. It names no resourceVersion, as upstream's: nobody else's edit makes it fail. It
 * names the uid, which no patch can change: for another object of the same name the API server refuses it.
 * @see k8s.io/cloud-provider/service/helpers PatchService
 */
export function serviceStatusPatch(service: Service, change: ServiceChange): Readonly<Record<string, unknown>> {
  const { annotations, ingress, conditions = [], removeConditions = [] } = change;
  const conditionPatches = [...conditions, ...removeConditions.map((type) => ({ $patch: 'delete', type }))];
  const status = {
    ...(ingress === undefined ? {} : { loadBalancer: { ingress: ingress.length === 0 ? null : ingress.map(toWire) } }),
    ...(conditionPatches.length === 0 ? {} : { conditions: conditionPatches }),
  };
  return {
    metadata: {
      uid: service.meta.uid,
      ...finalizersPatch(service, change),
      ...(annotations === undefined ? {} : { annotations: annotationsPatch(annotations) }),
    },
    ...(Object.keys(status).length === 0 ? {} : { status }),
  };
}

function finalizersPatch({ meta }: Service, { addFinalizer, removeFinalizers = [] }: ServiceChange): object {
  const remove = removeFinalizers.filter((finalizer) => finalizer !== addFinalizer);
  const kept = meta.finalizers.filter((finalizer) => !remove.includes(finalizer));
  const after = addFinalizer === undefined || kept.includes(addFinalizer) ? kept : [...kept, addFinalizer];
  if (addFinalizer === undefined && remove.length === 0) return {};
  return {
    ...(addFinalizer === undefined ? {} : { finalizers: [addFinalizer] }),
    ...(remove.length === 0 ? {} : { '$deleteFromPrimitiveList/finalizers': remove }),
    '$setElementOrder/finalizers': after,
  };
}

function annotationsPatch(annotations: Readonly<Record<string, string | undefined>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(annotations).map(([key, value]) => [key, value ?? null]));
}

function toWire({ ip, hostname, ipMode, ports }: LoadBalancerIngress): LoadBalancerIngress {
  return {
    ...(ip === undefined ? {} : { ip }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(ipMode === undefined ? {} : { ipMode }),
    ...(ports === undefined ? {} : { ports }),
  };
}
