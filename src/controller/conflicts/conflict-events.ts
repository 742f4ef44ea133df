import type { Pool } from '../../core/config/config.ts';
import { sameOrigin } from '../../core/config/origin.ts';
import { formatIp, formatMac, type IpAddress } from '../../core/net/index.ts';
import type { ForeignStation } from '../../ports/channel.ts';
import type { Informer } from '../../ports/informer.ts';
import type { EventSink, KubernetesEvent, Node, Service } from '../../ports/kubernetes.ts';
import { abridged } from '../announcer/abridged.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { KnownAddresses } from '../provider/provider.ts';
import { type Conflict, describeConflict } from './conflict.ts';
import { describeStation } from './station.ts';

/** In one sentence about a pool. */
const LISTED_MAX = 8;
const TOLD_MAX = 4096;

export interface ConflictEventsDependencies {
  readonly provider: { readonly addresses: Pick<KnownAddresses, 'holdersOf'> };
  readonly configuration: Pick<Configuration, 'assessed'>;
  readonly services: Pick<Informer<Service>, 'get'>;
  readonly nodes: Pick<Informer<Node>, 'get'>;
  readonly events: EventSink;
}

/** Tells on Services, pools and nodes what foreign hosts do: once for each conflict, not for each sign of it. */
export class ConflictEvents {
  readonly #dependencies: ConflictEventsDependencies;
  /** What was told last, by the object and the address. BOUNDED: by TOLD_MAX, the oldest goes first. */
  readonly #told = new Map<string, string>();
  /** Addresses of a pool that a survey found in use, until the survey is complete. BOUNDED: by a survey. */
  readonly #inPools = new Map<Pool, Set<IpAddress>>();

  constructor(dependencies: ConflictEventsDependencies) {
    this.#dependencies = dependencies;
  }

  tellServices(conflict: Conflict): void {
    const { address, mac, seen } = conflict;
    const reason = seen === 'announcement' ? 'AddressConflict' : 'AddressInUse';
    const event: KubernetesEvent = { type: 'Warning', reason, message: describeConflict(conflict) };
    this.#tellHolders(address, event, `${seen} ${formatMac(mac)}`);
  }

  /** Only who was told of the conflict. */
  tellOver(address: IpAddress): void {
    const message = `No other host has ${formatIp(address)} any more`;
    for (const key of this.#dependencies.provider.addresses.holdersOf(address)) {
      const service = this.#dependencies.services.get(key);
      if (service === undefined || !this.#told.delete(`${service.meta.uid} ${address}`)) continue;
      this.#record(service, { type: 'Normal', reason: 'AddressConflictOver', message });
    }
  }

  tellNode(nodeName: string, seen: 'own-mac' | 'every-address', station: ForeignStation): void {
    const node = this.#dependencies.nodes.get(nodeName);
    const { mac, address, interface: name } = station;
    if (node === undefined || !this.#isNews(`node ${nodeName} ${seen}`, formatMac(mac))) return;
    const event: KubernetesEvent =
      seen === 'own-mac'
        ? {
            type: 'Warning',
            reason: 'DuplicateMAC',
            message: `Another host uses ${formatMac(mac)}, the MAC of ${name}, and has ${formatIp(address)}: switches send the frames of either to both. Give one of them another MAC; cloned virtual machines often have the same`,
          }
        : {
            type: 'Warning',
            reason: 'AnswersEverything',
            message: `On ${name}, ${describeStation(mac)} answers even for ${formatIp(address)}, which no host can have: a proxy, a trap or an attack. Nothing that it answers is believed, and addresses are announced all the same`,
          };
    this.#dependencies.events.record(
      { kind: 'Node', apiVersion: 'v1', namespace: '', name: nodeName, uid: node.meta.uid },
      event,
    );
  }

  /** A survey found an address of the pool in use. */
  inPool(pool: Pool, address: IpAddress): void {
    const addresses = this.#inPools.get(pool) ?? new Set();
    this.#inPools.set(pool, addresses.add(address));
  }

  /** The survey is complete: what it found is told on the pools. */
  tellPools(): void {
    for (const [pool, addresses] of this.#inPools) this.#tellPool(pool, addresses);
    this.#inPools.clear();
  }

  #tellPool(pool: Pool, addresses: ReadonlySet<IpAddress>): void {
    const object = this.#dependencies.configuration
      .assessed()
      .find(
        ({ object: { kind }, verdict }) => kind === 'IPAddressPool' && sameOrigin(verdict.origin, pool.origin),
      )?.object;
    if (object === undefined) return;
    const fresh = [...addresses].filter((address) => this.#isNews(`pool ${object.meta.uid} ${address}`, 'in use'));
    if (fresh.length === 0) return;
    const listed = abridged(fresh.map(formatIp), LISTED_MAX, ', ');
    const message = `Other hosts have ${listed}: nobody is given them before they are free. status.unavailable of the pool says who has which; take them out of the pool, or give those hosts other addresses`;
    const { namespace, name, uid } = object.meta;
    this.#dependencies.events.record(
      { apiVersion: object.apiVersion, kind: object.kind, namespace, name, uid },
      { type: 'Warning', reason: 'AddressInUse', message },
    );
  }

  #tellHolders(address: IpAddress, event: KubernetesEvent, what: string): void {
    for (const key of this.#dependencies.provider.addresses.holdersOf(address)) {
      const service = this.#dependencies.services.get(key);
      if (service !== undefined && this.#isNews(`${service.meta.uid} ${address}`, what)) this.#record(service, event);
    }
  }

  #isNews(subject: string, what: string): boolean {
    if (this.#told.get(subject) === what) return false;
    this.#told.delete(subject);
    this.#told.set(subject, what);
    const [oldest] = this.#told.keys();
    if (this.#told.size > TOLD_MAX && oldest !== undefined) this.#told.delete(oldest);
    return true;
  }

  #record({ meta: { namespace, name, uid } }: Service, event: KubernetesEvent): void {
    this.#dependencies.events.record({ kind: 'Service', apiVersion: 'v1', namespace, name, uid }, event);
  }
}
