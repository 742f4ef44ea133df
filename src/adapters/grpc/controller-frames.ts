import { type IpAddress, ipToBytes } from '../../core/net/index.ts';
import type { BgpControllerMessage } from '../../ports/bgp-channel.ts';
import type { ControllerMessage, Grant, HelloKey, Neighbour } from '../../ports/channel.ts';
import {
  type BgpControllerFrame,
  bgpControllerFrameFromWire,
  bgpControllerFrameToWire,
  type WireBgpControllerMessage,
} from './bgp-controller-frames.ts';
import {
  addressFromWire,
  atMost,
  epochFromWire,
  integer,
  type MalformedFrame,
  name,
  type WireEpoch,
} from './wire-values.ts';

type Snapshot = Extract<ControllerMessage, { kind: 'snapshot' }>;

/** What the controller can write. A snapshot with `more` set goes on in the next frame. */
export type ControllerFrame =
  | Exclude<ControllerMessage, Snapshot | BgpControllerMessage>
  | (Snapshot & { readonly more: boolean })
  | BgpControllerFrame;

const MAX_CANDIDATES = 3;
const MAX_NEIGHBOURS = 32;
/** One of each family. */
const MAX_NODE_ADDRESSES = 2;
const MAX_HELLO_KEYS = 2;
const HELLO_KEY_OCTETS = 32;
const MAX_HELLO_KEY_ID = 255;

interface WireGrant {
  readonly address: Uint8Array;
  readonly epoch: WireEpoch | null;
  readonly candidates: readonly string[];
  readonly interfaces: { readonly names: readonly string[] } | null;
  readonly probed: boolean;
}

/** A protobuf object with defaults filled in; one of the members is set. */
interface WireControllerMessage extends WireBgpControllerMessage {
  readonly welcome?: { readonly heartbeatIntervalMs: number };
  readonly snapshot?: { readonly revision: number; readonly grants: readonly WireGrant[]; readonly more: boolean };
  readonly delta?: {
    readonly revision: number;
    readonly grants: readonly WireGrant[];
    readonly revoked: readonly Uint8Array[];
  };
  readonly heartbeat?: object;
  readonly neighbours?: {
    readonly neighbours: readonly { readonly nodeName: string; readonly addresses: readonly Uint8Array[] }[];
    readonly ownAddresses: readonly Uint8Array[];
  };
  readonly helloKeys?: { readonly keys: readonly { readonly id: number; readonly key: Uint8Array }[] };
  readonly probe?: { readonly requestId: number; readonly addresses: readonly Uint8Array[] };
  readonly reclaim?: { readonly addresses: readonly Uint8Array[] };
}

export function controllerFrameToWire(frame: ControllerFrame | MalformedFrame): object {
  switch (frame.kind) {
    case 'snapshot':
      return { snapshot: { ...frame, grants: frame.grants.map(grantToWire) } };
    case 'delta':
      return { delta: { ...frame, grants: frame.grants.map(grantToWire), revoked: frame.revoked.map(ipToBytes) } };
    case 'neighbours':
      return {
        neighbours: {
          neighbours: frame.neighbours.map(neighbourToWire),
          ownAddresses: frame.ownAddresses.map(ipToBytes),
        },
      };
    case 'hello-keys':
      return { helloKeys: { keys: frame.keys } };
    case 'probe':
      return { probe: { requestId: frame.requestId, addresses: frame.addresses.map(ipToBytes) } };
    case 'reclaim':
      return { reclaim: { addresses: frame.addresses.map(ipToBytes) } };
    case 'bgp-snapshot':
    case 'bgp-delta':
      return bgpControllerFrameToWire(frame);
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
  if (wire.neighbours) {
    const neighbours = atMost(MAX_NEIGHBOURS, 'neighbours', wire.neighbours.neighbours).map(neighbourFromWire);
    return { kind: 'neighbours', neighbours, ownAddresses: nodeAddressesFromWire(wire.neighbours.ownAddresses) };
  }
  if (wire.helloKeys) {
    return { kind: 'hello-keys', keys: atMost(MAX_HELLO_KEYS, 'keys', wire.helloKeys.keys).map(helloKeyFromWire) };
  }
  if (wire.probe) {
    const requestId = integer('request_id', wire.probe.requestId);
    return { kind: 'probe', requestId, addresses: wire.probe.addresses.map(addressFromWire) };
  }
  if (wire.reclaim) return { kind: 'reclaim', addresses: wire.reclaim.addresses.map(addressFromWire) };
  const frame = bgpControllerFrameFromWire(wire);
  if (frame !== undefined) return frame;
  return { kind: 'heartbeat' };
}

function grantToWire(grant: Grant): object {
  return {
    address: ipToBytes(grant.address),
    epoch: grant.epoch,
    candidates: grant.candidates,
    ...(grant.interfaces === undefined ? {} : { interfaces: { names: grant.interfaces } }),
    probed: grant.probed === true,
  };
}

function grantFromWire(wire: WireGrant): Grant {
  const { length } = wire.candidates;
  if (length === 0 || length > MAX_CANDIDATES) throw new Error(`candidates: ${length}, not 1 to ${MAX_CANDIDATES}`);
  return {
    address: addressFromWire(wire.address),
    epoch: epochFromWire(wire.epoch),
    candidates: wire.candidates.map((candidate) => name('candidates', candidate)),
    ...(wire.interfaces === null ? {} : { interfaces: wire.interfaces.names }),
    ...(wire.probed ? { probed: true } : {}),
  };
}

function neighbourToWire({ nodeName, addresses }: Neighbour): object {
  return { nodeName, addresses: addresses.map(ipToBytes) };
}

function neighbourFromWire(wire: { readonly nodeName: string; readonly addresses: readonly Uint8Array[] }): Neighbour {
  return { nodeName: name('node_name', wire.nodeName), addresses: nodeAddressesFromWire(wire.addresses) };
}

function nodeAddressesFromWire(addresses: readonly Uint8Array[]): readonly IpAddress[] {
  return atMost(MAX_NODE_ADDRESSES, 'addresses', addresses).map(addressFromWire);
}

function helloKeyFromWire({ id, key }: HelloKey): HelloKey {
  if (id > MAX_HELLO_KEY_ID) throw new Error(`id is ${id}, above ${MAX_HELLO_KEY_ID}`);
  if (key.length !== HELLO_KEY_OCTETS) throw new Error(`key has ${key.length} octets, not ${HELLO_KEY_OCTETS}`);
  // A copy: the bytes of a message are a view of all that was read.
  return { id, key: Uint8Array.from(key) };
}
