import { ipToBytes, macToBytes } from '../../core/net/index.ts';
import type { ConflictSign, NeighbourState, ProbeResult, SpeakerMessage } from '../../ports/channel.ts';
import { bgpSpeakerFrameFromWire, bgpSpeakerFrameToWire, type WireBgpSpeakerMessage } from './bgp-speaker-frames.ts';
import {
  addressFromWire,
  atMost,
  claimFromWire,
  claimsToWire,
  epochFromWire,
  integer,
  interfaceFromWire,
  interfaceToWire,
  type MalformedFrame,
  macFromWire,
  member,
  name,
  type WireClaim,
  type WireEpoch,
  type WireInterface,
} from './wire-values.ts';

/** What a speaker can write: its messages, and what the link says for itself. */
export type SpeakerFrame = SpeakerMessage | { readonly kind: 'credentials'; readonly token: string };

/** A protobuf object with defaults filled in; one of the members is set. */
interface WireSpeakerMessage extends WireBgpSpeakerMessage {
  readonly hello?: {
    readonly nodeName: string;
    readonly instanceId: string;
    readonly version: string;
    readonly interfaces: readonly WireInterface[];
    readonly claims: readonly WireClaim[];
    readonly newestEpoch: WireEpoch | null;
    readonly features: readonly string[];
  };
  readonly ack?: { readonly revision: number };
  readonly reject?: { readonly revision: number; readonly address: Uint8Array; readonly reason: string };
  readonly report?: { readonly interfaces: readonly WireInterface[]; readonly claims: readonly WireClaim[] };
  readonly leaving?: object;
  readonly heartbeat?: object;
  readonly claims?: { readonly made: readonly WireClaim[]; readonly dropped: readonly Uint8Array[] };
  readonly credentials?: { readonly token: string };
  readonly neighbourhood?: { readonly neighbours: readonly { readonly nodeName: string; readonly state: string }[] };
  readonly verified?: {
    readonly address: Uint8Array;
    readonly owner: string;
    readonly agrees: boolean;
    readonly answeredBy: readonly Uint8Array[];
  };
  readonly conflict?: {
    readonly address: Uint8Array;
    readonly interface: string;
    readonly mac: Uint8Array;
    readonly seen: string;
  };
  readonly conflictOver?: { readonly address: Uint8Array; readonly interface: string };
  readonly kernelAnswers?: { readonly address: Uint8Array; readonly interface: string };
  readonly groupsRefused?: { readonly interface: string };
  readonly probed?: { readonly requestId: number; readonly results: readonly WireProbeResult[] };
}

interface WireProbeResult {
  readonly address: Uint8Array;
  readonly stations: readonly { readonly interface: string; readonly mac: Uint8Array }[];
  readonly failure: string;
}

const NEIGHBOUR_STATES: Readonly<Record<NeighbourState, string>> = {
  'never-heard': 'NEVER_HEARD',
  heard: 'HEARD',
  leaving: 'LEAVING',
  stopped: 'STOPPED',
  down: 'DOWN',
  deaf: 'DEAF',
};

const SEEN: Readonly<Record<ConflictSign, string>> = {
  answer: 'ANSWER',
  announcement: 'ANNOUNCEMENT',
  'own-mac': 'OWN_MAC',
  'every-address': 'EVERY_ADDRESS',
};

/** Neighbours of one node; also who may answer for one address, and is worth naming. */
const MAX_NEIGHBOURS = 32;

export function speakerFrameToWire(frame: SpeakerFrame | MalformedFrame): object {
  switch (frame.kind) {
    case 'hello':
      return {
        hello: { ...frame, interfaces: frame.interfaces.map(interfaceToWire), claims: claimsToWire(frame.claims) },
      };
    case 'reject':
      return { reject: { ...frame, address: frame.address === undefined ? undefined : ipToBytes(frame.address) } };
    case 'report':
      return { report: { interfaces: frame.interfaces.map(interfaceToWire), claims: claimsToWire(frame.claims) } };
    case 'claims':
      return { claims: { made: claimsToWire(frame.made), dropped: frame.dropped.map(ipToBytes) } };
    case 'neighbourhood': {
      const neighbours = frame.neighbours.map((one) => ({ ...one, state: NEIGHBOUR_STATES[one.state] }));
      return { neighbourhood: { neighbours } };
    }
    case 'verified': {
      const answeredBy = frame.answeredBy.slice(0, MAX_NEIGHBOURS).map(macToBytes);
      return { verified: { ...frame, address: ipToBytes(frame.address), answeredBy } };
    }
    case 'conflict':
      return {
        conflict: { ...frame, address: ipToBytes(frame.address), mac: macToBytes(frame.mac), seen: SEEN[frame.seen] },
      };
    case 'conflict-over':
      return { conflictOver: { address: ipToBytes(frame.address), interface: frame.interface } };
    case 'kernel-answers':
      return { kernelAnswers: { address: ipToBytes(frame.address), interface: frame.interface } };
    case 'groups-refused':
      return { groupsRefused: { interface: frame.interface } };
    case 'probed':
      return { probed: { requestId: frame.requestId, results: frame.results.map(probeResultToWire) } };
    case 'bgp-ack':
    case 'bgp-report':
      return bgpSpeakerFrameToWire(frame);
    case 'malformed':
      throw new TypeError('nobody sends a malformed frame');
    default:
      return { [frame.kind]: frame };
  }
}

