import {
  boolean,
  integer,
  integerOrText,
  list,
  map,
  optionalBoolean,
  optionalInteger,
  optionalText,
  struct,
  text,
} from './shape.ts';
import { condition } from './shared-shapes.ts';

const servicePort = struct(
  {
    name: text,
    protocol: text,
    appProtocol: optionalText,
    port: optionalInteger,
    targetPort: integerOrText,
    nodePort: integer,
  },
  { port: 0 },
);

const serviceSpec = struct({
  ports: list(servicePort),
  selector: map(optionalText),
  clusterIP: text,
  clusterIPs: list(optionalText),
  type: text,
  externalIPs: list(optionalText),
  sessionAffinity: text,
  loadBalancerIP: text,
  loadBalancerSourceRanges: list(optionalText),
  externalName: text,
  externalTrafficPolicy: text,
  healthCheckNodePort: integer,
  publishNotReadyAddresses: boolean,
  sessionAffinityConfig: struct({ clientIP: struct({ timeoutSeconds: optionalInteger }) }),
  ipFamilies: list(optionalText),
  ipFamilyPolicy: optionalText,
  allocateLoadBalancerNodePorts: optionalBoolean,
  loadBalancerClass: optionalText,
  internalTrafficPolicy: optionalText,
  trafficDistribution: optionalText,
});

const loadBalancerIngress = struct({
  ip: text,
  hostname: text,
  ipMode: optionalText,
  ports: list(
    struct({ port: optionalInteger, protocol: optionalText, error: optionalText }, { port: 0, protocol: '' }),
  ),
});

const serviceStatus = struct(
  {
    loadBalancer: struct({ ingress: list(loadBalancerIngress) }),
    conditions: list(condition),
  },
  { loadBalancer: {} },
);

/** @see Kubernetes API core/v1 Service */
export const service = struct({ spec: serviceSpec, status: serviceStatus }, { spec: {}, status: { loadBalancer: {} } });
