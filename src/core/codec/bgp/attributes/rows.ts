import { DecodeError } from '../../../bytes/index.ts';
import { ipv4FromValue } from '../../../net/index.ts';
import { AttributeType, Origin } from '../constants.ts';
import { UpdateSubcode } from '../notification-codes.ts';
import { aggregator, as4Aggregator, as4Path, asPath } from './as-path.ts';
import { communities, extendedCommunities, largeCommunities } from './communities.ts';
import { mpReachNlri, mpUnreachNlri } from './reachability.ts';
import {
  type AttributeRow,
  exactly,
  multipleOf,
  OPTIONAL_NON_TRANSITIVE,
  type RowOf,
  readAll,
  WELL_KNOWN,
} from './row.ts';
import type { PathAttribute } from './types.ts';

/** @see RFC 4271 §5.1.1, RFC 7606 §7.1 */
const origin: RowOf<'origin'> = {
  kind: 'origin',
  type: AttributeType.origin,
  flags: WELL_KNOWN,
  fits: exactly(1),
  onFault: 'treatAsWithdraw',
  valueSubcode: UpdateSubcode.invalidOrigin,
  decode: (reader) => {
    const at = reader.offset;
    const value = reader.u8('ORIGIN');
    if (value > Origin.incomplete) throw new DecodeError('bad-value', 'ORIGIN', at);
    return { kind: 'origin', value };
  },
  encode: (writer, { value }) => writer.u8(value),
};

/** @see RFC 4271 §5.1.3, RFC 7606 §7.3 */
const nextHop: RowOf<'nextHop'> = {
  kind: 'nextHop',
  type: AttributeType.nextHop,
  flags: WELL_KNOWN,
  fits: exactly(4),
  onFault: 'treatAsWithdraw',
  valueSubcode: UpdateSubcode.invalidNextHop,
  anyValue: true,
  decode: (reader) => ({ kind: 'nextHop', address: ipv4FromValue(reader.u32('NEXT_HOP')) }),
  encode: (writer, { address }) => writer.u32(address),
};

/** @see RFC 4271 §5.1.4, RFC 7606 §7.4 */
const multiExitDisc: RowOf<'multiExitDisc'> = {
  kind: 'multiExitDisc',
  type: AttributeType.multiExitDisc,
  flags: OPTIONAL_NON_TRANSITIVE,
  fits: exactly(4),
  onFault: 'treatAsWithdraw',
  valueSubcode: UpdateSubcode.optionalAttribute,
  anyValue: true,
  decode: (reader) => ({ kind: 'multiExitDisc', value: reader.u32('MULTI_EXIT_DISC') }),
  encode: (writer, { value }) => writer.u32(value),
};

/** @see RFC 4271 §5.1.5, RFC 7606 §7.5 */
const localPref: RowOf<'localPref'> = {
  kind: 'localPref',
  type: AttributeType.localPref,
  flags: WELL_KNOWN,
  fits: exactly(4),
  onFault: 'treatAsWithdraw',
  valueSubcode: UpdateSubcode.attributeLength,
  internalOnly: true,
  anyValue: true,
  decode: (reader) => ({ kind: 'localPref', value: reader.u32('LOCAL_PREF') }),
  encode: (writer, { value }) => writer.u32(value),
};

/** @see RFC 4271 §5.1.6, RFC 7606 §7.6 */
const atomicAggregate: RowOf<'atomicAggregate'> = {
  kind: 'atomicAggregate',
  type: AttributeType.atomicAggregate,
  flags: WELL_KNOWN,
  fits: exactly(0),
  onFault: 'attributeDiscard',
  valueSubcode: UpdateSubcode.attributeLength,
  anyValue: true,
  decode: () => ({ kind: 'atomicAggregate' }),
  encode: () => {},
};

/** @see RFC 4456 §8, RFC 7606 §7.9 */
const originatorId: RowOf<'originatorId'> = {
  kind: 'originatorId',
  type: AttributeType.originatorId,
  flags: OPTIONAL_NON_TRANSITIVE,
  fits: exactly(4),
  onFault: 'treatAsWithdraw',
  valueSubcode: UpdateSubcode.optionalAttribute,
  internalOnly: true,
  anyValue: true,
  decode: (reader) => ({ kind: 'originatorId', identifier: reader.u32('ORIGINATOR_ID') }),
  encode: (writer, { identifier }) => writer.u32(identifier),
};

/** @see RFC 4456 §8, RFC 7606 §7.10 */
const clusterList: RowOf<'clusterList'> = {
  kind: 'clusterList',
  type: AttributeType.clusterList,
  flags: OPTIONAL_NON_TRANSITIVE,
  fits: multipleOf(4),
  onFault: 'treatAsWithdraw',
  valueSubcode: UpdateSubcode.optionalAttribute,
  internalOnly: true,
  anyValue: true,
  decode: (reader) => ({ kind: 'clusterList', identifiers: readAll(reader, () => reader.u32('CLUSTER_ID')) }),
  encode: (writer, { identifiers }) => {
    for (const identifier of identifiers) writer.u32(identifier);
  },
};

type KnownKind = Exclude<PathAttribute['kind'], 'unknown'>;

/** One row for each attribute, by its name. */
const ROWS: Readonly<Record<KnownKind, AttributeRow>> = {
  origin,
  asPath,
  nextHop,
  multiExitDisc,
  localPref,
  atomicAggregate,
  aggregator,
  communities,
  originatorId,
  clusterList,
  mpReachNlri,
  mpUnreachNlri,
  extendedCommunities,
  as4Path,
  as4Aggregator,
  largeCommunities,
};

const ROW_OF_TYPE: ReadonlyMap<number, AttributeRow> = new Map(Object.values(ROWS).map((row) => [row.type, row]));

export function attributeRow(kind: KnownKind): AttributeRow {
  return ROWS[kind];
}

export function attributeRowOfType(type: number): AttributeRow | undefined {
  return ROW_OF_TYPE.get(type);
}
