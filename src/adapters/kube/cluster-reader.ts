import { CONFIG_RESOURCES } from '../../core/config/schema/resource-names.ts';
import { ApiError, isApiError } from '../../ports/api-error.ts';
import type { ClusterEvent, ClusterReader, ClusterSnapshot, Pod } from '../../ports/cluster-snapshot.ts';
import { METRICS_PORT } from '../../ports/defaults.ts';
import type { ConfigObject, ResourceType } from '../../ports/informer.ts';
import type { ObjectRef, Service } from '../../ports/kubernetes.ts';
import type { ApiClient } from './http/api-client.ts';
import { mapInvocation, type WireContainer } from './mapping/invocation.ts';
import { mapConfigMap, mapConfigObject, mapEndpointSlice, mapNamespace, mapNode } from './mapping/objects.ts';
import { mapService } from './mapping/service.ts';
import { mapMeta, type WireObject } from './mapping/wire.ts';
import { CONFIG_MAPS, ENDPOINT_SLICES, EVENTS, LEASES, NAMESPACES, NODES, PODS, SERVICES } from './resource-types.ts';
import { ApiWorkloadReader } from './stores/workload-store.ts';

const PAGE_SIZE = 500;
/** Events outlive what they tell of; more than these nobody reads. */
const MAX_EVENTS = 2000;
/** The API server itself would wait half a minute for a Pod whose node is dead. */
const POD_PATIENCE_MS = 5_000;
const COMPONENTS = 'app.kubernetes.io/name=heraldlb';
/** What the API serves of announcements, besides the configuration. */
const STATUS_RESOURCES: readonly ResourceType[] = [
  ['metallb.io', 'v1beta1', 'ServiceL2Status', 'servicel2statuses'],
  ['metallb.io', 'v1beta1', 'ServiceBGPStatus', 'servicebgpstatuses'],
  ['heraldlb.io', 'v1', 'ServiceL2Status', 'lbservicel2statuses'],
  ['heraldlb.io', 'v1', 'ServiceBGPStatus', 'lbservicebgpstatuses'],
].map(([group = '', version = '', kind = '', plural = '']) => ({ group, version, kind, plural, namespaced: true }));

export interface ApiClusterReaderOptions {
  /** Where HeraldLB runs. */
  readonly namespace: string;
  readonly lease: ObjectRef;
  /** Names of Deployments and DaemonSets to look for. */
  readonly loadBalancers: readonly string[];
}

interface Query {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Stops after about so many. */
  readonly atMost?: number;
}

/** Reads a cluster through its API, page by page. */
export class ApiClusterReader implements ClusterReader {
  readonly #options: ApiClusterReaderOptions;
  readonly #client: ApiClient;

  constructor(options: ApiClusterReaderOptions, client: ApiClient) {
    this.#options = options;
    this.#client = client;
  }

