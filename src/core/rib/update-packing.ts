import { ByteWriter } from '../bytes/index.ts';
import {
  AttributeFlag,
  AttributeType,
  afiOf,
  finishMessage,
  MessageType,
  prefixOctets,
  Safi,
  startMessage,
  writeAttributeHead,
  writePrefix,
  writeReachHead,
} from '../codec/bgp/index.ts';
import type { IpFamily } from '../net/index.ts';
import { type PrefixKey, prefixOfKey } from './prefix-key.ts';
import type { RouteForm } from './route-form.ts';

/** Header and the two length fields. */
const UPDATE_OCTETS = 23;
const LONG_ATTRIBUTE_HEAD = 4;
const MP_UNREACH_HEAD = 3;

/** Length and 128 bits. */
const LONGEST_PREFIX_OCTETS = 17;

const MP_REACH = { flags: AttributeFlag.optional, type: AttributeType.mpReachNlri };
const MP_UNREACH = { flags: AttributeFlag.optional, type: AttributeType.mpUnreachNlri };

export type SendableForm = Exclude<RouteForm, { readonly kind: 'heldBack' }>;

/**
 * An UPDATE that announces as many of `keys` as fit into it, the first ones.
 * @param taken is told of each
 */
export function packAnnouncement(
  keys: ReadonlySet<PrefixKey>,
  form: SendableForm,
  family: IpFamily,
  { maxLength, taken }: { readonly maxLength: number; readonly taken: (key: PrefixKey) => void },
): Uint8Array {
  const room = maxLength - UPDATE_OCTETS - form.attributes.length;
  if (form.kind === 'classic') {
    const nlri = packPrefixes(keys, room, taken);
    return finishMessage(
      startUpdate(form.attributes.length + nlri.length)
        .u16(0)
        .u16(form.attributes.length)
        .bytes(form.attributes)
        .bytes(nlri),
    );
  }
  const head = new ByteWriter();
  writeReachHead(head, { afi: afiOf(family), safi: Safi.unicast }, form.nextHop);
  const nlri = packPrefixes(keys, room - LONG_ATTRIBUTE_HEAD - head.length, taken);
  const reach = new ByteWriter(LONG_ATTRIBUTE_HEAD + head.length + nlri.length + form.attributes.length);
  // First, so that the routes are known whatever is wrong with the rest. @see RFC 7606 §5.1
  writeAttributeHead(reach, MP_REACH, head.length + nlri.length);
  reach.bytes(head.finish()).bytes(nlri).bytes(form.attributes);
  return finishMessage(startUpdate(reach.length).u16(0).u16(reach.length).bytes(reach.finish()));
}

/** An UPDATE that withdraws as many of `keys` as fit into it. @param isMultiprotocol in MP_UNREACH_NLRI */
export function packWithdrawal(
  keys: ReadonlySet<PrefixKey>,
  family: IpFamily,
  isMultiprotocol: boolean,
  { maxLength, taken }: { readonly maxLength: number; readonly taken: (key: PrefixKey) => void },
): Uint8Array {
  const room = maxLength - UPDATE_OCTETS;
  if (!isMultiprotocol) {
    const withdrawn = packPrefixes(keys, room, taken);
    return finishMessage(startUpdate(withdrawn.length).u16(withdrawn.length).bytes(withdrawn).u16(0));
  }
  const withdrawn = packPrefixes(keys, room - LONG_ATTRIBUTE_HEAD - MP_UNREACH_HEAD, taken);
  const unreach = new ByteWriter(LONG_ATTRIBUTE_HEAD + MP_UNREACH_HEAD + withdrawn.length);
  writeAttributeHead(unreach, MP_UNREACH, MP_UNREACH_HEAD + withdrawn.length);
  unreach.u16(afiOf(family)).u8(Safi.unicast).bytes(withdrawn);
  return finishMessage(startUpdate(unreach.length).u16(0).u16(unreach.length).bytes(unreach.finish()));
}

/** @param octets of attributes and prefixes: no more room is taken than the message has */
function startUpdate(octets: number): ByteWriter {
  return startMessage(MessageType.update, UPDATE_OCTETS + octets);
}

function packPrefixes(keys: ReadonlySet<PrefixKey>, room: number, taken: (key: PrefixKey) => void): Uint8Array {
  const writer = new ByteWriter(Math.min(room, keys.size * LONGEST_PREFIX_OCTETS));
  for (const key of keys) {
    const prefix = prefixOfKey(key);
    if (writer.length + prefixOctets(prefix.length) > room) break;
    writePrefix(writer, prefix);
    taken(key);
  }
  return writer.finish();
}
