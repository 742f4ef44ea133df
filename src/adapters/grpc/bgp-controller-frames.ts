import { type Asn, asnFromNumber, ipToBytes, type Prefix, prefixOf, type RouterId } from '../../core/net/index.ts';
import type {
  BfdSettings,
  BgpControllerMessage,
  BgpPath,
  BgpPeerSettings,
  BgpRoute,
  BgpSettings,
  LargeCommunity,
} from '../../ports/bgp-channel.ts';
import { messageOf } from '../../ports/error-message.ts';
import { addressFromWire, atMost, integer, member, name } from './wire-values.ts';

type Snapshot = Extract<BgpControllerMessage, { kind: 'bgp-snapshot' }>;

/** A snapshot with `more` set goes on in the next frame; its settings are in the first. */
export type BgpControllerFrame = (
  | Extract<BgpControllerMessage, { kind: 'bgp-delta' }>
  | (Omit<Snapshot, 'settings'> & { readonly settings?: BgpSettings; readonly more: boolean })
) & {
  /** What of a frame that was read is left out since it is not allowed, and why; nothing secret. Absent: nothing is. */
  readonly refused?: readonly string[];
};

/** Far more than a node can have; what comes from a controller gone mad costs no more than this. */
const MAX_PEERS = 1_024;
/** Of a name in the log that may be none. */
const NAME_SHOWN = 80;
const MAX_COMMUNITIES = 1_024;
const MAX_PREPEND = 10;
const MAX_PORT = 65_535;
const MAX_SECONDS = 65_535;
const MAX_TTL = 254;
const MAX_PASSWORD_OCTETS = 80;

export interface WireBgpControllerMessage {
  readonly bgpSnapshot?: {
    readonly revision: number;
    readonly settings: WireSettings | null;
    readonly routes: readonly WireRoute[];
    readonly more: boolean;
  };
  readonly bgpDelta?: {
    readonly revision: number;
    readonly settings: WireSettings | null;
    readonly routes: readonly WireRoute[];
    readonly withdrawn: readonly WirePrefix[];
  };
}

interface WireSettings {
  readonly peers: readonly WirePeer[];
  readonly draining: boolean;
}

interface WirePrefix {
  readonly address: Uint8Array;
  readonly length: number;
}

interface WireRoute {
  readonly prefix: WirePrefix | null;
  readonly paths: readonly (Omit<BgpPath, 'peers'> & { readonly peers: readonly string[] })[];
}

interface WirePeer {
  readonly name: string;
  readonly myAsn: number;
  readonly peerAs: string;
  readonly peerAsn: number;
  readonly localAsn: number;
  readonly address?: Uint8Array;
  readonly interface?: string;
  readonly port: number;
  readonly sourceAddress: Uint8Array;
  readonly passive: boolean;
  readonly holdTimeSeconds: number;
  readonly keepaliveTimeSeconds?: number;
  readonly connectTimeSeconds: number;
  readonly routerId: number;
  readonly ebgpMultiHop: boolean;
  readonly ttlSecurityHops: number;
  readonly ipv4Routes: boolean;
  readonly ipv6Routes: boolean;
  readonly gracefulRestart: boolean;
  readonly password: string;
  readonly passwordUnknown: boolean;
  readonly bfd: BfdSettings | null;
}

const PEER_AS: Readonly<Record<BgpPeerSettings['peerAsn']['kind'], string>> = {
  number: 'NUMBER',
  internal: 'INTERNAL',
  external: 'EXTERNAL',
};

export function bgpControllerFrameToWire(frame: BgpControllerFrame): object {
  const { revision } = frame;
  const settings = frame.settings === undefined ? undefined : settingsToWire(frame.settings);
  const routes = frame.routes.map(routeToWire);
  return frame.kind === 'bgp-snapshot'
    ? { bgpSnapshot: { revision, settings, routes, more: frame.more } }
    : { bgpDelta: { revision, settings, routes, withdrawn: frame.withdrawn.map(prefixToWire) } };
}

/**
 * Undefined for another kind of message. A peer or a route that is not allowed is left out, and disturbs no other.
 * @throws Error for a revision above 2^53
 */
