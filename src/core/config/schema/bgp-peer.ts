import { z } from 'zod';
import { asnFromNumber } from '../../net/index.ts';
import type { DecodedBgpPeer } from '../decoded.ts';
import { checkPeer, ownPeerRules, peerRules } from './bgp-peer-rules.ts';
import { described, labelSelectors } from './fields.ts';
import { conditions, type DecodeSource, type KindDefinition, metallbVersion, ownVersion } from './kind.ts';
import { durationSeconds, ipAddress, routerIdText } from './text-values.ts';

const ASN_MAX = 4294967295;
const NODE_SELECTORS = 'Only nodes that match any one of these hold the session. Empty: every node.';

const common = {
  myASN: described(z.int().min(0).max(ASN_MAX), 'Our AS number, 1 to 4294967295.'),
  sourceAddress: described(ipAddress, 'The address of the node from which the session is opened.').exactOptional(),
  holdTime: described(
    durationSeconds,
    'The session ends when nothing came for so long: `0s` (never) or at least `3s`. Default 90s, or three times the keepalive time.',
  ).exactOptional(),
  keepaliveTime: described(
    durationSeconds,
    'How often a sign of life is sent. Default: a third of the hold time.',
  ).exactOptional(),
  routerID: described(
    routerIdText,
    'Our BGP identifier, like an IPv4 address. Default: an address of the node.',
  ).exactOptional(),
  nodeSelectors: labelSelectors(NODE_SELECTORS),
  password: described(z.string(), 'For TCP-MD5 (RFC 2385). Better: `passwordSecret`.').exactOptional(),
  bfdProfile: described(z.string(), 'Name of the BFDProfile to watch the peer with. Empty: no BFD.').exactOptional(),
  ebgpMultiHop: described(z.boolean(), 'True: the peer, of another AS, is several hops away.').exactOptional(),
};

const current = {
  ...common,
  peerASN: described(
    z.int().min(0).max(ASN_MAX),
    'AS number of the peer, 1 to 4294967295. Exactly one of this and `dynamicASN`.',
  ).exactOptional(),
  dynamicASN: described(
    z.enum(['internal', 'external']),
    'Takes any AS number of the peer that is ours (`internal`) or is not (`external`).',
  ).exactOptional(),
  peerAddress: described(z.string(), 'Address of the peer. Exactly one of this and `interface`.').exactOptional(),
  interface: described(
    z.string(),
    'The session goes to whoever is at the other end of this interface.',
  ).exactOptional(),
  // An object that was written in v1beta1 may say 0, which meant the default there.
  peerPort: described(z.int().min(0).max(16384), 'TCP port of the peer.').meta({ minimum: 1 }).default(179),
  connectTime: described(
    durationSeconds,
    'The pause between two attempts to connect: whole seconds, `1s` to `65535s`.',
  ).exactOptional(),
  passwordSecret: described(
    z.object({
      name: described(z.string(), 'Name of the Secret.').exactOptional(),
      namespace: described(z.string(), 'Its namespace; it must be that of this object.').exactOptional(),
    }),
    'A Secret of type `kubernetes.io/basic-auth` in the namespace of this object; its key `password` is for TCP-MD5.',
  )
    .meta({ 'x-kubernetes-map-type': 'atomic' })
    .exactOptional(),
  enableGracefulRestart: described(
    z.boolean(),
    'The peer keeps our routes while we restart (RFC 4724). Cannot be changed later.',
    {
      rule: 'self == oldSelf',
      message: 'enableGracefulRestart cannot be changed; delete the object and create it anew',
    },
  ).exactOptional(),
  vrf: described(z.string(), 'The VRF of the node whose interface leads to the peer.').exactOptional(),
  disableMP: described(z.boolean(), 'Deprecated. True: no routes but those of the family of the session.').default(
    false,
  ),
  dualStackAddressFamily: described(z.boolean(), 'True: routes of both families on this session.').default(false),
  localASN: described(
    z.int().min(1).max(ASN_MAX),
    'The AS number that this peer is shown in place of `myASN`, 1 to 4294967295.',
  ).exactOptional(),
};

const newest = z.object(current).superRefine(checkPeer);

const own = z
  .object({
    ...current,
    passive: described(z.boolean(), 'True: waits for the peer to connect.').exactOptional(),
    ttlSecurityHops: described(
      z.int().min(1).max(254).meta({ format: 'int32' }),
      'Packets that came over more hops than this are not taken for those of the peer (GTSM, RFC 5082); the peer must do so too. Not with `ebgpMultiHop`.',
    ).exactOptional(),
    bfdStrict: described(z.boolean(), 'True: the session waits for BFD to be up. Needs `bfdProfile`.').exactOptional(),
  })
  .superRefine(checkPeer);

/** Without what came later; what it has means the same. */
const first = z
  .object({
    ...common,
    peerASN: described(z.int().min(0).max(ASN_MAX), 'AS number of the peer, 1 to 4294967295.'),
    peerAddress: described(z.string(), 'Address of the peer.'),
    peerPort: described(z.int().min(0).max(16384), 'TCP port of the peer. Default 179.').exactOptional(),
  })
  .superRefine(checkPeer);

type Defaulted = 'peerPort' | 'disableMP' | 'dualStackAddressFamily';
type PeerSpec = Omit<z.output<typeof own>, Defaulted> & Partial<Pick<z.output<typeof own>, Defaulted>>;

