import type { ByteReader, ByteWriter } from '../../../bytes/index.ts';
import { AttributeFlag } from '../constants.ts';
import type { SessionContext } from '../context.ts';
import type { PathAttribute } from './types.ts';

/** What a fault in an attribute does to its UPDATE. @see RFC 7606 §2 */
export type Reaction = 'sessionReset' | 'treatAsWithdraw' | 'attributeDiscard';

/** All that is known of one path attribute. */
export interface AttributeRow<A extends PathAttribute = PathAttribute> {
  readonly kind: A['kind'];
  readonly type: number;
  /** The optional and the transitive bit, as they must be. */
  readonly flags: number;
  readonly fits: (length: number, context: SessionContext) => boolean;
  readonly onFault: Reaction;
  /** Subcode of NOTIFICATION 3 for a wrong value, should the session end for it. */
  readonly valueSubcode: number;
  /** Only peers of our own AS may send it: from others it is discarded unread. */
  readonly internalOnly?: true;
  /** Only peers that know 16-bit AS numbers alone may send it. @see RFC 6793 §6 */
  readonly oldPeersOnly?: true;
  /** Every value of a length that fits is a good one: nothing is found out by reading it. */
  readonly anyValue?: true;
  /** @throws DecodeError for a value that must not be */
  decode(reader: ByteReader, context: SessionContext): A;
  encode(writer: ByteWriter, attribute: A, context: SessionContext): void;
}

export type RowOf<K extends PathAttribute['kind']> = AttributeRow<Extract<PathAttribute, { readonly kind: K }>>;

export const WELL_KNOWN = AttributeFlag.transitive;
export const OPTIONAL_TRANSITIVE = AttributeFlag.optional | AttributeFlag.transitive;
export const OPTIONAL_NON_TRANSITIVE = AttributeFlag.optional;

/** Lengths that are a multiple, and not 0. */
export function multipleOf(size: number): (length: number) => boolean {
  return (length) => length > 0 && length % size === 0;
}

/** One length and no other. */
export function exactly(size: number): (length: number) => boolean {
  return (length) => length === size;
}

/** Reads to the end what has one length over and over. */
export function readAll<T>(reader: ByteReader, readOne: () => T): T[] {
  const values: T[] = [];
  while (reader.remaining > 0) values.push(readOne());
  return values;
}
