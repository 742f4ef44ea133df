import {
  compareIp,
  familyBits,
  familyOf,
  formatIp,
  type IpAddress,
  type IpFamily,
  ipFromValue,
  ipValue,
  parseIp,
} from './address.ts';

/** An address block. `network` has no bit set beyond `length`; `length` is 0–32 or 0–128. @see RFC 4632 §3.1 */
export interface Prefix {
  readonly network: IpAddress;
  readonly length: number;
}

/** The addresses from `first` to `last`, both included and of one family. */
export interface AddressRange {
  readonly first: IpAddress;
  readonly last: IpAddress;
}

/** The block of `length` bits that holds an address. @throws RangeError when the family has fewer bits. */
export function prefixOf(address: IpAddress, length: number): Prefix {
  const family = familyOf(address);
  const hostBits = BigInt(familyBits(family) - checkedLength(family, length));
  return { network: ipFromValue(family, (ipValue(address) >> hostBits) << hostBits), length };
}

/** The block that `address/length` names, host bits masked off as MetalLB and `ip route` do; undefined when it names none. */
export function parsePrefix(text: string): Prefix | undefined {
  const [addressText, lengthText, ...rest] = text.split('/');
  if (addressText === undefined || lengthText === undefined || rest.length > 0) return undefined;
  if (!/^(0|[1-9]\d{0,2})$/.test(lengthText)) return undefined;
  const address = parseIp(addressText);
  if (address === undefined || Number(lengthText) > familyBits(familyOf(address))) return undefined;
  return prefixOf(address, Number(lengthText));
}

/** As CIDR: `10.0.0.0/24`. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatIp(prefix.network)}/${prefix.length}`;
}

/** The first and last address of a block. */
export function rangeOf(prefix: Prefix): AddressRange {
  const family = familyOf(prefix.network);
  const hostBits = BigInt(familyBits(family) - prefix.length);
  return { first: prefix.network, last: ipFromValue(family, ipValue(prefix.network) | ((1n << hostBits) - 1n)) };
}

/** False for an address of the other family. */
export function prefixContains(prefix: Prefix, address: IpAddress): boolean {
  return rangeContains(rangeOf(prefix), address);
}

/** The smallest list of blocks that covers a range, lowest first. */
export function prefixesOf(range: AddressRange): Prefix[] {
  const family = familyOf(range.first);
  const bits = familyBits(family);
  const blocks: Prefix[] = [];
  const last = ipValue(range.last);
  for (let next = ipValue(range.first); next <= last; ) {
    let hostBits = 0;
    while (hostBits < bits && blockEnd(next, hostBits + 1) <= last && next % (1n << BigInt(hostBits + 1)) === 0n)
      hostBits += 1;
    blocks.push({ network: ipFromValue(family, next), length: bits - hostBits });
    next = blockEnd(next, hostBits) + 1n;
  }
  return blocks;
}

/** False for an address of the other family. */
export function rangeContains(range: AddressRange, address: IpAddress): boolean {
  return (
    familyOf(range.first) === familyOf(address) &&
    compareIp(range.first, address) <= 0 &&
    compareIp(address, range.last) <= 0
  );
}

/** False for ranges of two families. */
export function rangesOverlap(a: AddressRange, b: AddressRange): boolean {
  return familyOf(a.first) === familyOf(b.first) && compareIp(a.first, b.last) <= 0 && compareIp(b.first, a.last) <= 0;
}

/** How many addresses a range holds. */
export function rangeSize(range: AddressRange): bigint {
  return ipValue(range.last) - ipValue(range.first) + 1n;
}

function blockEnd(start: bigint, hostBits: number): bigint {
  return start + (1n << BigInt(hostBits)) - 1n;
}

function checkedLength(family: IpFamily, length: number): number {
  if (!Number.isInteger(length) || length < 0 || length > familyBits(family)) {
    throw new RangeError(`/${length} is not a prefix length of ${family}`);
  }
  return length;
}
