// What other speakers sent to a listener of ours on loopback, without the marker. Each was told in its own configuration to announce
// what stands beside it.
import type { OpenMessage, SessionContext, UpdateMessage } from '../../../src/core/codec/bgp/index.ts';
import { type Ipv4, type Ipv6, type Prefix, parseIpv4, parseIpv6, parsePrefix } from '../../../src/core/net/index.ts';
import { EXTERNAL, INTERNAL, OLD } from './contexts.ts';

interface Captured<M> {
  readonly source: string;
  readonly hex: string;
  readonly context: SessionContext;
  readonly message: M;
}

type Attributes = UpdateMessage['attributes'];

const ADDRESS = v4('10.0.0.2');
const BIG_AS = 4_200_000_000;
const ORIGIN = [0, 1, 2].map((value) => ({ kind: 'origin', value }) as const);
const LARGE = { globalAdministrator: BIG_AS, localData1: 1, localData2: 2 };
const TARGET = 0x0002_fdea_0000_0007n;
const V6 = { kind: 'mpReachNlri', afi: 2, safi: 1, nextHop: { kind: 'ipv6', global: v6('fd09::2') } } as const;

const EXABGP = 'ExaBGP 4.2.21';
const BIRD = 'BIRD 2.0.12';
const FRR = 'FRR 8.4.4';
const GOBGP = 'GoBGP 3.10.0';

/** as-path [ 65002 4200000000 [ 3 4 ] ], and all else that ExaBGP can say of a route. */
const EXABGP_REST: Attributes = [
  { kind: 'communities', values: [0xffff_0000, 0xfdea_0064] },
  { kind: 'extendedCommunities', values: [TARGET, 0x0003_0a00_0001_0009n] },
  { kind: 'largeCommunities', values: [LARGE, { globalAdministrator: 65002, localData1: 3, localData2: 4 }] },
];

