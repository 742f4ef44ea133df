import { ByteReader, DecodeError } from '../../bytes/index.ts';
import { readNextHop } from './attributes/reachability.ts';
import type { AttributeRow, Reaction } from './attributes/row.ts';
import { attributeRow, attributeRowOfType } from './attributes/rows.ts';
import type { PathAttribute } from './attributes/types.ts';
import { BgpError } from './bgp-error.ts';
import { AttributeFlag, AttributeType, HEADER_LENGTH } from './constants.ts';
import type { SessionContext } from './context.ts';
import { unicastFamily } from './family.ts';
import type { UpdateSummary } from './messages.ts';
import { countPrefixes } from './nlri.ts';
import { notification } from './notification.ts';
import { ErrorCode, UpdateSubcode } from './notification-codes.ts';

/** The three parts of an UPDATE. */
interface UpdateParts {
  readonly withdrawn: ByteReader;
  readonly attributes: ByteReader;
  readonly nlri: ByteReader;
}

/** One attribute as it lies in the message. */
interface RawAttribute {
  readonly flags: number;
  readonly type: number;
  /** Header and value: the data of NOTIFICATIONs about it. */
  readonly octets: Uint8Array;
  readonly value: Uint8Array;
  /** Of the value, in the message. */
  readonly offset: number;
}

/** What has been found out on the way. */
interface Tally {
  announced: number;
  withdrawn: number;
  ignored: number;
  /** Routes that came in MP_REACH_NLRI, of whatever family. */
  hasMpReach: boolean;
  /** The first fault that asks for treat-as-withdraw, and the NOTIFICATION for it where that cannot be done. */
  fault: BgpError | undefined;
  readonly discarded: string[];
  /** BOUNDED: by the 256 types. */
  readonly seen: Set<number>;
}

/** Every announced route must have these. @see RFC 4271 §5 */
const MANDATORY = [attributeRow('origin'), attributeRow('asPath')];
const OPTIONAL_AND_TRANSITIVE = AttributeFlag.optional | AttributeFlag.transitive;

/**
 * Checks an UPDATE from front to back and counts its routes without making any, so that a full table costs no memory. Faults do
 * no more harm than they must.
 * @param octets the whole message
 * @param visit gets each attribute that is not discarded
 * @throws BgpError where the session must end: 3/1, 3/2, 3/9, 3/10, and the attribute's own when there is no route to withdraw
 * @see RFC 4271 §6.3, RFC 7606 §3, §5
 */
export function walkUpdate(
  octets: Uint8Array,
  context: SessionContext,
  visit?: (attribute: PathAttribute) => void,
): UpdateSummary {
  const { withdrawn, attributes, nlri } = splitUpdate(new ByteReader(octets.subarray(HEADER_LENGTH), HEADER_LENGTH));
  const isEmpty = withdrawn.remaining + attributes.remaining + nlri.remaining === 0;
  const tally: Tally = {
    announced: countClassic(nlri, 'NLRI'),
    withdrawn: countClassic(withdrawn, 'withdrawn routes'),
    ignored: 0,
    hasMpReach: false,
    fault: undefined,
    discarded: [],
    seen: new Set(),
  };
  const hasNlri = tally.announced > 0;
  while (attributes.remaining > 0) {
    const raw = readRawAttribute(attributes, octets);
    if (raw instanceof BgpError) {
      tally.fault ??= raw;
      break;
    }
    takeAttribute(tally, raw, context, visit);
  }
  if (hasNlri || tally.hasMpReach) requireMandatory(tally, context, hasNlri);
  // No route was found that could be withdrawn, perhaps because the fault hid it. @see RFC 7606 §5.2
  else if (tally.fault !== undefined) throw tally.fault;
  return {
    kind: 'update',
    announced: tally.announced,
    withdrawn: tally.withdrawn,
    ignored: tally.ignored,
    treatAsWithdraw: tally.fault?.detail,
    discarded: tally.discarded,
    endOfRib: isEmpty || isMpEndOfRib(tally),
  };
}

