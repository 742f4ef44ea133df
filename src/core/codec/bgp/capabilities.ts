import { ByteReader, ByteWriter } from '../../bytes/index.ts';
import { CapabilityCode } from './constants.ts';
import type { AfiSafi } from './family.ts';

/** What a speaker says in its OPEN that it can do. Whoever does not know one ignores it. @see RFC 5492 */
export type Capability =
  /** @see RFC 4760 §8 */
  | (AfiSafi & { readonly kind: 'multiprotocol' })
  /** @see RFC 2918 §2 */
  | { readonly kind: 'routeRefresh' }
  /** @see RFC 8950 §4 */
  | { readonly kind: 'extendedNextHop'; readonly entries: readonly ExtendedNextHopEntry[] }
  /** @see RFC 8654 §3 */
  | { readonly kind: 'extendedMessage' }
  | GracefulRestartCapability
  /** @see RFC 6793 §3 */
  | { readonly kind: 'fourOctetAs'; readonly asn: number }
  /** @see RFC 7313 §3.1 */
  | { readonly kind: 'enhancedRouteRefresh' }
  /** Any other code, or a known one whose length is not its own. */
  | { readonly kind: 'unknown'; readonly code: number; readonly value: Uint8Array };

/** Routes of `afi`/`safi` may have a next hop of `nextHopAfi`. */
export interface ExtendedNextHopEntry extends AfiSafi {
  readonly nextHopAfi: number;
}

/** @see RFC 4724 §3, RFC 8538 §2 */
export interface GracefulRestartCapability {
  readonly kind: 'gracefulRestart';
  /** R: the speaker restarted and has not finished sending its routes. */
  readonly restarting: boolean;
  /** N: a NOTIFICATION does not make the peer drop the routes, unless it is a Hard Reset. */
  readonly notification: boolean;
  /** How long the peer keeps the routes of a lost session, 0 to 4095 s. */
  readonly restartTimeSeconds: number;
  readonly families: readonly GracefulRestartFamily[];
}

export interface GracefulRestartFamily extends AfiSafi {
  /** F: packets were forwarded all the while. */
  readonly forwarding: boolean;
}

/** One kind of capability: its code, the lengths it may have, and its value. */
interface CapabilityRow<C extends Capability> {
  readonly code: number;
  readonly fits: (length: number) => boolean;
  decode(reader: ByteReader): C;
  encode(writer: ByteWriter, capability: C): void;
}

type Named<K extends Capability['kind']> = CapabilityRow<Extract<Capability, { readonly kind: K }>>;

const RESTARTING = 0x8000;
const NOTIFICATION = 0x4000;
const RESTART_TIME = 0x0fff;
const FORWARDING = 0x80;

const multiprotocol: Named<'multiprotocol'> = {
  code: CapabilityCode.multiprotocol,
  fits: (length) => length === 4,
  decode: (reader) => {
    const afi = reader.u16('AFI');
    reader.u8('reserved');
    return { kind: 'multiprotocol', afi, safi: reader.u8('SAFI') };
  },
  encode: (writer, { afi, safi }) => writer.u16(afi).u8(0).u8(safi),
};

const extendedNextHop: Named<'extendedNextHop'> = {
  code: CapabilityCode.extendedNextHop,
  fits: (length) => length % 6 === 0,
  decode: (reader) => {
    const entries: ExtendedNextHopEntry[] = [];
    while (reader.remaining > 0) {
      entries.push({ afi: reader.u16('AFI'), safi: reader.u16('SAFI'), nextHopAfi: reader.u16('next hop AFI') });
    }
    return { kind: 'extendedNextHop', entries };
  },
  encode: (writer, { entries }) => {
    for (const { afi, safi, nextHopAfi } of entries) writer.u16(afi).u16(safi).u16(nextHopAfi);
  },
};

