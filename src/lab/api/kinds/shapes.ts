import { event, newEvent } from './event-shapes.ts';
import { service } from './service-shape.ts';
import {
  anything,
  base64,
  boolean,
  everyItem,
  list,
  map,
  microTime,
  optionalBoolean,
  optionalInteger,
  optionalText,
  type Shape,
  struct,
  text,
  time,
} from './shape.ts';
import { condition, objectReference } from './shared-shapes.ts';

const nodeCondition = struct(
  {
    type: optionalText,
    status: optionalText,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
    reason: text,
    message: text,
  },
  { type: '', status: '', lastHeartbeatTime: null, lastTransitionTime: null },
);

const NODE_INFO_MEMBERS = [
  'machineID',
  'systemUUID',
  'bootID',
  'kernelVersion',
  'osImage',
  'containerRuntimeVersion',
  'kubeletVersion',
  'kubeProxyVersion',
  'operatingSystem',
  'architecture',
];
const EMPTY_NODE_INFO = Object.fromEntries(NODE_INFO_MEMBERS.map((member) => [member, '']));
const EMPTY_DAEMON_ENDPOINTS = { kubeletEndpoint: { Port: 0 } };

const node = struct(
  {
    spec: struct({
      podCIDR: text,
      podCIDRs: list(optionalText),
      providerID: text,
      unschedulable: boolean,
      taints: list(
        struct({ key: optionalText, value: text, effect: optionalText, timeAdded: time }, { key: '', effect: '' }),
      ),
    }),
    status: struct(
      {
        capacity: map(anything),
        allocatable: map(anything),
        phase: text,
        conditions: list(nodeCondition),
        addresses: list(struct({ type: optionalText, address: optionalText }, { type: '', address: '' })),
        daemonEndpoints: struct(
          { kubeletEndpoint: struct({ Port: optionalInteger }, { Port: 0 }) },
          EMPTY_DAEMON_ENDPOINTS,
        ),
        nodeInfo: struct(
          Object.fromEntries(NODE_INFO_MEMBERS.map((member) => [member, optionalText])),
          EMPTY_NODE_INFO,
        ),
        images: anything,
        volumesInUse: list(optionalText),
        volumesAttached: anything,
        runtimeHandlers: anything,
        features: anything,
      },
      { daemonEndpoints: EMPTY_DAEMON_ENDPOINTS, nodeInfo: EMPTY_NODE_INFO },
    ),
  },
  { spec: {}, status: { daemonEndpoints: EMPTY_DAEMON_ENDPOINTS, nodeInfo: EMPTY_NODE_INFO } },
);

const lease = struct(
  {
    spec: struct({
      holderIdentity: optionalText,
      leaseDurationSeconds: optionalInteger,
      acquireTime: microTime,
      renewTime: microTime,
      leaseTransitions: optionalInteger,
      strategy: optionalText,
      preferredHolder: optionalText,
    }),
  },
  { spec: {} },
);

const endpoint = struct(
  {
    addresses: everyItem(optionalText),
    conditions: struct({ ready: optionalBoolean, serving: optionalBoolean, terminating: optionalBoolean }),
    hostname: optionalText,
    targetRef: objectReference,
    deprecatedTopology: map(optionalText),
    nodeName: optionalText,
    zone: optionalText,
    hints: anything,
  },
  { addresses: null, conditions: {} },
);

const endpointSlice = struct(
  {
    addressType: optionalText,
    endpoints: list(endpoint),
    ports: list(
      struct(
        { name: optionalText, protocol: optionalText, port: optionalInteger, appProtocol: optionalText },
        { name: '', protocol: 'TCP' },
      ),
    ),
  },
  { addressType: '', endpoints: null, ports: null },
);

const reference = struct({ name: optionalText }, { name: '' });
const rule = struct(
  {
    verbs: everyItem(optionalText),
    apiGroups: list(optionalText),
    resources: list(optionalText),
    resourceNames: list(optionalText),
    nonResourceURLs: list(optionalText),
  },
  { verbs: null },
);
const binding = struct(
  {
    subjects: list(
      struct({ kind: optionalText, apiGroup: text, name: optionalText, namespace: text }, { kind: '', name: '' }),
    ),
    roleRef: struct(
      { apiGroup: optionalText, kind: optionalText, name: optionalText },
      { apiGroup: '', kind: '', name: '' },
    ),
  },
  { roleRef: {} },
);
const role = struct({ rules: list(rule), aggregationRule: anything }, { rules: null });

/** What each built-in kind holds beside apiVersion, kind and metadata. @see Kubernetes API reference 1.34 */
export const SHAPES: Readonly<Record<string, Shape>> = {
  Service: service,
  Node: node,
  Lease: lease,
  EndpointSlice: endpointSlice,
  Event: event,
  'events.k8s.io/v1 Event': newEvent,
  Pod: struct({ spec: anything, status: anything }, { spec: {}, status: {} }),
  Namespace: struct(
    {
      spec: struct({ finalizers: list(optionalText) }),
      status: struct({ phase: text, conditions: list(condition) }),
    },
    { spec: {}, status: {} },
  ),
  ConfigMap: struct({ immutable: optionalBoolean, data: map(optionalText), binaryData: map(base64) }),
  Secret: struct({ immutable: optionalBoolean, data: map(base64), stringData: map(optionalText), type: text }),
  ServiceAccount: struct({
    secrets: list(objectReference),
    imagePullSecrets: list(reference),
    automountServiceAccountToken: optionalBoolean,
  }),
  // Stored as they come: nothing here runs them, but our manifests bring them.
  Deployment: anything,
  DaemonSet: anything,
  PodDisruptionBudget: anything,
  PriorityClass: anything,
  Role: role,
  ClusterRole: role,
  RoleBinding: binding,
  ClusterRoleBinding: binding,
};
