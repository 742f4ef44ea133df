import { type IpAddress, ipFromBytes, ipToBytes, macFromBytes, macToBytes } from '../../core/net/index.ts';
import type { Claim, ControllerMessage, Epoch, Grant, InterfaceReport, SpeakerMessage } from '../../ports/channel.ts';

// proto/heraldlb/speaker/v1/speaker.proto as messages of ports/channel.ts, and back. What is read came from another host:
// every field is checked, and what does not fit throws an Error that says which field it is.

/** What a speaker can write: its messages, and what the link says for itself. */
export type SpeakerFrame = SpeakerMessage | { readonly kind: 'credentials'; readonly token: string };

type Snapshot = Extract<ControllerMessage, { kind: 'snapshot' }>;

/** What the controller can write. A snapshot with `more` set goes on in the next frame. */
export type ControllerFrame = Exclude<ControllerMessage, Snapshot> | (Snapshot & { readonly more: boolean });

/** Stands for bytes that are no message of the contract. */
export interface MalformedFrame {
  readonly kind: 'malformed';
  readonly reason: string;
}

const MAX_CANDIDATES = 3;
/** @see RFC 1123 §2.1: a node's name is a DNS subdomain */
const MAX_NAME_LENGTH = 253;

interface WireEpoch {
  readonly generation: number;
  readonly counter: number;
}

interface WireClaim {
  readonly address: Uint8Array;
  readonly epoch: WireEpoch | null;
}

interface WireGrant extends WireClaim {
  readonly candidates: readonly string[];
  readonly interfaces: { readonly names: readonly string[] } | null;
}

interface WireInterface {
  readonly name: string;
  readonly mac: Uint8Array;
  readonly up: boolean;
}

/** A protobuf object with defaults filled in; `kind` names the one member that is set. */
interface WireSpeakerMessage {
  readonly kind?: string;
  readonly hello?: {
    readonly nodeName: string;
    readonly instanceId: string;
    readonly version: string;
    readonly interfaces: readonly WireInterface[];
    readonly claims: readonly WireClaim[];
    readonly newestEpoch: WireEpoch | null;
  };
  readonly ack?: { readonly revision: number };
  readonly reject?: { readonly revision: number; readonly address: Uint8Array; readonly reason: string };
  readonly report?: { readonly interfaces: readonly WireInterface[]; readonly claims: readonly WireClaim[] };
  readonly leaving?: object;
  readonly heartbeat?: object;
  readonly claims?: { readonly made: readonly WireClaim[]; readonly dropped: readonly Uint8Array[] };
  readonly credentials?: { readonly token: string };
}

interface WireControllerMessage {
  readonly kind?: string;
  readonly welcome?: { readonly heartbeatIntervalMs: number };
  readonly snapshot?: { readonly revision: number; readonly grants: readonly WireGrant[]; readonly more: boolean };
  readonly delta?: {
    readonly revision: number;
    readonly grants: readonly WireGrant[];
    readonly revoked: readonly Uint8Array[];
  };
  readonly heartbeat?: object;
}

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
    case 'malformed':
      throw new TypeError('nobody sends a malformed frame');
    default:
      return { [frame.kind]: frame };
  }
}

/** @throws Error for a message without a known kind, or with a value that is not allowed. */
export function speakerFrameFromWire(object: object): SpeakerFrame {
  const wire = object as WireSpeakerMessage;
  if (wire.hello) {
    return {
      kind: 'hello',
      nodeName: name('node_name', wire.hello.nodeName),
      instanceId: name('instance_id', wire.hello.instanceId),
      version: wire.hello.version,
      interfaces: wire.hello.interfaces.map(interfaceFromWire),
      claims: wire.hello.claims.map(claimFromWire),
      ...(wire.hello.newestEpoch === null ? {} : { newestEpoch: epochFromWire(wire.hello.newestEpoch) }),
    };
  }
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
  throw new Error('a message of no known kind');
}

export function controllerFrameToWire(frame: ControllerFrame | MalformedFrame): object {
  switch (frame.kind) {
    case 'snapshot':
      return { snapshot: { ...frame, grants: frame.grants.map(grantToWire) } };
    case 'delta':
      return { delta: { ...frame, grants: frame.grants.map(grantToWire), revoked: frame.revoked.map(ipToBytes) } };
    case 'malformed':
      throw new TypeError('nobody sends a malformed frame');
    default:
      return { [frame.kind]: frame };
  }
}

/** @throws Error for a message without a known kind, or with a value that is not allowed. */
export function controllerFrameFromWire(object: object): ControllerFrame {
  const wire = object as WireControllerMessage;
  if (wire.welcome) {
    const { heartbeatIntervalMs } = wire.welcome;
    if (heartbeatIntervalMs === 0) throw new Error('heartbeat_interval_ms is 0');
    return { kind: 'welcome', heartbeatIntervalMs };
  }
  if (wire.snapshot) {
    const { grants, more } = wire.snapshot;
    return {
      kind: 'snapshot',
      revision: integer('revision', wire.snapshot.revision),
      grants: grants.map(grantFromWire),
      more,
    };
  }
  if (wire.delta) {
    return {
      kind: 'delta',
      revision: integer('revision', wire.delta.revision),
      grants: wire.delta.grants.map(grantFromWire),
      revoked: wire.delta.revoked.map(addressFromWire),
    };
  }
  if (wire.heartbeat) return { kind: 'heartbeat' };
  throw new Error('a message of no known kind');
}

function grantToWire(grant: Grant): object {
  return {
    address: ipToBytes(grant.address),
    epoch: grant.epoch,
    candidates: grant.candidates,
    ...(grant.interfaces === undefined ? {} : { interfaces: { names: grant.interfaces } }),
  };
}

function grantFromWire(wire: WireGrant): Grant {
  const { length } = wire.candidates;
  if (length === 0 || length > MAX_CANDIDATES) throw new Error(`candidates: ${length}, not 1 to ${MAX_CANDIDATES}`);
  return {
    ...claimFromWire(wire),
    candidates: wire.candidates.map((candidate) => name('candidates', candidate)),
    ...(wire.interfaces === null ? {} : { interfaces: wire.interfaces.names }),
  };
}

function claimsToWire(claims: readonly Claim[]): object[] {
  return claims.map(({ address, epoch }) => ({ address: ipToBytes(address), epoch }));
}

function claimFromWire(wire: WireClaim): Claim {
  return { address: addressFromWire(wire.address), epoch: epochFromWire(wire.epoch) };
}

function epochFromWire(epoch: WireEpoch | null): Epoch {
  if (epoch === null) throw new Error('epoch is missing');
  return { generation: integer('generation', epoch.generation), counter: integer('counter', epoch.counter) };
}

function interfaceToWire(report: InterfaceReport): object {
  return { name: report.name, mac: macToBytes(report.mac), up: report.up };
}

function interfaceFromWire(wire: WireInterface): InterfaceReport {
  return { name: name('interface', wire.name), mac: macFromBytes(wire.mac), up: wire.up };
}

function addressFromWire(bytes: Uint8Array): IpAddress {
  return ipFromBytes(bytes);
}

function name(field: string, value: string): string {
  if (value.length === 0 || value.length > MAX_NAME_LENGTH) throw new Error(`${field} has ${value.length} characters`);
  return value;
}

/** Above 2^53 a number would be another one than was sent. */
function integer(field: string, value: number): number {
  if (!Number.isSafeInteger(value)) throw new Error(`${field} is above 2^53`);
  return value;
}
