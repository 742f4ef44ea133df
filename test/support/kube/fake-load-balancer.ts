import type { ExistingClaims } from '../../../src/controller/cloud-provider/claims.ts';
import type { LoadBalancer, LoadBalancerStatus } from '../../../src/controller/cloud-provider/load-balancer.ts';
import { UnsatisfiableError } from '../../../src/controller/cloud-provider/load-balancer.ts';
import type { Node, Service } from '../../../src/ports/kubernetes.ts';

/** A provider with a short list of addresses, that keeps a record of what it was asked. */
export class FakeLoadBalancer implements LoadBalancer, ExistingClaims {
  readonly calls: string[] = [];
  readonly assigned = new Map<string, string>();
  /** What `updateLoadBalancer` says. */
  updates: 'updated' | 'nothing-to-update' = 'updated';
  readonly hosts = new Map<string, readonly string[]>();
  readonly free: string[];
  /** Thrown by the next calls of a verb, first by the first. */
  readonly failures: { readonly verb: string; readonly error: Error }[] = [];
  /** Called whenever an address is freed, with who was refused one, in that order. */
  onFreed: (waiting: readonly string[]) => void = () => undefined;
  readonly #waiting = new Set<string>();

  constructor(addresses: readonly string[] = ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
    this.free = [...addresses];
  }

  claimExisting(services: readonly Service[]): void {
    this.calls.push(`claim ${services.map((each) => each.meta.name).join(' ')}`);
    for (const each of services) {
      const address = each.status.ingress[0]?.ip;
      const index = this.free.indexOf(address ?? '');
      if (address !== undefined && index >= 0) this.assigned.set(each.meta.name, this.free.splice(index, 1)[0] ?? '');
    }
  }

  async getLoadBalancer(_clusterName: string, { meta }: Service) {
    this.#call('get', meta.name);
    return { status: this.#status(meta.name), exists: this.assigned.has(meta.name) };
  }

  getLoadBalancerName(_clusterName: string, { meta }: Service): string {
    return `a${meta.uid}`;
  }

  async ensureLoadBalancer(
    _clusterName: string,
    { meta }: Service,
    nodes: readonly Node[],
  ): Promise<LoadBalancerStatus> {
    this.#call('ensure', meta.name);
    const address = this.assigned.get(meta.name) ?? this.free.shift();
    const key = `${meta.namespace}/${meta.name}`;
    if (address === undefined) {
      this.#waiting.add(key);
      throw new UnsatisfiableError('AllocationFailed', 'no address is free', { ingress: [] });
    }
    this.#waiting.delete(key);
    this.assigned.set(meta.name, address);
    this.hosts.set(
      meta.name,
      nodes.map((node) => node.meta.name),
    );
    return this.#status(meta.name);
  }

  async updateLoadBalancer(
    _clusterName: string,
    { meta }: Service,
    nodes: readonly Node[],
  ): Promise<'updated' | 'nothing-to-update'> {
    this.#call('update', meta.name);
    this.hosts.set(
      meta.name,
      nodes.map((node) => node.meta.name),
    );
    return this.updates;
  }

  async ensureLoadBalancerDeleted(_clusterName: string, { meta }: Service): Promise<void> {
    this.#call('delete', meta.name);
    const address = this.assigned.get(meta.name);
    this.assigned.delete(meta.name);
    if (address === undefined) return;
    this.free.push(address);
    this.onFreed([...this.#waiting]);
  }

  #status(name: string): LoadBalancerStatus {
    const ip = this.assigned.get(name);
    return ip === undefined
      ? { ingress: [], annotations: { 'example.com/pool': undefined } }
      : { ingress: [{ ip }], annotations: { 'example.com/pool': 'fake' }, summary: `${ip} of pool "fake"` };
  }

  #call(verb: string, name: string): void {
    this.calls.push(`${verb} ${name}`);
    const index = this.failures.findIndex((failure) => failure.verb === verb);
    const [failure] = index < 0 ? [] : this.failures.splice(index, 1);
    if (failure !== undefined) throw failure.error;
  }
}
