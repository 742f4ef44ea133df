declare const mac: unique symbol;

/** A 48-bit Ethernet address as its value, most significant octet first. @see IEEE 802-2014 §8.2 */
export type MacAddress = number & { readonly [mac]: true };

export const BROADCAST_MAC = 0xffff_ffff_ffff as MacAddress;
export const ZERO_MAC = 0 as MacAddress;
const MAC_OCTETS = 6;

/** The address that six hexadecimal octets separated by colons name; undefined when the text names none. */
export function parseMac(text: string): MacAddress | undefined {
  if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)) return undefined;
  return Number.parseInt(text.replaceAll(':', ''), 16) as MacAddress;
}

/** Lower-case octets separated by colons, as `ip link` prints them. */
export function formatMac(address: MacAddress): string {
  return address
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:');
}

/** The address of six octets. @throws RangeError for any other length. */
export function macFromBytes(bytes: Uint8Array): MacAddress {
  if (bytes.length !== MAC_OCTETS) throw new RangeError(`a MAC address has 6 octets, not ${bytes.length}`);
  return bytes.reduce((value, byte) => value * 256 + byte, 0) as MacAddress;
}

/** The address with this value. @throws RangeError when it is no integer of 48 bits. */
export function macFromValue(value: number): MacAddress {
  if (!Number.isInteger(value) || value < 0 || value > BROADCAST_MAC)
    throw new RangeError(`${value} is not the value of a MAC address`);
  return value as MacAddress;
}

/** Six octets in network order. */
export function macToBytes(address: MacAddress): Uint8Array {
  const bytes = new Uint8Array(MAC_OCTETS);
  let rest: number = address;
  for (let at = MAC_OCTETS - 1; at >= 0; at -= 1) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** Whether one station can have it and be sent to by it. */
export function isStationMac(address: MacAddress): boolean {
  return address !== ZERO_MAC && !isGroupMac(address);
}

/** True for broadcast and multicast: the low bit of the first octet is set. */
export function isGroupMac(address: MacAddress): boolean {
  return Math.floor(address / 2 ** 40) % 2 === 1;
}
