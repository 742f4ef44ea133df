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
    // 127.0.0.0/8 is on every node.
    const id = isIpv4(candidate) && candidate >>> 24 !== 127 ? routerIdFromNumber(candidate) : undefined;
    if (id !== undefined) return id;
  }
  return hashOf(nodeName);
}

/** From 1.0.0.0 to 126.255.255.255: some routers take none that is no address of a host. */
const FIRST_ID = 0x0100_0000;
const IDS = 0x7e00_0000;

/** FNV-1a, in that range. */
function hashOf(text: string): RouterId {
  let hash = 0x811c_9dc5;
  for (const octet of new TextEncoder().encode(text)) hash = Math.imul(hash ^ octet, 0x0100_0193) >>> 0;
  const id = routerIdFromNumber(FIRST_ID + (hash % IDS));
  if (id === undefined) throw new RangeError(`${hash} is no router identifier`);
  return id;
}