export const CAPTURED_UPDATES: readonly Captured<UpdateMessage>[] = [
  {
    source: EXABGP,
    context: EXTERNAL,
    hex: '008c02000000704001010140021402020000fdeafa56ea00010200000003000000044003040a000002800404ffffffff400600c007080000fdea0a000009c00808ffff0000fdea0064c010100002fdea0000000700030a0000010009c02018fa56ea0000000001000000020000fdea000000030000000419c0000200',
    message: update(
      [
        ORIGIN[1],
        path({ kind: 2, asns: [65002, BIG_AS] }, { kind: 1, asns: [3, 4] }),
        { kind: 'nextHop', address: ADDRESS },
        { kind: 'multiExitDisc', value: 0xffff_ffff },
        { kind: 'atomicAggregate' },
        { kind: 'aggregator', asn: 65002, identifier: v4('10.0.0.9') },
        ...EXABGP_REST,
      ],
      '192.0.2.0/25',
    ),
  },
  {
    source: `${EXABGP} towards an old speaker`,
    context: OLD,
    hex: '0099020000007d4001010140020c0202fdea5ba0010200030004c0111402020000fdeafa56ea00010200000003000000044003040a000002800404ffffffff400600c00706fdea0a000009c00808ffff0000fdea0064c010100002fdea0000000700030a0000010009c02018fa56ea0000000001000000020000fdea000000030000000419c0000200',
    message: update(
      [
        ORIGIN[1],
        path({ kind: 2, asns: [65002, 23456] }, { kind: 1, asns: [3, 4] }),
        {
          kind: 'as4Path',
          segments: [
            { kind: 2, asns: [65002, BIG_AS] },
            { kind: 1, asns: [3, 4] },
          ],
        },
        { kind: 'nextHop', address: ADDRESS },
        { kind: 'multiExitDisc', value: 0xffff_ffff },
        { kind: 'atomicAggregate' },
        { kind: 'aggregator', asn: 65002, identifier: v4('10.0.0.9') },
        ...EXABGP_REST,
      ],
      '192.0.2.0/25',
    ),
  },
  {
    source: `${EXABGP} within one AS`,
    context: INTERNAL,
    hex: '00a10200000085400101014002100201fa56ea00010200000003000000044003040a000002800404ffffffff400504ee6b2800400600c007080000fdea0a000009c00808ffff0000fdea00648009040a000007800a080a0000080a000009c010100002fdea0000000700030a0000010009c02018fa56ea0000000001000000020000fdea000000030000000419c0000200',
    message: update(
      [
        ORIGIN[1],
        path({ kind: 2, asns: [BIG_AS] }, { kind: 1, asns: [3, 4] }),
        { kind: 'nextHop', address: ADDRESS },
        { kind: 'multiExitDisc', value: 0xffff_ffff },
        { kind: 'localPref', value: 4_000_000_000 },
        { kind: 'atomicAggregate' },
        { kind: 'aggregator', asn: 65002, identifier: v4('10.0.0.9') },
        { kind: 'communities', values: [0xffff_0000, 0xfdea_0064] },
        { kind: 'originatorId', identifier: v4('10.0.0.7') },
        { kind: 'clusterList', identifiers: [v4('10.0.0.8'), v4('10.0.0.9')] },
        ...EXABGP_REST.slice(1),
      ],
      '192.0.2.0/25',
    ),
  },
  {
    source: `${EXABGP}, a default route`,
    context: EXTERNAL,
    hex: '002c02000000144001010240020602010000fdea4003040a00000200',
    message: update([ORIGIN[2], path({ kind: 2, asns: [65002] }), { kind: 'nextHop', address: ADDRESS }], '0.0.0.0/0'),
  },
  {
    source: `${EXABGP}, IPv6`,
    context: EXTERNAL,
    hex: '0051020000003a4001010040020602010000fdea80040400000007c00804ffffff01800e1c00020110fd090000000000000000000000000002003020010db80001',
    message: update([
      ORIGIN[0],
      path({ kind: 2, asns: [65002] }),
      { kind: 'multiExitDisc', value: 7 },
      { kind: 'communities', values: [0xffff_ff01] },
      { ...V6, nlri: [prefix('2001:db8:1::/48')] },
    ]),
  },
  {
    source: `${EXABGP}, End-of-RIB with a long attribute header`,
    context: EXTERNAL,
    hex: '001e0200000007900f0003000201',
    message: update([{ kind: 'mpUnreachNlri', afi: 2, safi: 1, withdrawn: [] }]),
  },
  {
    source: BIRD,
    context: EXTERNAL,
    hex: '005502000000394001010040020a02020000fdeafa56ea004003040a000002c00804fdea0064c010080002fdea00000007c0200cfa56ea00000000010000000219c0000200',
    message: update(
      [
        ORIGIN[0],
        path({ kind: 2, asns: [65002, BIG_AS] }),
        { kind: 'nextHop', address: ADDRESS },
        { kind: 'communities', values: [0xfdea_0064] },
        { kind: 'extendedCommunities', values: [TARGET] },
        { kind: 'largeCommunities', values: [LARGE] },
      ],
      '192.0.2.0/25',
    ),
  },
  {
    source: `${BIRD} towards an old speaker`,
    context: OLD,
    hex: '005e0200000042400101004002060202fdea5ba04003040a000002c00804fdea0064c010080002fdea00000007c0110a02020000fdeafa56ea00c0200cfa56ea00000000010000000219c0000200',
    message: update(
      [
        ORIGIN[0],
        path({ kind: 2, asns: [65002, 23456] }),
        { kind: 'nextHop', address: ADDRESS },
        { kind: 'communities', values: [0xfdea_0064] },
        { kind: 'extendedCommunities', values: [TARGET] },
        { kind: 'as4Path', segments: [{ kind: 2, asns: [65002, BIG_AS] }] },
        { kind: 'largeCommunities', values: [LARGE] },
      ],
      '192.0.2.0/25',
    ),
  },
  {
    source: `${BIRD}, several routes in one`,
    context: EXTERNAL,
    hex: '003502000000144001010040020602010000fdea4003040a0000021bcb00718020c6336407',
    message: update(
      [ORIGIN[0], path({ kind: 2, asns: [65002] }), { kind: 'nextHop', address: ADDRESS }],
      '203.0.113.128/27',
      '198.51.100.7/32',
    ),
  },
  {
    source: `${BIRD}, IPv6 with a long attribute header`,
    context: EXTERNAL,
    hex: '0055020000003e900e002d00020110fd090000000000000000000000000002003020010db800018020010db80000000000000000000000014001010040020602010000fdea',
    message: update([
      { ...V6, nlri: [prefix('2001:db8:1::/48'), prefix('2001:db8::1/128')] },
      ORIGIN[0],
      path({ kind: 2, asns: [65002] }),
    ]),
  },
  {
    source: FRR,
    context: EXTERNAL,
    hex: '006f0200000053400101005002000a02020000fdeafa56ea004003040a00000280040400000009400600c007080000fdea0a000009c00808fdea0064ffff0000c0200cfa56ea000000000100000002c010080002fdea0000000719c0000200',
    message: update(
      [
        ORIGIN[0],
        path({ kind: 2, asns: [65002, BIG_AS] }),
        { kind: 'nextHop', address: ADDRESS },
        { kind: 'multiExitDisc', value: 9 },
        { kind: 'atomicAggregate' },
        { kind: 'aggregator', asn: 65002, identifier: v4('10.0.0.9') },
        { kind: 'communities', values: [0xfdea_0064, 0xffff_0000] },
        { kind: 'largeCommunities', values: [LARGE] },
        { kind: 'extendedCommunities', values: [TARGET] },
      ],
      '192.0.2.0/25',
    ),
  },
  {
    source: GOBGP,
    context: EXTERNAL,
    hex: '00730200000057400101014002120204fa56ea02fa56ea02fa56ea000000fde780040400000009c007080000fdea0a000009c00808fdea0064ffff0000c010080002fdea00000007c0200cfa56ea0000000001000000024003040a00000219c0000200',
    message: update(
      [
        ORIGIN[1],
        path({ kind: 2, asns: [4_200_000_002, 4_200_000_002, BIG_AS, 64999] }),
        { kind: 'multiExitDisc', value: 9 },
        { kind: 'aggregator', asn: 65002, identifier: v4('10.0.0.9') },
        { kind: 'communities', values: [0xfdea_0064, 0xffff_0000] },
        { kind: 'extendedCommunities', values: [TARGET] },
        { kind: 'largeCommunities', values: [LARGE] },
        { kind: 'nextHop', address: ADDRESS },
      ],
      '192.0.2.0/25',
    ),
  },
  {
    source: `${GOBGP} towards an old speaker, AS4_PATH and AS4_AGGREGATOR`,
    context: OLD,
    hex: '005d02000000414001010240020a02045ba05ba05ba0fde7c007065ba00a0000094003040a000002c011120204fa56ea02fa56ea02fa56ea000000fde7c01208fa56ea090a00000919c0000200',
    message: update(
      [
        ORIGIN[2],
        path({ kind: 2, asns: [23456, 23456, 23456, 64999] }),
        { kind: 'aggregator', asn: 23456, identifier: v4('10.0.0.9') },
        { kind: 'nextHop', address: ADDRESS },
        { kind: 'as4Path', segments: [{ kind: 2, asns: [4_200_000_002, 4_200_000_002, BIG_AS, 64999] }] },
        { kind: 'as4Aggregator', asn: 4_200_000_009, identifier: v4('10.0.0.9') },
      ],
      '192.0.2.0/25',
    ),
  },
];

