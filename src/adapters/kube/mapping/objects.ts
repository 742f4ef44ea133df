import type { ConfigObject } from '../../../ports/informer.ts';
import type { EndpointSlice, Namespace, Node, ObjectMeta, ServiceCidr } from '../../../ports/kubernetes.ts';
import type { ConfigMap } from '../../../ports/stores.ts';
import { mapMeta, type WireMeta, type WireObject } from './wire.ts';

interface WireNode extends WireObject {
  readonly spec?: {
    readonly providerID?: string;
    readonly podCIDRs?: readonly string[];
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  };
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

/** @see Kubernetes API core/v1 Node */
export function mapNode(object: WireObject): Node {
  const { metadata, spec = {}, status = {} } = object as WireNode;
  return {
    meta: clusterMeta(metadata),
    ...(spec.providerID ? { providerID: spec.providerID } : {}),
    ...(spec.podCIDRs?.length ? { podCIDRs: spec.podCIDRs } : {}),
    unschedulable: spec.unschedulable ?? false,
    taints: (spec.taints ?? []).map(({ key, value, effect }) => ({
      key,
      ...(value === undefined ? {} : { value }),
      effect,
    })),
    addresses: (status.addresses ?? []).map(({ type, address }) => ({ type, address })),
    // Without the heartbeat times: with them every Node would differ every few minutes.
    conditions: (status.conditions ?? []).map(({ type, status: value, message }) => ({
      type,
      status: value,
      ...(type === 'Ready' && value === 'False' && message !== undefined ? { message } : {}),
    })),
  };
}

/** @see Kubernetes API core/v1 Namespace */
export function mapNamespace(object: WireObject): Namespace {
  return { meta: clusterMeta(object.metadata) };
}

/** @see Kubernetes API networking.k8s.io/v1 ServiceCIDR */
export function mapServiceCidr(object: WireObject): ServiceCidr {
  const { metadata, spec } = object as WireObject & { readonly spec?: { readonly cidrs?: readonly string[] } };
  return { meta: clusterMeta(metadata), cidrs: spec?.cidrs ?? [] };
}

/** @see Kubernetes API core/v1 ConfigMap */
export function mapConfigMap(object: WireObject): ConfigMap {
  const { metadata, data } = object as WireObject & { readonly data?: Readonly<Record<string, string>> };
  return { meta: mapMeta(metadata), data: data ?? {} };
}

interface WireEndpointSlice extends WireObject {
  readonly endpoints?: readonly {
    readonly nodeName?: string;
    readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  }[];
}

/** The label of an EndpointSlice that names its Service. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** A slice without a Service is left out. @see Kubernetes API discovery.k8s.io/v1 EndpointSlice */
export function mapEndpointSlice(object: WireObject): EndpointSlice | undefined {
  const { metadata, endpoints } = object as WireEndpointSlice;
  const serviceName = metadata?.labels?.[SERVICE_NAME_LABEL];
  if (!serviceName) return undefined;
  return {
    // Other labels and annotations are the endpoint controllers' own.
    meta: mapMeta({ ...metadata, labels: {}, annotations: {} }),
    serviceName,
    endpoints: (endpoints ?? []).map(({ nodeName, conditions = {} }) => ({
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(conditions.ready === undefined ? {} : { ready: conditions.ready }),
      ...(conditions.serving === undefined ? {} : { serving: conditions.serving }),
      ...(conditions.terminating === undefined ? {} : { terminating: conditions.terminating }),
    })),
  };
}

/** An object of one of our kinds. */
export function mapConfigObject(apiVersion: string, kind: string): (object: WireObject) => ConfigObject {
  return (object) => {
    const { metadata, spec, status } = object as WireObject & { readonly spec?: unknown; readonly status?: unknown };
    return { apiVersion, kind, meta: mapMeta(metadata), spec: spec ?? {}, status: status ?? {} };
  };
}

function clusterMeta(meta: WireMeta | undefined): Omit<ObjectMeta, 'namespace'> {
  const { namespace: _none, ...rest } = mapMeta(meta);
  return rest;
}
