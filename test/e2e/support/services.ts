import type { Api, ApiObject } from '../../kubernetes/api.ts';
import { PAGE_PORT } from '../../kubernetes/process-cluster.ts';
import { POOL } from '../../kubernetes/topology.ts';

/** The pool of the tests, in the words of a MetalLB guide. */
export const POOL_OBJECTS: readonly ApiObject[] = [
  {
    apiVersion: 'metallb.io/v1beta1',
    kind: 'IPAddressPool',
    metadata: { name: 'lan', namespace: 'metallb-system' },
    spec: { addresses: [POOL] },
  },
  {
    apiVersion: 'metallb.io/v1beta1',
    kind: 'L2Advertisement',
    metadata: { name: 'lan', namespace: 'metallb-system' },
    spec: { ipAddressPools: ['lan'] },
  },
];

export const CLEANUP_FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
const REQUEST = 'metallb.io/loadBalancerIPs';

export interface ServiceWish {
  /** Of the Pods behind it. */
  readonly app: string;
  readonly requested?: string;
  readonly externalTrafficPolicy?: 'Cluster' | 'Local';
}

/** LoadBalancer Services of namespace default, as a user handles them. */
export class Services {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  create(name: string, wish: ServiceWish): Promise<ApiObject> {
    return this.#api.create('/api/v1/namespaces/default/services', {
      metadata: { name, annotations: wish.requested === undefined ? {} : { [REQUEST]: wish.requested } },
      spec: {
        type: 'LoadBalancer',
        selector: { app: wish.app },
        externalTrafficPolicy: wish.externalTrafficPolicy ?? 'Cluster',
        ports: [{ port: 80, targetPort: PAGE_PORT }],
      },
    });
  }

  request(name: string, address: string): Promise<ApiObject> {
    return this.#api.patch(pathOf(name), { metadata: { annotations: { [REQUEST]: address } } });
  }

  patch(name: string, change: ApiObject): Promise<ApiObject> {
    return this.#api.patch(pathOf(name), change);
  }

  patchStatus(name: string, status: ApiObject): Promise<ApiObject> {
    return this.#api.patch(`${pathOf(name)}/status`, { status });
  }

  /** Marks it for deletion; it goes when its finalizers are gone. */
  delete(name: string): Promise<ApiObject> {
    return this.#api.delete(pathOf(name));
  }

  /** Waits until the status shows exactly one address. @param notThis the address that it had before */
  async address(name: string, notThis?: string): Promise<string> {
    const service = await this.#api.until(pathOf(name), (found) => {
      const addresses = addressesOf(found);
      return addresses.length === 1 && addresses[0] !== notThis;
    });
    return addressesOf(service)[0] ?? '';
  }

  /** Waits until a condition of it is True. */
  async condition(name: string, type: string): Promise<void> {
    const isTrue = (found: ApiObject | undefined): boolean =>
      ((found?.status?.conditions ?? []) as { type: string; status: string }[]).some(
        (condition) => condition.type === type && condition.status === 'True',
      );
    await this.#api.until(pathOf(name), isTrue);
  }

  /** Waits until the Service has no address and no finalizer any more. */
  async released(name: string): Promise<void> {
    await this.#api.until(
      pathOf(name),
      (found) => found !== undefined && addressesOf(found).length === 0 && found.metadata.finalizers === undefined,
    );
  }

  /** Waits until there is no such Service any more. */
  async gone(name: string): Promise<void> {
    await this.#api.until(pathOf(name), (found) => found === undefined);
  }

  get(name: string): Promise<ApiObject> {
    return this.#api.get(pathOf(name));
  }
}

function addressesOf(service: ApiObject | undefined): readonly string[] {
  const ingress = (service?.status?.loadBalancer?.ingress ?? []) as { ip?: string }[];
  return ingress.map(({ ip = '' }) => ip);
}

function pathOf(name: string): string {
  return `/api/v1/namespaces/default/services/${name}`;
}
