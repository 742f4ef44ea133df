import { describeRefusal } from '../src/controller/provider/refusal-text.ts';
import type { Refusal, SharingConflict } from '../src/core/ipam/index.ts';
import { type IpAddress, parseIp } from '../src/core/net/index.ts';
import { unionMembers } from './union-members.ts';

interface Section {
  readonly title: string;
  readonly intro: string;
  /** Where the reasons are: a file below src, and a union in it. */
  readonly unions: readonly (readonly [file: string, type: string])[];
}

const HEADER = `# Reasons and refusals

Made by \`npm run generate\` from the sources. Every refusal says in its message what is wrong and what to do; this page lists the reasons, for scripts and for who wants to know what there is.

`;

const SECTIONS: readonly Section[] = [
  {
    title: 'Condition `Valid` of configuration objects',
    intro: 'Whether the object is in force as it is written.',
    unions: [['core/config/verdict.ts', 'VerdictReason']],
  },
  {
    title: 'Condition `heraldlb.io/Announced` of a Service: layer 2',
    intro: '`Announced`, `AnnouncedWithWarnings`, or why it is not:',
    unions: [['controller/announcer/service-announcement.ts', 'ObstacleReason']],
  },
  {
    title: 'Condition `heraldlb.io/Announced` of a Service: BGP',
    intro: 'Why no router is told:',
    unions: [['controller/bgp/bgp-state.ts', 'BgpObstacleReason']],
  },
  {
    title: 'Why a node announces an address',
    intro:
      'In `nodeAssigned`, the condition, `heraldlb timeline`, the log event `ownership-changed`, and as label `reason` of `heraldlb_owner_changes_total`.',
    unions: [['core/fsm/ownership/types.ts', 'ClaimReason']],
  },
  {
    title: 'Why a node stands in for another, or lets go of an address',
    intro: 'Label `reason` of `heraldlb_speaker_ownership_changes_total`, with `holding` `stand-in` or `nothing`.',
    unions: [
      ['core/fsm/ownership/types.ts', 'StandInReason'],
      ['core/fsm/ownership/types.ts', 'ReleaseReason'],
    ],
  },
  {
    title: 'Why a BGP session ended',
    intro:
      'Label `cause` of `heraldlb_bgp_session_ends_total`. The status of the BGPPeer says it in a sentence; its condition `Established` has the reason `AllEstablished`, `SomeDown`, `NoneEstablished`, `NoPassword` or `NoMatchingNode`.',
    unions: [['core/fsm/bgp/types.ts', 'EndCause']],
  },
  {
    title: 'Frames that are not answered',
    intro: 'Label `reason` of `heraldlb_speaker_drops_total`.',
    unions: [['ports/packet-plane.ts', 'DropReason']],
  },
  {
    title: 'Hellos that are ignored',
    intro: 'Label `reason` of `heraldlb_speaker_hello_drops_total`.',
    unions: [['ports/packet-plane.ts', 'HelloDropReason']],
  },
  {
    title: 'BFD packets that change nothing',
    intro: 'Label `reason` of `heraldlb_bfd_drops_total`.',
    unions: [['ports/bfd.ts', 'BfdPacketDrop']],
  },
];

/** The reference page of what is refused, and why. */
export function errorsReference(): string {
  return [
    HEADER,
    '## Exit status\n\n',
    '0: it was asked to stop, and did. 1: it could not go on; the last line of the log (`fatal`) says why and what to do. 2: wrong usage; of the commands for people also a cluster that could not be read.\n\n',
    addressSection(),
    ...SECTIONS.map(section),
  ].join('');
}

function section({ title, intro, unions }: Section): string {
  const rows = unions
    .flatMap(([file, type]) => unionMembers(file, type))
    .map(({ name, meaning }) => `| \`${name}\` | ${meaning} |\n`);
  return `## ${title}\n\n${intro}\n\n| reason | meaning |\n|---|---|\n${rows.join('')}\n`;
}

function addressSection(): string {
  const sentences = [...Object.values(REFUSALS), ...Object.values(CONFLICTS).map(heldBecause)].map(describeRefusal);
  return [
    '## Condition `heraldlb.io/AddressAllocated` of a Service\n\n',
    '`Allocated`; `AllocationFailed`: there is no address for it; `LoadBalancerFailed`: what it asks for cannot be, and it keeps what it has; `LoadBalancerPending`: it is put off for a known time. The message has one of these for each pool or address that was tried, such as:\n\n',
    ...sentences.map((sentence) => `- ${sentence}\n`),
    '\n',
  ].join('');
}

const ADDRESS = address('192.0.2.10');
const POOL = 'office';

/** One of each kind. */
const REFUSALS: { readonly [Kind in Exclude<Refusal['kind'], 'held'>]: Extract<Refusal, { readonly kind: Kind }> } = {
  'no-pools': { kind: 'no-pools' },
  'no-such-pool': { kind: 'no-such-pool', pool: 'ofice', known: [POOL] },
  'not-auto-assigned': { kind: 'not-auto-assigned', pool: POOL },
  'not-admitted': { kind: 'not-admitted', pool: POOL },
  'family-missing': { kind: 'family-missing', pool: POOL, family: 'IPv6' },
  exhausted: {
    kind: 'exhausted',
    pool: POOL,
    family: 'IPv4',
    usable: 11n,
    assigned: 8,
    barred: 1,
    resting: 1,
    promised: 1,
  },
  'outside-pools': { kind: 'outside-pools', address: ADDRESS },
  'other-pool': { kind: 'other-pool', address: ADDRESS, pool: POOL, wanted: ['lab'] },
  'address-not-admitted': { kind: 'address-not-admitted', address: ADDRESS, pool: POOL },
  buggy: { kind: 'buggy', address: address('192.0.2.255'), pool: POOL },
  'node-address': { kind: 'node-address', address: ADDRESS, node: 'node-1' },
  quarantined: { kind: 'quarantined', address: ADDRESS, cause: 'another host answers for it' },
  reserved: { kind: 'reserved', address: ADDRESS, pool: POOL, holder: 'shop/web' },
  'family-unwanted': { kind: 'family-unwanted', address: ADDRESS, families: ['IPv6'] },
};

const CONFLICTS: {
  readonly [Kind in SharingConflict['kind']]: Extract<SharingConflict, { readonly kind: Kind }>;
} = {
  exclusive: { kind: 'exclusive' },
  'holder-has-no-key': { kind: 'holder-has-no-key' },
  'no-key': { kind: 'no-key', holderKey: 'web' },
  'other-key': { kind: 'other-key', key: 'shop', holderKey: 'web' },
  'other-scope': { kind: 'other-scope', key: 'web' },
  'other-backend': { kind: 'other-backend', key: 'web' },
  port: { kind: 'port', port: 'TCP/443' },
};

function heldBecause(conflict: SharingConflict): Refusal {
  return { kind: 'held', address: ADDRESS, holder: 'shop/web', conflict, leaving: false };
}

function address(text: string): IpAddress {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
}
