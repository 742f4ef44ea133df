import { isIpv4, type RouterId, routerIdFromNumber } from '../../core/net/index.ts';
import type { BgpPeerSettings } from '../../ports/bgp-channel.ts';
import type { NodeAddresses } from '../../ports/node-addresses.ts';

/**
 * The identifier towards a peer: configured; else the IPv4 address that it is spoken to from, or one of the same interface; else
 * a number made of the node's name, which stays the same. @see RFC 6286 §2.1
 */
export function routerIdFor(settings: BgpPeerSettings, nodeName: string, addresses: NodeAddresses): RouterId {
  if (settings.routerId !== undefined) return settings.routerId;
  const { endpoint, sourceAddress } = settings;
  const source = sourceAddress ?? (endpoint.kind === 'address' ? addresses.sourceFor(endpoint.address) : undefined);
  const candidates = source === undefined ? [] : [source, ...addresses.beside(source)];
  for (const candidate of candidates) {
    const id = isIpv4(candidate) ? routerIdFromNumber(candidate) : undefined;
    if (id !== undefined) return id;
  }
  return hashOf(nodeName);
}

/** FNV-1a, and 1 where that is 0. */
function hashOf(text: string): RouterId {
  let hash = 0x811c_9dc5;
  for (const octet of new TextEncoder().encode(text)) hash = Math.imul(hash ^ octet, 0x0100_0193) >>> 0;
  const id = routerIdFromNumber(Math.max(1, hash));
  if (id === undefined) throw new RangeError(`${hash} is no router identifier`);
  return id;
}
