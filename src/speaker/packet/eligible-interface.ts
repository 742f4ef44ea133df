import { isInnerInterface, isPodInterface, isStationMac, type MacAddress } from '../../core/net/index.ts';
import type { Grant } from '../../ports/channel.ts';
import type { NetworkInterface } from '../../ports/interfaces.ts';

/** An interface that can announce: it has a MAC of its own. */
export type EthernetInterface = NetworkInterface & { readonly mac: MacAddress };

/**
 * Whether an interface can announce at all. Of a bond, a bridge or a team only the master speaks: with a second MAC on the
 * same wire, neighbours would change their minds for ever.
 */
export function canAnnounce(link: NetworkInterface): boolean {
  return link.ethernet && hasStationMac(link) && !link.loopback && !link.noArp && link.master === undefined;
}

/** Tunnels that nobody set up have only zeros. */
function hasStationMac({ mac }: NetworkInterface): boolean {
  return mac !== undefined && isStationMac(mac);
}

/** Whether it announces addresses whose grant names no interfaces. */
export function announcesByDefault(link: NetworkInterface): boolean {
  return canAnnounce(link) && !isInnerInterface(link.name);
}

/** Whether the controller is to know of it without a grant that names it: of hundreds that lead to Pods nobody names one. */
export function isReported(link: NetworkInterface): boolean {
  return canAnnounce(link) && !isPodInterface(link.name);
}

/** Whether the address of a grant is announced on an interface. */
export function serves(link: NetworkInterface, grant: Grant): boolean {
  if (grant.interfaces === undefined) return announcesByDefault(link);
  return canAnnounce(link) && grant.interfaces.includes(link.name);
}
