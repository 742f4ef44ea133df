import type { ObjectRef } from './kubernetes.ts';

/** A Pod that runs on a node. */
export interface NodePod extends ObjectRef {
  readonly uid: string;
  /** Its condition Ready is True. */
  readonly ready: boolean;
}

/** The Pods of a node, and the one thing that is written of them. */
export interface PodStore {
  /** @throws ApiError */
  onNode(nodeName: string): Promise<readonly NodePod[]>;
  /**
   * Sets the condition Ready to False, as the node lifecycle controller does for a node that is unreachable. The kubelet puts it
   * right when it is back. @throws ApiError
   */
  markNotReady(
    pod: NodePod,
    why: { readonly reason: string; readonly message: string; readonly at: Date },
  ): Promise<void>;
}

/** The namespace of the kubelets' Leases. @see Kubernetes "Node heartbeats" */
export const NODE_LEASE_NAMESPACE = 'kube-node-lease';

/** The Lease that a kubelet renews every ten seconds. @see Kubernetes "Node heartbeats" */
export interface NodeLease {
  readonly nodeName: string;
  /** As the kubelet wrote it: only whether it changed is looked at, since its clock is not ours. */
  readonly renewTime: string;
}