  async snapshot(): Promise<ClusterSnapshot> {
    const { namespace } = this.#options;
    const unreadable: string[] = [];
    const [services, nodes, namespaces, endpointSlices, objects, pods, workloads, leader, events] = await Promise.all([
      this.services(),
      this.#list(NODES, mapNode),
      this.#list(NAMESPACES, mapNamespace),
      this.#list(ENDPOINT_SLICES, mapEndpointSlice),
      Promise.all(
        [...CONFIG_RESOURCES, ...STATUS_RESOURCES].map((type) =>
          readable(unreadable, this.#list(type, mapConfigObject(`${type.group}/${type.version}`, type.kind)), []),
        ),
      ),
      readable(unreadable, this.pods(), []),
      readable(unreadable, new ApiWorkloadReader(this.#client).named(this.#options.loadBalancers), []),
      readable(unreadable, this.#leader(), undefined),
      readable(
        unreadable,
        this.#list(EVENTS, mapEvent, { fieldSelector: 'involvedObject.kind=Service', atMost: MAX_EVENTS }),
        [],
      ),
    ]);
    return {
      namespace,
      services,
      nodes,
      namespaces,
      endpointSlices: endpointSlices.filter((slice) => slice !== undefined),
      objects: objects.flat(),
      pods,
      workloads,
      ...(leader === undefined ? {} : { leader }),
      events: events.toSorted((a, b) => b.at.localeCompare(a.at)),
      unreadable,
    };
  }

  services(): Promise<readonly Service[]> {
    return this.#list(SERVICES, mapService);
  }

  /** Those of HeraldLB. */
  pods(): Promise<readonly Pod[]> {
    return this.#list(PODS, mapPod, { namespace: this.#options.namespace, labelSelector: COMPONENTS });
  }

  async objects(type: ResourceType): Promise<readonly ConfigObject[]> {
    return ifServed(this.#list(type, mapConfigObject(`${type.group}/${type.version}`, type.kind)), []);
  }

  async configMap(ref: ObjectRef): Promise<Readonly<Record<string, string>> | undefined> {
    const object = await ifServed(this.#client.send({ verb: 'get', path: { type: CONFIG_MAPS, ...ref } }), undefined);
    return object === undefined ? undefined : mapConfigMap(object as WireObject).data;
  }

  async fromPod({ meta, metricsPort = METRICS_PORT }: Pod, path: string): Promise<unknown> {
    const name = `${meta.name}:${metricsPort}`;
    const subresource = `proxy${path}`;
    const signal = AbortSignal.timeout(POD_PATIENCE_MS);
    try {
      return await this.#client.send({
        verb: 'get',
        path: { type: PODS, namespace: meta.namespace, name, subresource },
        signal,
      });
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new ApiError('unavailable', `Pod ${meta.name} did not answer within ${POD_PATIENCE_MS / 1000} s`);
    }
  }

  async #leader(): Promise<string | undefined> {
    const object = await this.#client.send({ verb: 'get', path: { type: LEASES, ...this.#options.lease } });
    return (object as { readonly spec?: { readonly holderIdentity?: string } }).spec?.holderIdentity;
  }

  async #list<T>(type: ResourceType, map: (object: WireObject) => T, query: Query = {}): Promise<T[]> {
    const { namespace, atMost = Number.POSITIVE_INFINITY, ...selectors } = query;
    const found: T[] = [];
    let more: string | undefined = '';
    while (more !== undefined && found.length < atMost) {
      const page = (await this.#client.send({
        verb: 'list',
        path: { type, ...(namespace === undefined ? {} : { namespace }) },
        query: { limit: String(PAGE_SIZE), ...selectors, ...(more === '' ? {} : { continue: more }) },
      })) as { readonly metadata?: { readonly continue?: string }; readonly items?: readonly WireObject[] };
      found.push(...(page.items ?? []).map(map));
      more = page.metadata?.continue || undefined;
    }
    return found;
  }
}

/** `otherwise` for what is not there, and for what we may not read, which is noted. */
async function readable<T>(unreadable: string[], reading: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await ifServed(reading, otherwise);
  } catch (error) {
    if (!isApiError(error, 'forbidden')) throw error;
    unreadable.push(error.message);
    return otherwise;
  }
}

async function ifServed<T>(reading: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (isApiError(error, 'not-found')) return otherwise;
    throw error;
  }
}

interface WirePod extends WireObject {
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly (WireContainer & {
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
    })[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly containerStatuses?: readonly {
      readonly restartCount?: number;
      readonly state?: { readonly waiting?: { readonly reason?: string } };
    }[];
  };
}

function mapPod(object: WireObject): Pod {
  const { metadata, spec = {}, status = {} } = object as WirePod;
  const containers = status.containerStatuses ?? [];
  const waiting = containers.map(({ state }) => state?.waiting?.reason).find((reason) => reason !== undefined);
  const metrics = (spec.containers ?? []).flatMap(({ ports = [] }) => ports).find(({ name }) => name === 'metrics');
  const trouble = waiting ?? (status.phase === 'Running' ? undefined : status.phase);
  return {
    meta: mapMeta(metadata),
    nodeName: spec.nodeName ?? '',
    ready: (status.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True'),
    restarts: containers.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0),
    ...(metrics === undefined ? {} : { metricsPort: metrics.containerPort }),
    invocation: mapInvocation(spec.containers ?? []),
    ...(trouble === undefined ? {} : { trouble }),
  };
}

interface WireEvent extends WireObject {
  readonly involvedObject?: { readonly kind?: string; readonly namespace?: string; readonly name?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly firstTimestamp?: string | null;
}

function mapEvent(object: WireObject): ClusterEvent {
  const event = object as WireEvent;
  const { kind = '', namespace = '', name = '' } = event.involvedObject ?? {};
  return {
    regarding: { kind, namespace, name },
    type: event.type === 'Warning' ? 'Warning' : 'Normal',
    reason: event.reason ?? '',
    message: event.message ?? '',
    at: event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ?? event.metadata?.creationTimestamp ?? '',
    count: event.count ?? 1,
  };
}
