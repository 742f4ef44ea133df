import { ByteReader, ByteWriter } from '../../bytes/index.ts';
import type { IpFamily } from '../../net/index.ts';
import { attributeRow } from './attributes/rows.ts';
import type { PathAttribute } from './attributes/types.ts';
import { AttributeFlag, HEADER_LENGTH, Safi } from './constants.ts';
import type { SessionContext } from './context.ts';
import { afiOf } from './family.ts';
import type { UpdateMessage } from './messages.ts';
import { readPrefixes, writePrefix } from './nlri.ts';
import { splitUpdate, walkUpdate } from './update-walk.ts';

/**
 * The whole UPDATE, with every attribute that RFC 7606 does not discard. For tests and collectors: a session only needs
 * `walkUpdate`.
 * @param octets the whole message
 * @throws BgpError as `walkUpdate`
 */
export function decodeUpdate(octets: Uint8Array, context: SessionContext): UpdateMessage {
  const attributes: PathAttribute[] = [];
  walkUpdate(octets, context, (attribute) => attributes.push(attribute));
  const { withdrawn, nlri } = splitUpdate(new ByteReader(octets.subarray(HEADER_LENGTH), HEADER_LENGTH));
  return {
    kind: 'update',
    withdrawn: readPrefixes(withdrawn, 'IPv4'),
    attributes,
    nlri: readPrefixes(nlri, 'IPv4'),
  };
}

export function writeUpdate(writer: ByteWriter, message: UpdateMessage, context: SessionContext): void {
  writeSized(writer, () => {
    for (const prefix of message.withdrawn) writePrefix(writer, prefix);
  });
  writeSized(writer, () => {
    for (const attribute of message.attributes) writeAttribute(writer, attribute, context);
  });
  for (const prefix of message.nlri) writePrefix(writer, prefix);
}

/**
 * One attribute with its header; the length has two octets where one does not hold it.
 *
 *      0       1      2        3 or 4
 *      | flags | type | length | value |
 *
 * @see RFC 4271 §4.3
 */
export function writeAttribute(writer: ByteWriter, attribute: PathAttribute, context: SessionContext): void {
  if (attribute.kind === 'unknown') {
    writeAttributeHead(writer, attribute, attribute.value.length);
    writer.bytes(attribute.value);
    return;
  }
  const row = attributeRow(attribute.kind);
  const value = new ByteWriter();
  row.encode(value, attribute, context);
  writeAttributeHead(writer, row, value.length);
  writer.bytes(value.finish());
}

/** What stands before a value of `length` octets. */
export function writeAttributeHead(
  writer: ByteWriter,
  { flags, type }: { readonly flags: number; readonly type: number },
  length: number,
): void {
  const isLong = length > 0xff;
  writer.u8(isLong ? flags | AttributeFlag.extendedLength : flags & ~AttributeFlag.extendedLength).u8(type);
  if (isLong) writer.u16(length);
  else writer.u8(length);
}

/** Says that all routes of a family have been sent. @see RFC 4724 §2 */
export function endOfRib(family: IpFamily): UpdateMessage {
  if (family === 'IPv4') return { kind: 'update', withdrawn: [], attributes: [], nlri: [] };
  const unreach = { kind: 'mpUnreachNlri', afi: afiOf(family), safi: Safi.unicast, withdrawn: [] } as const;
  return { kind: 'update', withdrawn: [], attributes: [unreach], nlri: [] };
}

/** A part that its length precedes. */
function writeSized(writer: ByteWriter, writePart: () => void): void {
  const at = writer.length;
  writer.u16(0);
  writePart();
  writer.patchU16(at, writer.length - at - 2);
}