/** @throws BgpError 3/1 when the lengths do not fit into the message */
export function splitUpdate(body: ByteReader): UpdateParts {
  try {
    const withdrawn = body.sub(body.u16('withdrawn routes length'), 'withdrawn routes');
    const attributes = body.sub(body.u16('total path attribute length'), 'path attributes');
    return { withdrawn, attributes, nlri: body.sub(body.remaining, 'NLRI') };
  } catch (error) {
    throw orDefect(error, (at) => malformedList(`an UPDATE whose parts are longer than it is (${at})`));
  }
}

/** A prefix that cannot be read leaves no way to find the others. @see RFC 7606 §5.3 */
function countClassic(prefixes: ByteReader, part: string): number {
  try {
    return countPrefixes(prefixes, 'IPv4');
  } catch (error) {
    throw orDefect(error, (at) => updateError(UpdateSubcode.invalidNetwork, `${part} that cannot be read (${at})`));
  }
}

/** The error, not thrown, when the rest of the list cannot be told apart: the routes can still be withdrawn. @see RFC 7606 §4 */
function readRawAttribute(list: ByteReader, message: Uint8Array): RawAttribute | BgpError {
  const start = list.offset;
  try {
    const [flags, type] = [list.u8('attribute flags'), list.u8('attribute type')];
    const isLong = (flags & AttributeFlag.extendedLength) !== 0;
    const length = isLong ? list.u16('attribute length') : list.u8('attribute length');
    const offset = list.offset;
    const value = list.bytes(length, 'attribute');
    return { flags, type, octets: message.subarray(start, list.offset), value, offset };
  } catch (error) {
    return orDefect(error, (at) => malformedList(`an attribute that is longer than the list (${at})`));
  }
}

function takeAttribute(
  tally: Tally,
  raw: RawAttribute,
  context: SessionContext,
  visit: ((attribute: PathAttribute) => void) | undefined,
): void {
  const row = attributeRowOfType(raw.type);
  if (tally.seen.has(raw.type)) {
    if (isMp(raw.type)) throw malformedList(`${nameOf(raw)} twice`);
    tally.discarded.push(`${nameOf(raw)} more than once`);
    return;
  }
  tally.seen.add(raw.type);
  if (row === undefined) takeUnknown(raw, visit);
  else if (row.internalOnly === true && !context.internal) tally.discarded.push(`${nameOf(raw)} from another AS`);
  else if (row.oldPeersOnly === true && context.fourOctetAs)
    tally.discarded.push(`${nameOf(raw)} from a speaker of four-octet AS numbers`);
  else takeKnown(tally, raw, { row, context, visit });
}

function takeUnknown({ flags, type, octets, value }: RawAttribute, visit?: (attribute: PathAttribute) => void): void {
  if ((flags & AttributeFlag.optional) === 0)
    throw updateError(
      UpdateSubcode.unrecognizedWellKnown,
      `a well-known attribute of the unknown type ${type}`,
      octets,
    );
  visit?.({ kind: 'unknown', flags: flags & ~AttributeFlag.extendedLength, type, value: value.slice() });
}

interface KnownAttribute {
  readonly row: AttributeRow;
  readonly context: SessionContext;
  readonly visit: ((attribute: PathAttribute) => void) | undefined;
}

