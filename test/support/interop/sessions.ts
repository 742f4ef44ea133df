import type { BgpPeerSettings, BgpRoute } from '../../../src/ports/bgp-channel.ts';
import { address, asn, peer, ROUTER_TAKES, route, SPEAKER_ASN } from './bed.ts';
import { type Neighbour, ROUTER } from './router.ts';

/** An AS number that 16 bits do not hold. */
const LARGE_ASN = 4_200_000_001;
const PASSWORD = 'herald';

/** One session between speaker and router: how each end is configured, and what must come of it. */
export interface InteropSession {
  readonly name: string;
  readonly source: string;
  readonly ours: BgpPeerSettings;
  readonly theirs: Neighbour;
  /** What the router must have of the session's routes. */
  readonly expected: {
    readonly asPath: readonly number[];
    readonly localPref?: number;
    /** Beginning of the next hop, by family. */
    readonly nextHops: Readonly<Partial<Record<'IPv4' | 'IPv6', string>>>;
  };
  /** It must never come up. */
  readonly refused?: boolean;
}

interface SessionOptions {
  /** The address of the router. */
  readonly router?: string;
  readonly ours?: Partial<BgpPeerSettings>;
  readonly theirs?: Partial<Neighbour>;
  readonly expected?: Partial<InteropSession['expected']>;
  readonly refused?: boolean;
}

function session(name: string, source: string, options: SessionOptions = {}): InteropSession {
  const { ours = {}, theirs = {}, expected = {}, refused } = options;
  const family = source.includes(':') ? 'IPv6' : 'IPv4';
  const local = options.router ?? (family === 'IPv6' ? ROUTER.v6 : ROUTER.v4);
  return {
    name,
    source,
    ours: peer(name, source, { endpoint: { kind: 'address', address: address(local) }, ...ours }),
    theirs: { address: source, local, asn: SPEAKER_ASN, families: ours.families ?? [family], ...theirs },
    expected: { asPath: [SPEAKER_ASN, SPEAKER_ASN, SPEAKER_ASN], nextHops: { [family]: source }, ...expected },
    ...(refused === undefined ? {} : { refused }),
  };
}

const BFD = {
  receiveIntervalMs: 300,
  transmitIntervalMs: 300,
  detectMultiplier: 3,
  passive: false,
  minimumTtl: 254,
  strict: false,
};

/** Every kind of session, all of them at once between one speaker and one router. */
export const SESSIONS: readonly InteropSession[] = [
  session('v4', '10.9.0.11'),
  session('v6', 'fd09::11'),
  session('dual', '10.9.0.12', {
    ours: { families: ['IPv4', 'IPv6'] },
    expected: { nextHops: { IPv4: '10.9.0.12', IPv6: 'fd09::' } },
  }),
  session('password', '10.9.0.13', {
    router: ROUTER.v4Password,
    ours: { password: PASSWORD },
    theirs: { password: PASSWORD },
  }),
  session('wrong-password', '10.9.0.14', {
    router: ROUTER.v4WrongPassword,
    ours: { password: 'another' },
    theirs: { password: PASSWORD },
    refused: true,
  }),
  session('ttl-security', '10.9.0.15', { ours: { ttlSecurityHops: 1 }, theirs: { ttlSecurity: true } }),
  session('multihop', '10.9.0.16', { ours: { ebgpMultiHop: true }, theirs: { multihop: true } }),
  session('large-asn', '10.9.0.17', {
    ours: { myAsn: asn(LARGE_ASN) },
    theirs: { asn: LARGE_ASN },
    expected: { asPath: [LARGE_ASN, LARGE_ASN, LARGE_ASN] },
  }),
  session('old-router', '10.9.0.18', {
    ours: { myAsn: asn(LARGE_ASN) },
    theirs: { asn: LARGE_ASN, twoOctetAs: true },
    expected: { asPath: [LARGE_ASN, LARGE_ASN, LARGE_ASN] },
  }),
  session('internal', '10.9.0.19', {
    ours: { myAsn: asn(ROUTER.asn) },
    theirs: { asn: ROUTER.asn },
    expected: { asPath: [], localPref: 150 },
  }),
  session('limited', '10.9.0.20', { theirs: { maxPrefixes: 5 } }),
  session('both-active', '10.9.0.21', { theirs: { active: true } }),
  session('passive', '10.9.0.22', { ours: { passive: true }, theirs: { active: true } }),
  session('bfd', '10.9.0.23', { ours: { bfd: BFD }, theirs: { bfd: true } }),
  session('restart', '10.9.0.24', { ours: { gracefulRestart: true }, theirs: { gracefulRestart: true } }),
  session('short-hold', '10.9.0.25', { ours: { holdTimeSeconds: 3 }, theirs: { holdTimeSeconds: 3 } }),
  session('wrong-as', '10.9.0.26', { theirs: { asn: 64_999 }, refused: true }),
];

/** The prefixes that only this session's router gets, one of each family of the session. */
export function prefixesOf({ name, ours }: InteropSession): readonly (readonly ['IPv4' | 'IPv6', string])[] {
  const number = SESSIONS.findIndex((each) => each.name === name) + 1;
  return ours.families.map((family) => [
    family,
    family === 'IPv4' ? `198.51.100.${number}/32` : `2001:db8::${number}/128`,
  ]);
}

/** The routes of a session, with every attribute. */
export function routesOf(each: InteropSession): BgpRoute[] {
  return prefixesOf(each).map(([, prefix]) =>
    route(prefix, {
      peers: [each.name],
      localPref: 150,
      med: 77,
      prepend: 2,
      communities: ROUTER_TAKES.communities.map(([high, low]) => high * 65_536 + low),
      largeCommunities: ROUTER_TAKES.largeCommunities,
    }),
  );
}
