import { AttributeType } from '../constants.ts';
import { UpdateSubcode } from '../notification-codes.ts';
import { multipleOf, OPTIONAL_TRANSITIVE, type RowOf, readAll } from './row.ts';

/** @see RFC 1997, RFC 7606 §7.8 */
export const communities: RowOf<'communities'> = {
  kind: 'communities',
  type: AttributeType.communities,
  flags: OPTIONAL_TRANSITIVE,
  fits: multipleOf(4),
  onFault: 'treatAsWithdraw',
  valueSubcode: UpdateSubcode.optionalAttribute,
  anyValue: true,
  decode: (reader) => ({ kind: 'communities', values: readAll(reader, () => reader.u32('community')) }),
  encode: (writer, { values }) => {
    for (const value of values) writer.u32(value);
  },
};

/** @see RFC 4360 §2, RFC 7606 §7.14 */
export const extendedCommunities: RowOf<'extendedCommunities'> = {
  kind: 'extendedCommunities',
  type: AttributeType.extendedCommunities,
  flags: OPTIONAL_TRANSITIVE,
  fits: multipleOf(8),
  onFault: 'treatAsWithdraw',
  valueSubcode: UpdateSubcode.optionalAttribute,
  anyValue: true,
  decode: (reader) => ({
    kind: 'extendedCommunities',
    values: readAll(reader, () => reader.u64('extended community')),
  }),
  encode: (writer, { values }) => {
    for (const value of values) writer.u64(value);
  },
};

/** @see RFC 8092 §3, §6 */
export const largeCommunities: RowOf<'largeCommunities'> = {
  kind: 'largeCommunities',
  type: AttributeType.largeCommunities,
  flags: OPTIONAL_TRANSITIVE,
  fits: multipleOf(12),
  onFault: 'treatAsWithdraw',
  valueSubcode: UpdateSubcode.optionalAttribute,
  anyValue: true,
  decode: (reader) => ({
    kind: 'largeCommunities',
    values: readAll(reader, () => ({
      globalAdministrator: reader.u32('global administrator'),
      localData1: reader.u32('local data 1'),
      localData2: reader.u32('local data 2'),
    })),
  }),
  encode: (writer, { values }) => {
    for (const { globalAdministrator, localData1, localData2 } of values)
      writer.u32(globalAdministrator).u32(localData1).u32(localData2);
  },
};
