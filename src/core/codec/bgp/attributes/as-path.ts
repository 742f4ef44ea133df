import { type ByteReader, type ByteWriter, DecodeError } from '../../../bytes/index.ts';
import { AS_TRANS, AttributeType } from '../constants.ts';
import type { SessionContext } from '../context.ts';
import { UpdateSubcode } from '../notification-codes.ts';
import { OPTIONAL_TRANSITIVE, type RowOf, WELL_KNOWN } from './row.ts';
import type { AsPathSegment } from './types.ts';

const MAX_TWO_OCTETS = 0xffff;

/** @see RFC 4271 §5.1.2, RFC 7606 §7.2 */
export const asPath: RowOf<'asPath'> = {
  kind: 'asPath',
  type: AttributeType.asPath,
  flags: WELL_KNOWN,
  fits: () => true,
  onFault: 'treatAsWithdraw',
  valueSubcode: UpdateSubcode.malformedAsPath,
  decode: (reader, context) => ({ kind: 'asPath', segments: readSegments(reader, context) }),
  encode: (writer, { segments }, { fourOctetAs }) => writeSegments(writer, segments, fourOctetAs),
};

/** The path with its whole numbers, through routers that know only 16 bits. @see RFC 6793 §3, §6 */
export const as4Path: RowOf<'as4Path'> = {
  kind: 'as4Path',
  type: AttributeType.as4Path,
  flags: OPTIONAL_TRANSITIVE,
  // The shortest has one segment with one number.
  fits: (length) => length >= 6 && length % 2 === 0,
  onFault: 'attributeDiscard',
  valueSubcode: UpdateSubcode.optionalAttribute,
  oldPeersOnly: true,
  decode: (reader) => ({ kind: 'as4Path', segments: readSegments(reader, { fourOctetAs: true, internal: false }) }),
  encode: (writer, { segments }) => writeSegments(writer, segments, true),
};

/** @see RFC 4271 §5.1.7, RFC 7606 §7.7 */
export const aggregator: RowOf<'aggregator'> = {
  kind: 'aggregator',
  type: AttributeType.aggregator,
  flags: OPTIONAL_TRANSITIVE,
  fits: (length, { fourOctetAs }) => length === (fourOctetAs ? 8 : 6),
  onFault: 'attributeDiscard',
  valueSubcode: UpdateSubcode.optionalAttribute,
  decode: (reader, { fourOctetAs }) => ({
    kind: 'aggregator',
    asn: readAsn(reader, fourOctetAs),
    identifier: reader.u32('aggregator'),
  }),
  encode: (writer, { asn, identifier }, { fourOctetAs }) => {
    writeAsn(writer, asn, fourOctetAs);
    writer.u32(identifier);
  },
};

/** @see RFC 6793 §3, §6 */
export const as4Aggregator: RowOf<'as4Aggregator'> = {
  kind: 'as4Aggregator',
  type: AttributeType.as4Aggregator,
  flags: OPTIONAL_TRANSITIVE,
  fits: (length) => length === 8,
  onFault: 'attributeDiscard',
  valueSubcode: UpdateSubcode.optionalAttribute,
  oldPeersOnly: true,
  decode: (reader) => ({
    kind: 'as4Aggregator',
    asn: readAsn(reader, true),
    identifier: reader.u32('aggregator'),
  }),
  encode: (writer, { asn, identifier }) => writer.u32(asn).u32(identifier),
};

function readSegments(
  reader: ByteReader,
  { fourOctetAs, internal }: Pick<SessionContext, 'fourOctetAs' | 'internal'>,
): AsPathSegment[] {
  const segments: AsPathSegment[] = [];
  while (reader.remaining > 0) {
    const at = reader.offset;
    const kind = segmentKind(reader.u8('segment type'));
    // Segments of a confederation must not leave it. @see RFC 5065 §5
    if (kind === undefined || (kind > 2 && !internal)) throw new DecodeError('bad-value', 'segment type', at);
    const count = reader.u8('segment length');
    if (count === 0) throw new DecodeError('bad-length', 'segment length', at + 1);
    const asns: number[] = [];
    while (asns.length < count) asns.push(readAsn(reader, fourOctetAs));
    segments.push({ kind, asns });
  }
  return segments;
}

function segmentKind(octet: number): AsPathSegment['kind'] | undefined {
  return octet === 1 || octet === 2 || octet === 3 || octet === 4 ? octet : undefined;
}

function writeSegments(writer: ByteWriter, segments: readonly AsPathSegment[], fourOctetAs: boolean): void {
  for (const { kind, asns } of segments) {
    writer.u8(kind).u8(asns.length);
    for (const asn of asns) writeAsn(writer, asn, fourOctetAs);
  }
}

/** AS 0 must not be in a route. @see RFC 7607 §2 */
function readAsn(reader: ByteReader, fourOctetAs: boolean): number {
  const at = reader.offset;
  const asn = fourOctetAs ? reader.u32('AS number') : reader.u16('AS number');
  if (asn === 0) throw new DecodeError('bad-value', 'AS number', at);
  return asn;
}

function writeAsn(writer: ByteWriter, asn: number, fourOctetAs: boolean): void {
  if (fourOctetAs) writer.u32(asn);
  else writer.u16(asn > MAX_TWO_OCTETS ? AS_TRANS : asn);
}