const UNICAST = [1, 2].map((afi) => ({ kind: 'multiprotocol', afi, safi: 1 }) as const);

export const CAPTURED_OPENS: readonly (Omit<Captured<OpenMessage>, 'context'> & {
  readonly codes: readonly number[];
})[] = [
  {
    source: BIRD,
    hex: '003b0104fdea00f00a0000021e021c01040001000101040002000102004002007841040000fdea46004700',
    codes: [1, 1, 2, 64, 65, 70, 71],
    message: {
      ...open(65002, 240),
      capabilities: [
        ...UNICAST,
        { kind: 'routeRefresh' },
        gracefulRestart({ restartTimeSeconds: 120 }),
        { kind: 'fourOctetAs', asn: 65002 },
        { kind: 'enhancedRouteRefresh' },
        { kind: 'unknown', code: 71, value: new Uint8Array() },
      ],
    },
  },
  {
    source: `${EXABGP}, a parameter for each capability`,
    hex: '00390104fdea00b40a0000021c02060104000100010206010400020001020641040000fdea02020600',
    codes: [1, 1, 65, 6],
    message: {
      ...open(65002, 180),
      capabilities: [...UNICAST, { kind: 'fourOctetAs', asn: 65002 }, { kind: 'extendedMessage' }],
    },
  },
  {
    source: FRR,
    hex: '00780104fdea00b40a0000025b02060104000100010206010400020001020280000202020002024600020641040000fdea02020600020a4508000101010002010102054903017200020c400ac07800010100000201000210470e0001018000000000020180000000',
    codes: [1, 1, 128, 2, 70, 65, 6, 69, 73, 64, 71],
    message: {
      ...open(65002, 180),
      capabilities: [
        ...UNICAST,
        { kind: 'unknown', code: 128, value: new Uint8Array() },
        { kind: 'routeRefresh' },
        { kind: 'enhancedRouteRefresh' },
        { kind: 'fourOctetAs', asn: 65002 },
        { kind: 'extendedMessage' },
        { kind: 'unknown', code: 69, value: Uint8Array.of(0, 1, 1, 1, 0, 2, 1, 1) },
        { kind: 'unknown', code: 73, value: Uint8Array.of(1, 0x72, 0) },
        gracefulRestart({
          restarting: true,
          notification: true,
          restartTimeSeconds: 120,
          families: [1, 2].map((afi) => ({ afi, safi: 1, forwarding: false })),
        }),
        {
          kind: 'unknown',
          code: 71,
          value: Uint8Array.of(0, 1, 1, 0x80, 0, 0, 0, 0, 2, 1, 0x80, 0, 0, 0),
        },
      ],
    },
  },
  {
    source: `${GOBGP}, AS 4200000002`,
    hex: '004101045ba0005a0a0000022402220200490402766d000104000100010104000200014104fa56ea020506000100010002',
    codes: [2, 73, 1, 1, 65, 5],
    message: {
      ...open(23456, 90),
      capabilities: [
        { kind: 'routeRefresh' },
        { kind: 'unknown', code: 73, value: Uint8Array.of(2, 0x76, 0x6d, 0) },
        ...UNICAST,
        { kind: 'fourOctetAs', asn: 4_200_000_002 },
        { kind: 'extendedNextHop', entries: [{ afi: 1, safi: 1, nextHopAfi: 2 }] },
      ],
    },
  },
];

