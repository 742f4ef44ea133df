import { solicitedNodeGroup } from '../../core/codec/ndp/index.ts';
import { type IpAddress, type Ipv6, isIpv4 } from '../../core/net/index.ts';
import type { GroupMembership } from '../../ports/multicast.ts';

/** In which groups an interface has to be so that solicitations for the announced addresses reach it. */
export class SolicitedNodeGroups {
  readonly #membership: GroupMembership;
  /** How many announced addresses share a group. BOUNDED: by the grants of this node. */
  readonly #counts = new Map<Ipv6, number>();

  constructor(membership: GroupMembership) {
    this.#membership = membership;
  }

  /** @returns whether switches know of all these groups */
  take(addresses: readonly IpAddress[]): boolean {
    let joined = true;
    for (const address of addresses) {
      if (isIpv4(address)) continue;
      const group = solicitedNodeGroup(address);
      const before = this.#counts.get(group) ?? 0;
      this.#counts.set(group, before + 1);
      if (before === 0 && this.#membership.join(group) !== 'joined') joined = false;
    }
    return joined;
  }

  lose(addresses: readonly IpAddress[]): void {
    for (const address of addresses) {
      if (isIpv4(address)) continue;
      const group = solicitedNodeGroup(address);
      const left = (this.#counts.get(group) ?? 0) - 1;
      if (left > 0) this.#counts.set(group, left);
      else if (this.#counts.delete(group)) this.#membership.leave(group);
    }
  }

  /** The interface has IPv6 again: it has forgotten its groups. @returns whether switches know of all of them */
  renew(): boolean {
    let joined = true;
    for (const group of this.#counts.keys()) {
      this.#membership.leave(group);
      if (this.#membership.join(group) !== 'joined') joined = false;
    }
    return joined;
  }

  close(): void {
    this.#counts.clear();
    this.#membership.close();
  }
}
