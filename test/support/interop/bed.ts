import { asnFromNumber, type Prefix, parseIp, parsePrefix } from '../../../src/core/net/index.ts';
import type { BgpPath, BgpPeerSettings, BgpRoute } from '../../../src/ports/bgp-channel.ts';
import { NamespaceLan } from '../namespace-lan.ts';
import { ip, sysctl } from '../network-namespace.ts';
import { ROUTER } from './router.ts';

export const SPEAKER_ASN = 64_512;

/** What goes with each route, and is to arrive. */
export const ROUTER_TAKES = {
  communities: [
    [64_512, 100],
    [64_512, 65_535],
  ],
  largeCommunities: [
    { globalAdministrator: 4_200_000_001, localData1: 0, localData2: 4_294_967_295 },
    { globalAdministrator: 64_512, localData1: 1, localData2: 2 },
  ],
} as const;

/** A namespace for the speaker, one for the router, and as many addresses of the speaker as there are sessions. */
export async function interopLan(addresses: readonly string[]): Promise<NamespaceLan> {
  const lan = await NamespaceLan.create('node', 'router');
  for (const host of ['node', 'router']) await sysctl(host, 'ipv6/conf/all/disable_ipv6', 0);
  await ip(`-n node address add fd09::1/64 dev eth0 nodad`);
  await ip(`-n router address add ${ROUTER.v6}/64 dev eth0 nodad`);
  for (const more of [ROUTER.v4Password, ROUTER.v4WrongPassword]) await ip(`-n router address add ${more}/24 dev eth0`);
  for (const address of addresses)
    await ip(`-n node address add ${address}/${address.includes(':') ? '64 dev eth0 nodad' : '24 dev eth0'}`);
  return lan;
}

/** A session from one of the speaker's addresses to the router. */
export function peer(name: string, source: string, fields: Partial<BgpPeerSettings> = {}): BgpPeerSettings {
  const v6 = source.includes(':');
  return {
    name,
    myAsn: asn(SPEAKER_ASN),
    peerAsn: { kind: 'number', asn: asn(ROUTER.asn) },
    endpoint: { kind: 'address', address: address(v6 ? ROUTER.v6 : ROUTER.v4) },
    peerPort: 179,
    sourceAddress: address(source),
    passive: false,
    holdTimeSeconds: 30,
    connectTimeSeconds: 2,
    ebgpMultiHop: false,
    families: [v6 ? 'IPv6' : 'IPv4'],
    gracefulRestart: false,
    ...fields,
  };
}

/** A route for the peers named, or for all. */
export function route(text: string, fields: Partial<BgpPath> = {}): BgpRoute {
  return {
    prefix: prefix(text),
    paths: [{ peers: [], prepend: 0, communities: [], largeCommunities: [], ...fields }],
  };
}

export function asn(value: number): NonNullable<ReturnType<typeof asnFromNumber>> {
  const parsed = asnFromNumber(value);
  if (parsed === undefined) throw new Error(`no AS number: ${value}`);
  return parsed;
}

export function address(text: string): NonNullable<ReturnType<typeof parseIp>> {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`no prefix: ${text}`);
  return parsed;
}