function open(myAs: number, holdTimeSeconds: number): Omit<OpenMessage, 'capabilities'> {
  return { kind: 'open', myAs, holdTimeSeconds, identifier: ADDRESS };
}

function gracefulRestart(
  fields: Partial<Extract<OpenMessage['capabilities'][number], { kind: 'gracefulRestart' }>>,
): OpenMessage['capabilities'][number] {
  return {
    kind: 'gracefulRestart',
    restarting: false,
    notification: false,
    restartTimeSeconds: 0,
    families: [],
    ...fields,
  };
}

function update(attributes: readonly (Attributes[number] | undefined)[], ...nlri: string[]): UpdateMessage {
  return {
    kind: 'update',
    withdrawn: [],
    attributes: attributes.filter((attribute) => attribute !== undefined),
    nlri: nlri.map(prefix),
  };
}

function path(...segments: Extract<Attributes[number], { kind: 'asPath' }>['segments']): Attributes[number] {
  return { kind: 'asPath', segments };
}

function prefix(text: string): Prefix {
  return known(parsePrefix(text), text);
}

function v4(text: string): Ipv4 {
  return known(parseIpv4(text), text);
}

function v6(text: string): Ipv6 {
  return known(parseIpv6(text), text);
}

function known<T>(value: T | undefined, text: string): T {
  if (value === undefined) throw new Error(`not understood: ${text}`);
  return value;
}
