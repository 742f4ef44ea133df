import {
  type IpAddress,
  ipFromBytes,
  ipToBytes,
  type MacAddress,
  macFromBytes,
  macToBytes,
} from '../../core/net/index.ts';
import type { Claim, Epoch, InterfaceReport } from '../../ports/channel.ts';

// What messages of both directions are made of. What is read came from another host: every field is checked, and what does
// not fit throws an Error that says which field it is.

/** Stands for bytes that are no message of the contract. */
export interface MalformedFrame {
  readonly kind: 'malformed';
  readonly reason: string;
}

/** @see RFC 1123 §2.1: a node's name is a DNS subdomain */
const MAX_NAME_LENGTH = 253;
const MAX_REASON_LENGTH = 64;

export interface WireEpoch {
  readonly generation: number;
  readonly counter: number;
}

export interface WireClaim {
  readonly address: Uint8Array;
  readonly epoch: WireEpoch | null;
  readonly term: number;
  readonly heldForMs?: number;
  readonly reason: string;
  readonly gapMs?: number;
}

export interface WireInterface {
  readonly name: string;
  readonly mac: Uint8Array;
  readonly up: boolean;
}

export function claimsToWire(claims: readonly Claim[]): object[] {
  return claims.map((claim) => ({ ...claim, address: ipToBytes(claim.address) }));
}

export function claimFromWire(wire: WireClaim): Claim {
  const { heldForMs, reason, gapMs } = wire;
  if (reason.length > MAX_REASON_LENGTH) throw new Error(`reason has ${reason.length} characters`);
  return {
    address: addressFromWire(wire.address),
    epoch: epochFromWire(wire.epoch),
    term: wire.term,
    ...(heldForMs === undefined ? {} : { heldForMs: integer('held_for_ms', heldForMs) }),
    ...(reason === '' ? {} : { reason }),
    ...(gapMs === undefined ? {} : { gapMs: integer('gap_ms', gapMs) }),
  };
}

export function epochFromWire(epoch: WireEpoch | null): Epoch {
  if (epoch === null) throw new Error('epoch is missing');
  return { generation: integer('generation', epoch.generation), counter: integer('counter', epoch.counter) };
}

export function interfaceToWire(report: InterfaceReport): object {
  return { name: report.name, mac: macToBytes(report.mac), up: report.up };
}

export function interfaceFromWire(wire: WireInterface): InterfaceReport {
  return { name: name('interface', wire.name), mac: macFromWire(wire.mac), up: wire.up };
}

export function addressFromWire(bytes: Uint8Array): IpAddress {
  return ipFromBytes(bytes);
}

export function macFromWire(bytes: Uint8Array): MacAddress {
  return macFromBytes(bytes);
}

export function name(field: string, value: string): string {
  if (value.length === 0 || value.length > MAX_NAME_LENGTH) throw new Error(`${field} has ${value.length} characters`);
  return value;
}

/** Above 2^53 a number would be another one than was sent. */
export function integer(field: string, value: number): number {
  if (!Number.isSafeInteger(value)) throw new Error(`${field} is above 2^53`);
  return value;
}

/** No list of this field is longer. */
export function atMost<Item>(limit: number, field: string, items: readonly Item[]): readonly Item[] {
  if (items.length > limit) throw new Error(`${field}: ${items.length}, more than ${limit}`);
  return items;
}

/** The member of a closed union that has this name on the wire. */
export function member<Member extends string>(
  field: string,
  names: Readonly<Record<Member, string>>,
  value: string,
): Member {
  for (const key in names) if (names[key] === value) return key;
  throw new Error(`${field} is ${value}`);
}