const status = z.object({
  conditions: conditions.optional(),
  sessions: described(
    z.object({
      wanted: described(z.int().min(0), 'Nodes that are to hold a session with the peer.'),
      established: described(z.int().min(0), 'Those of them whose session is established.'),
    }),
    'How many sessions there are.',
  ).optional(),
  nodes: described(
    z.array(
      z.object({
        node: z.string(),
        state: described(
          z.string(),
          '`idle`, `connect`, `active`, `open-sent`, `open-confirm` or `established`; `unknown`: its speaker says nothing of it.',
        ),
        since: described(
          z.string().meta({ format: 'date-time' }),
          'When the session came up, or went down, or was first tried.',
        ).optional(),
        lastError: described(z.string(), 'Why it is down, or why it was when it was last.').optional(),
        prefixesSent: described(z.int().min(0), 'Prefixes that the peer holds of the node.'),
        bfd: described(z.string(), '`admin-down`, `down`, `init` or `up`; absent without BFD.').optional(),
      }),
    ),
    'The sessions, those that are not established first; the first 64 only.',
  ).optional(),
});

const sessionsColumn = { name: 'Established', type: 'integer', jsonPath: '.status.sessions.established' } as const;

const columns = [
  { name: 'Address', type: 'string', jsonPath: '.spec.peerAddress' },
  { name: 'ASN', type: 'string', jsonPath: '.spec.peerASN' },
  { name: 'BFD Profile', type: 'string', jsonPath: '.spec.bfdProfile' },
  { name: 'Multi Hops', type: 'string', jsonPath: '.spec.ebgpMultiHop' },
] as const;

const version = {
  status,
  specRequired: false,
  build: (from: PeerSpec, source: DecodeSource) => ({ kind: 'BGPPeer' as const, peer: peerOf(from, source) }),
};

export const bgpPeer: KindDefinition = {
  kind: 'BGPPeer',
  plural: 'bgppeers',
  singular: 'bgppeer',
  shortName: 'lbpeer',
  description: 'A router to tell routes to, by BGP.',
  versions: [
    metallbVersion(
      {
        version: 'v1beta1',
        deprecationWarning: 'metallb.io/v1beta1 BGPPeer is deprecated; write metallb.io/v1beta2',
      },
      { ...version, spec: first, columns },
    ),
    metallbVersion({ version: 'v1beta2' }, { ...version, spec: newest, rules: peerRules, columns }),
    ownVersion({
      ...version,
      spec: own,
      rules: [...peerRules, ...ownPeerRules],
      columns: [...columns, sessionsColumn],
    }),
  ],
};

function peerOf(from: PeerSpec, { origin }: DecodeSource): DecodedBgpPeer {
  const address = ipAddress.safeParse(from.peerAddress);
  return {
    name: origin.name,
    origin,
    // checkPeer saw to it that it is one.
    myAsn: asnFromNumber(from.myASN) ?? neverAsn(from.myASN),
    peerAsn: peerAsnOf(from),
    endpoint: address.success
      ? { kind: 'address', address: address.data }
      : { kind: 'interface', name: from.interface ?? '' },
    peerPort: from.peerPort || 179,
    nodeSelectors: from.nodeSelectors,
    gracefulRestart: from.enableGracefulRestart ?? false,
    ebgpMultiHop: from.ebgpMultiHop ?? false,
    dualStack: from.dualStackAddressFamily ?? false,
    disableMultiprotocol: from.disableMP ?? false,
    passive: from.passive ?? false,
    bfdStrict: from.bfdStrict ?? false,
    ...timesOf(from),
    ...localAsnOf(from),
    ...(from.ttlSecurityHops === undefined ? {} : { ttlSecurityHops: from.ttlSecurityHops }),
    ...(from.sourceAddress === undefined ? {} : { sourceAddress: from.sourceAddress }),
    ...(from.routerID === undefined ? {} : { routerId: from.routerID }),
    ...(from.bfdProfile ? { bfdProfile: from.bfdProfile } : {}),
    ...(from.vrf ? { vrf: from.vrf } : {}),
    ...passwordOf(from, origin.namespace),
  };
}

function peerAsnOf({ peerASN = 0, dynamicASN }: PeerSpec): DecodedBgpPeer['peerAsn'] {
  const asn = asnFromNumber(peerASN);
  if (asn !== undefined) return { kind: 'number', asn };
  return { kind: dynamicASN ?? 'external' };
}

/** What says nothing new is left out: an AS is not put in place of itself. */
function localAsnOf({ localASN = 0, myASN }: PeerSpec): Pick<DecodedBgpPeer, 'localAsn'> {
  const localAsn = localASN === myASN ? undefined : asnFromNumber(localASN);
  return localAsn === undefined ? {} : { localAsn };
}

/** Seconds, without fractions. Where only the keepalive time is there, the hold time is three of them. */
function timesOf({ holdTime, keepaliveTime, connectTime }: PeerSpec) {
  const hold = holdTime ?? (keepaliveTime === undefined ? undefined : keepaliveTime * 3);
  return {
    ...(hold === undefined ? {} : { holdTimeSeconds: Math.floor(hold) }),
    ...(keepaliveTime === undefined ? {} : { keepaliveTimeSeconds: Math.floor(keepaliveTime) }),
    ...(connectTime === undefined ? {} : { connectTimeSeconds: connectTime }),
  };
}

function passwordOf({ password = '', passwordSecret }: PeerSpec, namespace: string): Pick<DecodedBgpPeer, 'password'> {
  if (password !== '') return { password: { kind: 'plain', value: password } };
  if (!passwordSecret?.name) return {};
  const { name, namespace: asked = '' } = passwordSecret;
  const otherNamespace = asked === '' || asked === namespace ? undefined : asked;
  return { password: { kind: 'secret', namespace, name, ...(otherNamespace === undefined ? {} : { otherNamespace }) } };
}

function neverAsn(value: number): never {
  throw new RangeError(`${value} is not an AS number`);
}