const gracefulRestart: Named<'gracefulRestart'> = {
  code: CapabilityCode.gracefulRestart,
  fits: (length) => length % 4 === 2,
  decode: (reader) => {
    const first = reader.u16('restart flags and time');
    const families: GracefulRestartFamily[] = [];
    while (reader.remaining > 0) {
      const [afi, safi] = [reader.u16('AFI'), reader.u8('SAFI')];
      families.push({ afi, safi, forwarding: (reader.u8('flags') & FORWARDING) !== 0 });
    }
    return {
      kind: 'gracefulRestart',
      restarting: (first & RESTARTING) !== 0,
      notification: (first & NOTIFICATION) !== 0,
      restartTimeSeconds: first & RESTART_TIME,
      families,
    };
  },
  encode: (writer, { restarting, notification, restartTimeSeconds, families }) => {
    writer.u16((restarting ? RESTARTING : 0) | (notification ? NOTIFICATION : 0) | restartTimeSeconds);
    for (const { afi, safi, forwarding } of families)
      writer
        .u16(afi)
        .u8(safi)
        .u8(forwarding ? FORWARDING : 0);
  },
};

const fourOctetAs: Named<'fourOctetAs'> = {
  code: CapabilityCode.fourOctetAs,
  fits: (length) => length === 4,
  decode: (reader) => ({ kind: 'fourOctetAs', asn: reader.u32('AS number') }),
  encode: (writer, { asn }) => writer.u32(asn),
};

/** One that has no value: to name it is all. */
function flag<K extends 'routeRefresh' | 'extendedMessage' | 'enhancedRouteRefresh'>(
  code: number,
  capability: Extract<Capability, { readonly kind: K }>,
): Named<K> {
  return { code, fits: (length) => length === 0, decode: () => capability, encode: () => {} };
}

const ROWS: Readonly<Record<Exclude<Capability['kind'], 'unknown'>, CapabilityRow<Capability>>> = {
  multiprotocol,
  routeRefresh: flag(CapabilityCode.routeRefresh, { kind: 'routeRefresh' }),
  extendedNextHop,
  extendedMessage: flag(CapabilityCode.extendedMessage, { kind: 'extendedMessage' }),
  gracefulRestart,
  fourOctetAs,
  enhancedRouteRefresh: flag(CapabilityCode.enhancedRouteRefresh, { kind: 'enhancedRouteRefresh' }),
};

const ROW_OF_CODE: ReadonlyMap<number, CapabilityRow<Capability>> = new Map(
  Object.values(ROWS).map((row) => [row.code, row]),
);

export function capabilityCode(capability: Capability): number {
  return capability.kind === 'unknown' ? capability.code : ROWS[capability.kind].code;
}

/** One capability. Those of a length that is not their own are kept as unknown: nothing can be said of them. @throws DecodeError */
export function readCapability(reader: ByteReader): Capability {
  const code = reader.u8('capability code');
  const body = reader.sub(reader.u8('capability length'), 'capability');
  const row = ROW_OF_CODE.get(code);
  if (row?.fits(body.remaining) === true) return row.decode(body);
  // Without the number of a peer that has one, nothing of what it sends could be read rightly.
  if (code === CapabilityCode.fourOctetAs) throw body.fail('four-octet AS number capability');
  return { kind: 'unknown', code, value: body.rest().slice() };
}

export function writeCapability(writer: ByteWriter, capability: Capability): void {
  const value = new ByteWriter();
  if (capability.kind === 'unknown') value.bytes(capability.value);
  else ROWS[capability.kind].encode(value, capability);
  writer.u8(capabilityCode(capability)).u8(value.length).bytes(value.finish());
}

/** The capabilities in the data of NOTIFICATION 2/7, as far as they can be read. @see RFC 5492 §5 */
export function capabilitiesInData(data: Uint8Array): readonly Capability[] {
  const reader = new ByteReader(data);
  const capabilities: Capability[] = [];
  try {
    while (reader.remaining > 0) capabilities.push(readCapability(reader));
  } catch {
    // A NOTIFICATION is never answered: what could be read counts.
  }
  return capabilities;
}

/** Data of NOTIFICATION 2/7 that names what is missing. @see RFC 5492 §5 */
export function encodeCapabilities(capabilities: readonly Capability[]): Uint8Array {
  const writer = new ByteWriter();
  for (const capability of capabilities) writeCapability(writer, capability);
  return writer.finish();
}
