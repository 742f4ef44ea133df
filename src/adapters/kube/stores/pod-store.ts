import { timeText } from '../../../ports/kubernetes.ts';
import type { NodeLease, NodePod, PodStore } from '../../../ports/pods.ts';
import type { ApiClient } from '../http/api-client.ts';
import { mapMeta, type WireObject } from '../mapping/wire.ts';
import { PODS } from '../resource-types.ts';

interface WirePod extends WireObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export class ApiPodStore implements PodStore {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  async onNode(nodeName: string): Promise<readonly NodePod[]> {
    const query = { fieldSelector: `spec.nodeName=${nodeName}` };
    const list = (await this.#client.send({ verb: 'list', path: { type: PODS }, query })) as {
      readonly items?: readonly WirePod[];
    };
    return (list.items ?? []).map(({ metadata, status = {} }) => {
      const { namespace, name, uid } = mapMeta(metadata);
      const ready = (status.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'True');
      return { namespace, name, uid, ready };
    });
  }

  async markNotReady({ namespace, name, uid }: NodePod, why: Parameters<PodStore['markNotReady']>[1]): Promise<void> {
    const { reason, message, at } = why;
    const lastTransitionTime = timeText(at);
    const condition = { type: 'Ready', status: 'False', reason, message, lastTransitionTime };
    await this.#client.send({
      verb: 'patch',
      path: { type: PODS, namespace, name, subresource: 'status' },
      contentType: 'application/strategic-merge-patch+json',
      // With the uid a Pod that was made anew under the same name is left alone.
      body: { metadata: { uid }, status: { conditions: [condition] } },
    });
  }
}

/** @see Kubernetes API coordination.k8s.io/v1 Lease */
export function mapNodeLease(object: WireObject): NodeLease {
  const { metadata, spec } = object as WireObject & { readonly spec?: { readonly renewTime?: string } };
  return { nodeName: metadata?.name ?? '', renewTime: spec?.renewTime ?? '' };
}
