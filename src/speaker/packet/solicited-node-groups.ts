import { solicitedNodeGroup } from '../../core/codec/ndp/index.ts';
import { type IpAddress, type Ipv6, isIpv4 } from '../../core/net/index.ts';
import type { GroupMembership } from '../../ports/multicast.ts';
import type { Timer, Timers } from '../../ports/time.ts';

/**
 * Where nobody on the LAN asks who is in which group (a querier), switches that listen to MLD forget in 260 s. To leave and join at
 * once makes the kernel tell them once more, and never that we left.
 * @see RFC 3810 §9.4
 */
const TELL_AGAIN_MS = 120_000;

/** In which groups an interface has to be so that solicitations for the announced addresses reach it. */
export class SolicitedNodeGroups {
  readonly #membership: GroupMembership;
  readonly #timers: Timers;
  /** How many announced addresses share a group. BOUNDED: by the grants of this node. */
  readonly #counts = new Map<Ipv6, number>();

  #timer: Timer | undefined;

  constructor(membership: GroupMembership, timers: Timers) {
    this.#membership = membership;
    this.#timers = timers;
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
    this.#tellAgainLater();
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
    if (this.#counts.size === 0) this.#rest();
  }

  /**
   * Switches are told again; or the interface has IPv6 again, and has forgotten its groups.
   * @returns whether switches know of all of them
   */
  renew(): boolean {
    let joined = true;
    for (const group of this.#counts.keys()) {
      this.#membership.leave(group);
      if (this.#membership.join(group) !== 'joined') joined = false;
    }
    return joined;
  }

  close(): void {
    this.#rest();
    this.#counts.clear();
    this.#membership.close();
  }

  #tellAgainLater(): void {
    if (this.#counts.size === 0) return;
    this.#timer ??= this.#timers.start(TELL_AGAIN_MS, () => {
      this.#timer = undefined;
      this.renew();
      this.#tellAgainLater();
    });
  }

  #rest(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
