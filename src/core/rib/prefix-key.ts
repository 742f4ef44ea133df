import { familyBits, type IpFamily, ipv4FromValue, ipv6FromValue, isIpv4, type Prefix } from '../net/index.ts';

/** A prefix as one value, for Maps and Sets: a number for IPv4, a bigint for IPv6. A tenth of the memory of an object. */
export type PrefixKey = number | bigint;

/** More than the lengths of a family, 0 to 32 and 0 to 128. */
const IPV4_LENGTHS = 64;
const IPV6_LENGTH_BITS = 8n;

/** @throws RangeError when the length is not one of the family */
export function prefixKey({ network, length }: Prefix): PrefixKey {
  if (length < 0 || length > familyBits(isIpv4(network) ? 'IPv4' : 'IPv6'))
    throw new RangeError(`a prefix of ${length} bits`);
  return isIpv4(network) ? network * IPV4_LENGTHS + length : (network << IPV6_LENGTH_BITS) | BigInt(length);
}

/** The prefix of which `prefixKey` made this. */
export function prefixOfKey(key: PrefixKey): Prefix {
  if (typeof key === 'number')
    return { network: ipv4FromValue(Math.floor(key / IPV4_LENGTHS)), length: key % IPV4_LENGTHS };
  return { network: ipv6FromValue(key >> IPV6_LENGTH_BITS), length: Number(key & 0xffn) };
}

export function familyOfKey(key: PrefixKey): IpFamily {
  return typeof key === 'number' ? 'IPv4' : 'IPv6';
}
