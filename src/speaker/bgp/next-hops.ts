import { type IpAddress, type Ipv4, type Ipv6, isIpv4, isLinkLocalIpv6 } from '../../core/net/index.ts';
import type { SendContext } from '../../core/rib/index.ts';
import type { NodeAddresses } from '../../ports/node-addresses.ts';
import type { StreamEnds } from '../../ports/stream-connector.ts';

/**
 * The addresses of this node that routes name as their next hop: the session's own, and for the other family one of the same
 * interface. A link-local address goes along only where the peer is on the link. @see RFC 4271 §5.1.3, RFC 2545 §3
 */
export function nextHopsOf({ local, remote }: StreamEnds, addresses: NodeAddresses): SendContext['nextHops'] {
  const beside = addresses.beside(local);
  const ipv4 = isIpv4(local) ? local : beside.find(isUsableIpv4);
  const global = isGlobalIpv6(local) ? local : beside.find(isGlobalIpv6);
  const linkLocal = addresses.isOnLink(remote) && !isIpv4(local) ? beside.find(isLinkLocalIpv6) : undefined;
  const ipv6 = global ?? linkLocal;
  return {
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6: { global: ipv6, ...(linkLocal === undefined ? {} : { linkLocal }) } }),
  };
}

function isUsableIpv4(address: IpAddress): address is Ipv4 {
  // 169.254.0.0/16 means nothing beyond its link.
  return isIpv4(address) && address >>> 16 !== 0xa9fe;
}

function isGlobalIpv6(address: IpAddress): address is Ipv6 {
  return !isIpv4(address) && !isLinkLocalIpv6(address);
}
