import { messageOf } from '../../ports/error-message.ts';
import type { ConfigObject, ResourceType } from '../../ports/informer.ts';
import type { EndpointSlice, Namespace, Node, ObjectRef, Service, ServiceCidr } from '../../ports/kubernetes.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { NodeLease } from '../../ports/pods.ts';
import type { ConfigMap, Secret } from '../../ports/stores.ts';
import type { Clock, Random, Timers } from '../../ports/time.ts';
import type { ClusterAccess } from './access/cluster-access.ts';
import { EventRecorder } from './events/event-recorder.ts';
import { ApiClient } from './http/api-client.ts';
import { AbsentKinds } from './informer/absent-kinds.ts';
import { ResourceInformer, type ResourceInformerOptions } from './informer/resource-informer.ts';
import {
  mapConfigMap,
  mapConfigObject,
  mapEndpointSlice,
  mapNamespace,
  mapNode,
  mapServiceCidr,
} from './mapping/objects.ts';
import { mapSecret } from './mapping/secret.ts';
import { mapService } from './mapping/service.ts';
import {
  CONFIG_MAPS,
  ENDPOINT_SLICES,
  LEASES,
  NAMESPACES,
  NODES,
  SECRETS,
  SERVICE_CIDRS,
  SERVICES,
} from './resource-types.ts';
import { ApiConfigObjectStore } from './stores/config-object-store.ts';
import { ApiConfigMapStore, ApiSecretStore } from './stores/data-stores.ts';
import { ApiEndpointSliceStore } from './stores/endpoint-slice-store.ts';
import { ApiLeaseStore } from './stores/lease-store.ts';
import { ApiPodStore, mapNodeLease } from './stores/pod-store.ts';
import { ApiAccessReviewer, ApiTokenReviewer } from './stores/reviews.ts';
import { ApiServiceStore } from './stores/service-store.ts';
import { ApiStatusObjectStore } from './stores/status-object-store.ts';
import { ApiWorkloadReader } from './stores/workload-store.ts';

export interface KubernetesApiOptions {
  readonly access: ClusterAccess;
  /** Requests a second, and at once after a quiet time. 0 = no limit. */
  readonly qps: number;
  readonly burst: number;
  readonly userAgent: string;
  /** `source.component` of the events. */
  readonly eventComponent: string;
  /** Which replica this is, in its events. */
  readonly instance: string;
  /** A watch that is silent for longer is opened again. Default 90 s. */
  readonly watchIdleMs?: number;
}

export interface KubernetesApiDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** One connection to one API server, behind our ports. */
export class KubernetesApi {
  readonly services: ApiServiceStore;
  readonly leases: ApiLeaseStore;
  readonly secrets: ApiSecretStore;
  readonly configMaps: ApiConfigMapStore;
  readonly endpointSlices: ApiEndpointSliceStore;
  readonly statusObjects: ApiStatusObjectStore;
  readonly tokenReviewer: ApiTokenReviewer;
  readonly accessReviewer: ApiAccessReviewer;
  readonly pods: ApiPodStore;
  readonly workloads: ApiWorkloadReader;
  readonly events: EventRecorder;
  readonly #options: KubernetesApiOptions;
  readonly #dependencies: KubernetesApiDependencies;
  readonly #client: ApiClient;
  readonly #absentKinds: AbsentKinds;
  /** What runs from `run` on. BOUNDED: by the kinds that the program reads. */
  readonly #informers: ResourceInformer<unknown>[] = [];

  constructor(options: KubernetesApiOptions, dependencies: KubernetesApiDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    const client = new ApiClient(options, dependencies);
    this.#client = client;
    this.#absentKinds = new AbsentKinds({ client, ...dependencies });
    this.services = new ApiServiceStore(client);
    this.leases = new ApiLeaseStore(client);
    this.secrets = new ApiSecretStore(client);
    this.configMaps = new ApiConfigMapStore(client);
    this.endpointSlices = new ApiEndpointSliceStore(client);
    this.statusObjects = new ApiStatusObjectStore(client);
    this.tokenReviewer = new ApiTokenReviewer(client);
    this.accessReviewer = new ApiAccessReviewer(client);
    this.pods = new ApiPodStore(client);
    this.workloads = new ApiWorkloadReader(client);
    this.events = new EventRecorder(
      { component: options.eventComponent, instance: options.instance },
      { client, ...dependencies },
    );
  }

  serviceInformer(): ResourceInformer<Service> {
    return this.#informer({ type: SERVICES, map: mapService });
  }

  nodeInformer(): ResourceInformer<Node> {
    return this.#informer({ type: NODES, map: mapNode });
  }

  /** What the kubelets renew. */
  nodeLeaseInformer(): ResourceInformer<NodeLease> {
    return this.#informer({ type: LEASES, map: mapNodeLease, namespace: 'kube-node-lease' });
  }

  namespaceInformer(): ResourceInformer<Namespace> {
    return this.#informer({ type: NAMESPACES, map: mapNamespace });
  }

  /** Where the API server does not serve the kind, or our role is of an older version, the cache is empty, and counts as synced. */
  serviceCidrInformer(): ResourceInformer<ServiceCidr> {
    return this.#informer({ type: SERVICE_CIDRS, map: mapServiceCidr, dispensable: true });
  }

  /** One ConfigMap: a permission for its name is enough. */
  configMapInformer({ namespace, name }: ObjectRef): ResourceInformer<ConfigMap> {
    return this.#informer({
      type: CONFIG_MAPS,
      map: mapConfigMap,
      namespace,
      fieldSelector: `metadata.name=${name}`,
    });
  }

  /** One Secret, from now on and until `signal` aborts. */
  watchSecret({ namespace, name }: ObjectRef, signal: AbortSignal): ResourceInformer<Secret> {
    const informer = this.#resourceInformer({
      type: SECRETS,
      map: mapSecret,
      namespace,
      fieldSelector: `metadata.name=${name}`,
    });
    informer.run(signal).catch((error: unknown) => {
      this.#dependencies.log.error('secret-watch-ended', {
        error: messageOf(error),
      });
    });
    return informer;
  }

  /** The slices that belong to a Service. */
  endpointSliceInformer(): ResourceInformer<EndpointSlice> {
    return this.#informer({ type: ENDPOINT_SLICES, map: mapEndpointSlice });
  }

  /** A kind of ours. While its CustomResourceDefinition is not installed the cache is empty, and counts as synced. */
  configInformer(type: ResourceType, namespace?: string): ResourceInformer<ConfigObject> {
    return this.#informer({
      type,
      map: mapConfigObject(`${type.group}/${type.version}`, type.kind),
      ...(namespace === undefined ? {} : { namespace }),
    });
  }

  configObjects(types: readonly ResourceType[]): ApiConfigObjectStore {
    return new ApiConfigObjectStore({ types }, { client: this.#client });
  }

  /** Keeps every informer that was made before current, and writes events, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.events.run(signal), ...this.#informers.map((informer) => informer.run(signal))]);
    this.#client.close();
  }

  #informer<T>(options: ResourceInformerOptions<T>): ResourceInformer<T> {
    const informer = this.#resourceInformer(options);
    this.#informers.push(informer as ResourceInformer<unknown>);
    return informer;
  }

  #resourceInformer<T>(options: ResourceInformerOptions<T>): ResourceInformer<T> {
    const idleMs = this.#options.watchIdleMs;
    return new ResourceInformer<T>(
      { ...options, ...(idleMs === undefined ? {} : { idleMs }) },
      { client: this.#client, absentKinds: this.#absentKinds, ...this.#dependencies },
    );
  }
}
