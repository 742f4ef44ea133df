import type { Condition, LoadBalancerIngress, Service, ServicePort } from '../../../ports/kubernetes.ts';
import { mapMeta, type WireObject } from './wire.ts';

interface WireService extends WireObject {
  readonly spec?: {
    readonly type?: string;
    readonly loadBalancerClass?: string;
    readonly loadBalancerIP?: string;
    readonly loadBalancerSourceRanges?: readonly string[];
    readonly clusterIPs?: readonly string[];
    readonly ipFamilies?: readonly string[];
    readonly ipFamilyPolicy?: string;
    readonly externalTrafficPolicy?: string;
    readonly externalIPs?: readonly string[];
    readonly healthCheckNodePort?: number;
    readonly sessionAffinity?: string;
    readonly sessionAffinityConfig?: unknown;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly WirePort[];
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] };
    readonly conditions?: readonly Condition[];
  };
}

interface WirePort extends Omit<ServicePort, 'protocol'> {
  readonly protocol?: string;
}

/** @see Kubernetes API core/v1 Service */
export function mapService(object: WireObject): Service {
  const { metadata, spec = {}, status = {} } = object as WireService;
  return {
    meta: mapMeta(metadata),
    spec: {
      type: spec.type ?? 'ClusterIP',
      ...(spec.loadBalancerClass === undefined ? {} : { loadBalancerClass: spec.loadBalancerClass }),
      ...(spec.loadBalancerIP ? { loadBalancerIP: spec.loadBalancerIP } : {}),
      ...(spec.loadBalancerSourceRanges === undefined
        ? {}
        : { loadBalancerSourceRanges: spec.loadBalancerSourceRanges }),
      clusterIPs: spec.clusterIPs ?? [],
      ipFamilies: (spec.ipFamilies ?? []).filter((family) => family === 'IPv4' || family === 'IPv6'),
      ...(spec.ipFamilyPolicy === undefined ? {} : { ipFamilyPolicy: spec.ipFamilyPolicy }),
      ...(spec.externalTrafficPolicy === undefined ? {} : { externalTrafficPolicy: spec.externalTrafficPolicy }),
      ...(spec.externalIPs === undefined ? {} : { externalIPs: spec.externalIPs }),
      ...(spec.healthCheckNodePort ? { healthCheckNodePort: spec.healthCheckNodePort } : {}),
      ...(spec.sessionAffinity === undefined ? {} : { sessionAffinity: spec.sessionAffinity }),
      ...(spec.sessionAffinityConfig === undefined ? {} : { sessionAffinityConfig: spec.sessionAffinityConfig }),
      selector: spec.selector ?? {},
      ports: (spec.ports ?? []).map(mapPort),
    },
    status: { ingress: status.loadBalancer?.ingress ?? [], conditions: status.conditions ?? [] },
  };
}

function mapPort(port: WirePort): ServicePort {
  return {
    ...(port.name ? { name: port.name } : {}),
    protocol: port.protocol ?? 'TCP',
    port: port.port,
    ...(port.targetPort === undefined ? {} : { targetPort: port.targetPort }),
    ...(port.nodePort ? { nodePort: port.nodePort } : {}),
    ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
  };
}
