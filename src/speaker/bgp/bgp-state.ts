import {
  type Asn,
  asnFromNumber,
  formatIp,
  type IpFamily,
  type Prefix,
  type RouterId,
  routerIdFromNumber,
} from '../../core/net/index.ts';
import { prefixKey, prefixOfKey } from '../../core/rib/index.ts';
import type { BfdSettings, BgpPath, BgpPeerSettings, BgpSettings } from '../../ports/bgp-channel.ts';
import type { SecretBox } from '../../ports/secret-box.ts';
import { addressOf, countOf, listOf, recordOf, textOf } from '../local-state/plain-json.ts';
import type { RouteGroup } from './route-table.ts';

/** What a speaker has to know to go on with BGP without the controller. */
export interface BgpState {
  readonly settings: BgpSettings;
  readonly groups: readonly RouteGroup[];
}

/** As plain JSON, in which passwords are sealed. */
export function encodeBgpState({ settings, groups }: BgpState, secrets: SecretBox): unknown {
  return {
    draining: settings.draining,
    peers: settings.peers.map((peer) => ({
      ...peer,
      endpoint:
        peer.endpoint.kind === 'address'
          ? { address: formatIp(peer.endpoint.address) }
          : { interface: peer.endpoint.name },
      ...(peer.sourceAddress === undefined ? {} : { sourceAddress: formatIp(peer.sourceAddress) }),
      ...(peer.password === undefined ? {} : { password: secrets.seal(peer.password) }),
    })),
    groups: groups.map(({ paths, prefixes }) => ({ paths, prefixes: prefixes.map(encodePrefix) })),
  };
}

/** @throws RangeError that names what is not as `encodeBgpState` makes it, here and now */
export function decodeBgpState(value: unknown, secrets: SecretBox): BgpState {
  const { draining, peers, groups } = recordOf(value, 'state');
  return {
    settings: { draining: draining === true, peers: listOf(peers, 'peers', (peer) => peerOf(peer, secrets)) },
    groups: listOf(groups, 'groups', groupOf),
  };
}

function peerOf(value: unknown, secrets: SecretBox): BgpPeerSettings {
  const peer = recordOf(value, 'peer');
  const password = peer.password === undefined ? undefined : secrets.open(textOf(peer.password));
  if (peer.password !== undefined && password === undefined)
    throw new RangeError(`the password of ${textOf(peer.name)} was not sealed here`);
  return {
    name: textOf(peer.name),
    myAsn: asnOf(peer.myAsn),
    peerAsn: peerAsnOf(peer.peerAsn),
    ...optional('localAsn', peer.localAsn, asnOf),
    endpoint: endpointOf(peer.endpoint),
    peerPort: countOf(peer.peerPort),
    ...optional('sourceAddress', peer.sourceAddress, addressOf),
    passive: peer.passive === true,
    holdTimeSeconds: countOf(peer.holdTimeSeconds),
    ...optional('keepaliveTimeSeconds', peer.keepaliveTimeSeconds, countOf),
    ...optional('connectTimeSeconds', peer.connectTimeSeconds, countOf),
    ...optional('routerId', peer.routerId, routerIdOf),
    ebgpMultiHop: peer.ebgpMultiHop === true,
    ...optional('ttlSecurityHops', peer.ttlSecurityHops, countOf),
    families: listOf(peer.families, 'families', familyOf),
    gracefulRestart: peer.gracefulRestart === true,
    ...(password === undefined ? {} : { password }),
    ...optional('bfd', peer.bfd, bfdOf),
  };
}

function bfdOf(value: unknown): BfdSettings {
  const bfd = recordOf(value, 'BFD settings');
  return {
    receiveIntervalMs: countOf(bfd.receiveIntervalMs),
    transmitIntervalMs: countOf(bfd.transmitIntervalMs),
    detectMultiplier: countOf(bfd.detectMultiplier),
    passive: bfd.passive === true,
    minimumTtl: countOf(bfd.minimumTtl),
    strict: bfd.strict === true,
  };
}

function peerAsnOf(value: unknown): BgpPeerSettings['peerAsn'] {
  const { kind, asn } = recordOf(value, 'AS of the peer');
  if (kind === 'internal' || kind === 'external') return { kind };
  return { kind: 'number', asn: asnOf(asn) };
}

function endpointOf(value: unknown): BgpPeerSettings['endpoint'] {
  const { address, interface: name } = recordOf(value, 'endpoint');
  return address === undefined
    ? { kind: 'interface', name: textOf(name) }
    : { kind: 'address', address: addressOf(address) };
}

function groupOf(value: unknown): RouteGroup {
  const { paths, prefixes } = recordOf(value, 'group of routes');
  return { paths: listOf(paths, 'paths', pathOf), prefixes: listOf(prefixes, 'prefixes', prefixOf) };
}

function pathOf(value: unknown): BgpPath {
  const path = recordOf(value, 'path');
  return {
    peers: listOf(path.peers, 'peers', textOf),
    ...optional('localPref', path.localPref, countOf),
    ...optional('med', path.med, countOf),
    prepend: countOf(path.prepend),
    communities: listOf(path.communities, 'communities', countOf),
    largeCommunities: listOf(path.largeCommunities, 'large communities', (each) => {
      const { globalAdministrator, localData1, localData2 } = recordOf(each, 'large community');
      return {
        globalAdministrator: countOf(globalAdministrator),
        localData1: countOf(localData1),
        localData2: countOf(localData2),
      };
    }),
  };
}

function optional<K extends string, T>(key: K, value: unknown, of: (value: unknown) => T): Partial<Record<K, T>> {
  const field: Partial<Record<K, T>> = {};
  if (value !== undefined) field[key] = of(value);
  return field;
}

function asnOf(value: unknown): Asn {
  const asn = asnFromNumber(countOf(value));
  if (asn === undefined) throw new RangeError(`${String(value)} is not an AS number`);
  return asn;
}

function routerIdOf(value: unknown): RouterId {
  const id = routerIdFromNumber(countOf(value));
  if (id === undefined) throw new RangeError(`${String(value)} is not a router identifier`);
  return id;
}

function familyOf(value: unknown): IpFamily {
  if (value !== 'IPv4' && value !== 'IPv6') throw new RangeError(`${String(value)} is not an address family`);
  return value;
}

/** As one number each, which is read a hundred times faster than text: a node may have very many. */
function encodePrefix(prefix: Prefix): number | string {
  const key = prefixKey(prefix);
  return typeof key === 'number' ? key : key.toString(16);
}

function prefixOf(value: unknown): Prefix {
  const prefix = prefixOfKey(typeof value === 'number' ? countOf(value) : bigintOf(textOf(value)));
  // Refuses a length that the family does not have.
  prefixKey(prefix);
  return prefix;
}

function bigintOf(hex: string): bigint {
  if (!/^[0-9a-f]{1,34}$/.test(hex)) throw new RangeError(`"${hex}" is not a prefix`);
  return BigInt(`0x${hex}`);
}
