import type { Api } from '../../kubernetes/api.ts';

/** @see KubeletConfiguration nodeLeaseDurationSeconds, of which a kubelet lets a quarter pass between two renewals */
const LEASE_SECONDS = 40;
const RENEW_EVERY_MS = (LEASE_SECONDS / 4) * 1_000;

/** Renews the Lease of a node, as its kubelet would, until the node loses its power. `using` ends it. */
export class KubeletHeartbeats {
  readonly #timer: NodeJS.Timeout;

  private constructor(timer: NodeJS.Timeout) {
    this.#timer = timer;
  }

  static async start(api: Api, nodeName: string): Promise<KubeletHeartbeats> {
    const lease = (): object => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: nodeName, namespace: 'kube-node-lease' },
      spec: {
        holderIdentity: nodeName,
        leaseDurationSeconds: LEASE_SECONDS,
        renewTime: new Date().toISOString().replace('Z', '000Z'),
      },
    });
    const renew = (): Promise<unknown> =>
      api.apply(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${nodeName}`, lease());
    await renew();
    return new KubeletHeartbeats(setInterval(() => void renew().catch(() => undefined), RENEW_EVERY_MS));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