export function bgpControllerFrameFromWire(wire: WireBgpControllerMessage): BgpControllerFrame | undefined {
  const update = wire.bgpSnapshot ?? wire.bgpDelta;
  if (update === undefined) return undefined;
  // BOUNDED: by the entries of one message.
  const refused: string[] = [];
  const revision = integer('revision', update.revision);
  const settings = update.settings === null ? {} : { settings: settingsFromWire(update.settings, refused) };
  const routes = allowed(update.routes, routeFromWire, (why) => refused.push(`route: ${why}`));
  const withdrawn = allowed(wire.bgpDelta?.withdrawn ?? [], prefixFromWire, (why) => refused.push(`withdrawn: ${why}`));
  const common = { revision, routes, ...settings, ...(refused.length === 0 ? {} : { refused }) };
  return wire.bgpSnapshot
    ? { kind: 'bgp-snapshot', ...common, more: wire.bgpSnapshot.more }
    : { kind: 'bgp-delta', ...common, withdrawn };
}

/** Those that can be read. */
function allowed<Wire, Value>(
  entries: readonly Wire[],
  read: (entry: Wire) => Value,
  refused: (why: string, entry: Wire) => void,
): readonly Value[] {
  return entries.flatMap((entry) => {
    try {
      return [read(entry)];
    } catch (error) {
      refused(messageOf(error), entry);
      return [];
    }
  });
}

function settingsToWire({ peers, draining }: BgpSettings): object {
  return { peers: peers.map(peerToWire), draining };
}

function settingsFromWire({ peers, draining }: WireSettings, refused: string[]): BgpSettings {
  if (peers.length > MAX_PEERS) refused.push(`peers: ${peers.length}, more than ${MAX_PEERS}`);
  const read = allowed(peers.slice(0, MAX_PEERS), peerFromWire, (why, peer) => {
    refused.push(`peer ${JSON.stringify(peer.name.slice(0, NAME_SHOWN))}: ${why}`);
  });
  return { peers: read, draining };
}

function peerToWire(peer: BgpPeerSettings): object {
  const { endpoint, families, peerAsn, peerPort, sourceAddress, ...same } = peer;
  return {
    ...same,
    peerAs: PEER_AS[peerAsn.kind],
    ...(peerAsn.kind === 'number' ? { peerAsn: peerAsn.asn } : {}),
    ...(endpoint.kind === 'address' ? { address: ipToBytes(endpoint.address) } : { interface: endpoint.name }),
    port: peerPort,
    ...(sourceAddress === undefined ? {} : { sourceAddress: ipToBytes(sourceAddress) }),
    ipv4Routes: families.includes('IPv4'),
    ipv6Routes: families.includes('IPv6'),
  };
}

function peerFromWire(wire: WirePeer): BgpPeerSettings {
  const { ipv4Routes, ipv6Routes, keepaliveTimeSeconds, localAsn, password, routerId, sourceAddress } = wire;
  if (!ipv4Routes && !ipv6Routes) throw new Error('a peer without routes of any family');
  if (new TextEncoder().encode(password).length > MAX_PASSWORD_OCTETS) throw new Error('password is too long');
  return {
    name: name('name', wire.name),
    myAsn: asn('my_asn', wire.myAsn),
    peerAsn: peerAsnFromWire(wire),
    ...(localAsn === 0 ? {} : { localAsn: asn('local_asn', localAsn) }),
    endpoint: endpointFromWire(wire),
    peerPort: within('port', wire.port, { from: 1, to: MAX_PORT }),
    ...(sourceAddress.length === 0 ? {} : { sourceAddress: addressFromWire(sourceAddress) }),
    passive: wire.passive,
    ...timersFromWire(wire),
    ...(keepaliveTimeSeconds === undefined
      ? {}
      : { keepaliveTimeSeconds: within('keepalive_time_seconds', keepaliveTimeSeconds, { from: 0, to: MAX_SECONDS }) }),
    // Any 32 bits but 0 are a router id.
    ...(routerId === 0 ? {} : { routerId: routerId as RouterId }),
    ebgpMultiHop: wire.ebgpMultiHop,
    ...(wire.ttlSecurityHops === 0
      ? {}
      : { ttlSecurityHops: within('ttl_security_hops', wire.ttlSecurityHops, { from: 1, to: MAX_TTL }) }),
    families: [...(ipv4Routes ? (['IPv4'] as const) : []), ...(ipv6Routes ? (['IPv6'] as const) : [])],
    gracefulRestart: wire.gracefulRestart,
    ...(password === '' ? {} : { password }),
    ...(wire.passwordUnknown ? { passwordUnknown: true } : {}),
    ...(wire.bfd === null ? {} : { bfd: bfdFromWire(wire.bfd) }),
  };
}