/**
 * A message of a kind that only a newer release knows says no more than that its sender lives: half of an upgrade must not end
 * sessions.
 * @throws Error for a message with a value that is not allowed
 */
export function speakerFrameFromWire(object: object): SpeakerFrame {
  const wire = object as WireSpeakerMessage;
  if (wire.hello) return helloFromWire(wire.hello);
  if (wire.ack) return { kind: 'ack', revision: integer('revision', wire.ack.revision) };
  if (wire.reject) {
    const { address, reason } = wire.reject;
    const revision = integer('revision', wire.reject.revision);
    return { kind: 'reject', revision, reason, ...(address.length === 0 ? {} : { address: addressFromWire(address) }) };
  }
  if (wire.report) {
    const { interfaces, claims } = wire.report;
    return { kind: 'report', interfaces: interfaces.map(interfaceFromWire), claims: claims.map(claimFromWire) };
  }
  if (wire.claims) {
    const { made, dropped } = wire.claims;
    return { kind: 'claims', made: made.map(claimFromWire), dropped: dropped.map(addressFromWire) };
  }
  if (wire.credentials) return { kind: 'credentials', token: wire.credentials.token };
  if (wire.leaving) return { kind: 'leaving' };
  if (wire.heartbeat) return { kind: 'heartbeat' };
  return bgpSpeakerFrameFromWire(wire) ?? observationFromWire(wire);
}

/** What a speaker sees of others. */
function observationFromWire(wire: WireSpeakerMessage): SpeakerFrame {
  if (wire.neighbourhood) {
    const neighbours = atMost(MAX_NEIGHBOURS, 'neighbours', wire.neighbourhood.neighbours).map((one) => ({
      nodeName: name('node_name', one.nodeName),
      state: member('state', NEIGHBOUR_STATES, one.state),
    }));
    return { kind: 'neighbourhood', neighbours };
  }
  if (wire.verified) {
    const { address, owner, agrees } = wire.verified;
    const answeredBy = atMost(MAX_NEIGHBOURS, 'answered_by', wire.verified.answeredBy).map(macFromWire);
    return { kind: 'verified', address: addressFromWire(address), owner: name('owner', owner), agrees, answeredBy };
  }
  if (wire.conflict) {
    const { address, mac, seen } = wire.conflict;
    return {
      kind: 'conflict',
      address: addressFromWire(address),
      interface: name('interface', wire.conflict.interface),
      mac: macFromWire(mac),
      seen: member('seen', SEEN, seen),
    };
  }
  if (wire.conflictOver)
    return {
      kind: 'conflict-over',
      address: addressFromWire(wire.conflictOver.address),
      interface: name('interface', wire.conflictOver.interface),
    };
  if (wire.kernelAnswers) {
    const { address, interface: on } = wire.kernelAnswers;
    return { kind: 'kernel-answers', address: addressFromWire(address), interface: name('interface', on) };
  }
  if (wire.groupsRefused) return { kind: 'groups-refused', interface: name('interface', wire.groupsRefused.interface) };
  if (wire.probed) {
    const { requestId, results } = wire.probed;
    return { kind: 'probed', requestId: integer('request_id', requestId), results: results.map(probeResultFromWire) };
  }
  return { kind: 'heartbeat' };
}

function helloFromWire(hello: NonNullable<WireSpeakerMessage['hello']>): SpeakerFrame {
  return {
    kind: 'hello',
    nodeName: name('node_name', hello.nodeName),
    instanceId: name('instance_id', hello.instanceId),
    version: hello.version,
    interfaces: hello.interfaces.map(interfaceFromWire),
    claims: hello.claims.map(claimFromWire),
    ...(hello.newestEpoch === null ? {} : { newestEpoch: epochFromWire(hello.newestEpoch) }),
    // Of a newer speaker there may be others.
    ...(hello.features.includes('bgp') ? { features: ['bgp'] as const } : {}),
  };
}

function probeResultToWire({ address, stations, failure }: ProbeResult): object {
  return {
    address: ipToBytes(address),
    stations: stations.slice(0, MAX_NEIGHBOURS).map((one) => ({ interface: one.interface, mac: macToBytes(one.mac) })),
    failure,
  };
}

function probeResultFromWire({ address, stations, failure }: WireProbeResult): ProbeResult {
  return {
    address: addressFromWire(address),
    stations: atMost(MAX_NEIGHBOURS, 'stations', stations).map((one) => ({
      interface: name('interface', one.interface),
      mac: macFromWire(one.mac),
    })),
    ...(failure === '' ? {} : { failure }),
  };
}