function takeKnown(tally: Tally, raw: RawAttribute, { row, context, visit }: KnownAttribute): void {
  const { octets, value } = raw;
  if ((raw.flags & OPTIONAL_AND_TRANSITIVE) !== row.flags)
    fail(
      tally,
      'treatAsWithdraw',
      updateError(UpdateSubcode.attributeFlags, `${nameOf(raw)} with wrong flags`, octets),
    );
  if (!row.fits(value.length, context)) {
    // The two that carry routes have one error for all that is wrong with them. @see RFC 7606 §5.3
    const subcode = isMp(raw.type) ? row.valueSubcode : UpdateSubcode.attributeLength;
    fail(tally, row.onFault, updateError(subcode, `${nameOf(raw)} of ${value.length} octets`, octets));
    return;
  }
  try {
    if (isMp(raw.type)) takeReachability(tally, raw, context, visit);
    else if (visit !== undefined) visit(row.decode(readerOf(raw), context));
    else if (row.anyValue !== true) row.decode(readerOf(raw), context);
  } catch (error) {
    const data = row.valueSubcode === UpdateSubcode.malformedAsPath ? undefined : octets;
    fail(
      tally,
      row.onFault,
      orDefect(error, (at) => updateError(row.valueSubcode, `${nameOf(raw)} that is wrong (${at})`, data)),
    );
  }
}

/** Counts the routes of MP_REACH_NLRI or MP_UNREACH_NLRI, when they are of a family that was agreed on. */
function takeReachability(
  tally: Tally,
  raw: RawAttribute,
  context: SessionContext,
  visit: ((attribute: PathAttribute) => void) | undefined,
): void {
  const reader = readerOf(raw);
  const isReach = raw.type === AttributeType.mpReachNlri;
  const family = unicastFamily(reader.u16('AFI'), reader.u8('SAFI'));
  if (isReach) tally.hasMpReach = true;
  if (family === undefined || !context.families.includes(family)) {
    tally.ignored += 1;
    takeUnknown(raw, visit);
    return;
  }
  if (isReach) readNextHop(reader, family);
  const count = countPrefixes(reader, family);
  if (isReach) tally.announced += count;
  else tally.withdrawn += count;
  visit?.(attributeRow(isReach ? 'mpReachNlri' : 'mpUnreachNlri').decode(readerOf(raw), context));
}

/** @see RFC 7606 §3 (d) */
function requireMandatory(tally: Tally, context: SessionContext, hasNlri: boolean): void {
  const rows = [...MANDATORY];
  if (hasNlri) rows.push(attributeRow('nextHop'));
  if (context.internal) rows.push(attributeRow('localPref'));
  for (const { type } of rows) {
    if (tally.seen.has(type)) continue;
    const error = updateError(
      UpdateSubcode.missingWellKnown,
      `routes without ${nameOf({ type })}`,
      Uint8Array.of(type),
    );
    fail(tally, 'treatAsWithdraw', error);
  }
}

/** @see RFC 4724 §2 */
function isMpEndOfRib({ seen, announced, withdrawn, ignored }: Tally): boolean {
  return seen.size === 1 && seen.has(AttributeType.mpUnreachNlri) && announced + withdrawn + ignored === 0;
}

function fail(tally: Tally, reaction: Reaction, error: BgpError): void {
  if (reaction === 'sessionReset') throw error;
  if (reaction === 'treatAsWithdraw') tally.fault ??= error;
  else tally.discarded.push(error.detail);
}

function readerOf({ value, offset }: RawAttribute): ByteReader {
  return new ByteReader(value, offset);
}

function isMp(type: number): boolean {
  return type === AttributeType.mpReachNlri || type === AttributeType.mpUnreachNlri;
}

/** The RFC's name: `AS_PATH` of `asPath`. */
function nameOf({ type }: { readonly type: number }): string {
  const row = attributeRowOfType(type);
  return row === undefined ? `attribute ${type}` : row.kind.replaceAll(/[A-Z]/g, '_$&').toUpperCase();
}

function malformedList(detail: string): BgpError {
  return updateError(UpdateSubcode.malformedAttributeList, detail);
}

function updateError(subcode: number, detail: string, data?: Uint8Array): BgpError {
  return new BgpError(notification(ErrorCode.update, subcode, data?.slice()), detail);
}

/** What a reader found wrong, as a BgpError. Anything else is a defect of ours and stays what it is. */
function orDefect(error: unknown, toBgpError: (at: string) => BgpError): BgpError {
  if (!(error instanceof DecodeError)) throw error;
  return toBgpError(error.message);
}
