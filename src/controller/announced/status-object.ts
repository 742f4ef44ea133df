import type { Node } from '../../ports/kubernetes.ts';
import type { StatusObject } from '../../ports/stores.ts';

/** What is to be said of a Service on one node. */
export interface NodeStatus {
  readonly node: string;
  /** Beside the node and the Service. */
  readonly details: Readonly<Record<string, unknown>>;
}

// Labels of MetalLB, by which its tools and people find them.
const NODE_LABEL = 'metallb.io/node';
export const SERVICE_NAME_LABEL = 'metallb.io/service-name';
export const SERVICE_NAMESPACE_LABEL = 'metallb.io/service-namespace';
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
export const MANAGER = 'heraldlb';

/** A label of Kubernetes holds no more. */
const MAX_LABEL_LENGTH = 63;

/** As much of a name as a label holds: it may end only in a letter or a digit. */
export function labelValue(name: string): string {
  return name.slice(0, MAX_LABEL_LENGTH).replace(/[^a-z0-9]+$/i, '');
}

/** The object for a Service on a node. It goes with the Node: whoever deletes that wants nothing more of it. */
export function statusObject(
  serviceKey: string,
  { node: nodeName, details }: NodeStatus,
  options: { readonly namespace: string; readonly prefix: string; readonly node: Node | undefined },
): StatusObject {
  const [serviceNamespace = '', serviceName = ''] = serviceKey.split('/');
  const { namespace, prefix, node } = options;
  const owner = node && { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.meta.uid };
  return {
    ref: { namespace, name: `${prefix}-${hashOf(`${serviceKey}/${nodeName}`)}` },
    labels: {
      [NODE_LABEL]: labelValue(nodeName),
      [SERVICE_NAME_LABEL]: serviceName,
      [SERVICE_NAMESPACE_LABEL]: serviceNamespace,
      [MANAGED_BY_LABEL]: MANAGER,
    },
    ...(owner === undefined ? {} : { owner }),
    status: { node: nodeName, serviceName, serviceNamespace, ...details },
  };
}

const FNV_PRIME = 0x100000001b3n;
const FNV_OFFSET = 0xcbf29ce484222325n;

/** FNV-1a of 64 bits, so that the same Service on the same node has the same name for every leader. */
function hashOf(text: string): string {
  let hash = FNV_OFFSET;
  for (const octet of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(octet)) * FNV_PRIME);
  return hash.toString(36);
}