function peerAsnFromWire({ peerAs, peerAsn }: WirePeer): BgpPeerSettings['peerAsn'] {
  const kind = member('peer_as', PEER_AS, peerAs);
  return kind === 'number' ? { kind, asn: asn('peer_asn', peerAsn) } : { kind };
}

function endpointFromWire(wire: WirePeer): BgpPeerSettings['endpoint'] {
  if (wire.address !== undefined) return { kind: 'address', address: addressFromWire(wire.address) };
  return { kind: 'interface', name: name('interface', wire.interface ?? '') };
}

function timersFromWire(wire: WirePeer): Pick<BgpPeerSettings, 'holdTimeSeconds' | 'connectTimeSeconds'> {
  const hold = within('hold_time_seconds', wire.holdTimeSeconds, { from: 0, to: MAX_SECONDS });
  if (hold === 1 || hold === 2) throw new Error(`hold_time_seconds is ${hold}`);
  const connect = within('connect_time_seconds', wire.connectTimeSeconds, { from: 0, to: MAX_SECONDS });
  return { holdTimeSeconds: hold, ...(connect === 0 ? {} : { connectTimeSeconds: connect }) };
}

function bfdFromWire(wire: BfdSettings): BfdSettings {
  const interval = { from: 10, to: 60_000 };
  return {
    receiveIntervalMs: within('receive_interval_ms', wire.receiveIntervalMs, interval),
    transmitIntervalMs: within('transmit_interval_ms', wire.transmitIntervalMs, interval),
    detectMultiplier: within('detect_multiplier', wire.detectMultiplier, { from: 1, to: 255 }),
    passive: wire.passive,
    minimumTtl: within('minimum_ttl', wire.minimumTtl, { from: 1, to: MAX_TTL }),
    strict: wire.strict,
  };
}

function routeToWire({ prefix, paths }: BgpRoute): object {
  return { prefix: prefixToWire(prefix), paths };
}

function routeFromWire(wire: WireRoute): BgpRoute {
  if (wire.paths.length === 0) throw new Error('a route without a path');
  return { prefix: prefixFromWire(wire.prefix), paths: atMost(MAX_PEERS, 'paths', wire.paths).map(pathFromWire) };
}

function pathFromWire({ peers, localPref, med, prepend, ...wire }: BgpPath): BgpPath {
  return {
    peers: atMost(MAX_PEERS, 'peers', peers).map((peer) => name('peers', peer)),
    ...(localPref === undefined ? {} : { localPref }),
    ...(med === undefined ? {} : { med }),
    prepend: within('prepend', prepend, { from: 0, to: MAX_PREPEND }),
    communities: atMost(MAX_COMMUNITIES, 'communities', wire.communities),
    largeCommunities: atMost(MAX_COMMUNITIES, 'large_communities', wire.largeCommunities).map(largeCommunityFromWire),
  };
}

function largeCommunityFromWire({ globalAdministrator, localData1, localData2 }: LargeCommunity): LargeCommunity {
  return { globalAdministrator, localData1, localData2 };
}

function prefixToWire({ network, length }: Prefix): object {
  return { address: ipToBytes(network), length };
}

function prefixFromWire(wire: WirePrefix | null): Prefix {
  if (wire === null) throw new Error('prefix is missing');
  const network = addressFromWire(wire.address);
  const prefix = prefixOf(network, wire.length);
  if (prefix.network !== network) throw new Error(`prefix has bits beyond its length ${wire.length}`);
  return prefix;
}

function asn(field: string, value: number): Asn {
  const number = asnFromNumber(value);
  if (number === undefined) throw new Error(`${field} is ${value}`);
  return number;
}

function within(field: string, value: number, { from, to }: { readonly from: number; readonly to: number }): number {
  if (value < from || value > to) throw new Error(`${field} is ${value}, not ${from} to ${to}`);
  return value;
}
