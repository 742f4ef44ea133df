import {
  familyBits,
  familyOf,
  formatPrefix,
  type IpAddress,
  type Prefix,
  parsePrefix,
  prefixOf,
} from '../../core/net/index.ts';
import type { BgpPeerSettings } from '../../ports/bgp-channel.ts';
import type { ListenKey } from '../../ports/stream-connector.ts';
import { waitsForPeer } from './peer-settings.ts';

/** The passwords of who may connect, and who cannot because of them. */
export interface ListenKeys {
  readonly keys: readonly ListenKey[];
  /** Peers that cannot connect, with the one whose password holds for their address. */
  readonly outdone: ReadonlyMap<string, string>;
}

/**
 * A kernel knows one password, or none, for all that connects from an address. Where peers there differ, that of the first counts,
 * and of all those first that wait for their router; the others can only be dialled.
 * @see RFC 2385 §2
 */
export function listenKeys(peers: readonly BgpPeerSettings[]): ListenKeys {
  const first = new Map<string, BgpPeerSettings>();
  const outdone = new Map<string, string>();
  const keys: ListenKey[] = [];
  for (const peer of [...peers.filter(waitsForPeer), ...peers.filter((each) => !waitsForPeer(each))]) {
    const from = blockOf(peer);
    if (from === undefined) continue;
    const block = formatPrefix(from);
    const holder = first.get(block);
    if (holder !== undefined) {
      if (holder.password !== peer.password) outdone.set(peer.name, holder.name);
      continue;
    }
    first.set(block, peer);
    if (peer.password !== undefined) keys.push({ from, password: peer.password });
  }
  return { keys, outdone };
}

/** Link-local addresses: where peers without an address of their own connect from. */
const LINK_LOCAL = parsePrefix('fe80::/10');

function blockOf({ endpoint }: BgpPeerSettings): Prefix | undefined {
  return endpoint.kind === 'address' ? singleAddress(endpoint.address) : LINK_LOCAL;
}

function singleAddress(address: IpAddress): Prefix {
  return prefixOf(address, familyBits(familyOf(address)));
}
