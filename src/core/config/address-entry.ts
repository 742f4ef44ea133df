import {
  type AddressRange,
  compareIp,
  familyBits,
  familyOf,
  formatIp,
  type IpAddress,
  parseIp,
  parseIpv4,
  parsePrefix,
  rangeOf,
} from '../net/index.ts';

export type AddressEntry =
  | { readonly kind: 'range'; readonly range: AddressRange }
  | { readonly kind: 'problem'; readonly message: string };

const EXAMPLE = 'write a CIDR such as "192.168.1.0/24" or a range such as "192.168.1.240-192.168.1.250"';

/**
 * What one entry of `spec.addresses` names: a CIDR, whose host bits do not count, or `first-last`, with blanks allowed
 * around the two ends. A single address is refused, as MetalLB does.
 */
export function parseAddressEntry(text: string): AddressEntry {
  if (text.trim() === '') return problem(`is empty; ${EXAMPLE}`);
  if (/[,;]/.test(text)) return problem('names several ranges at once; write each as an entry of the list of its own');
  return text.includes('-') ? parseRange(text) : parseCidr(text);
}

function parseRange(text: string): AddressEntry {
  const ends = text.split('-').map((end) => end.trim());
  const [firstText, lastText] = ends;
  if (firstText === undefined || lastText === undefined || ends.length !== 2) {
    return problem(`has ${ends.length - 1} dashes; a range is two addresses with one dash between them`);
  }
  if (text.includes('/')) return problem('is a range with a prefix length; write either "first-last" or a CIDR');
  const first = parseIp(firstText);
  if (first === undefined) return problem(`begins with ${notAnAddress(firstText)}`);
  const last = parseIp(lastText);
  if (last === undefined) return problem(`ends with ${shortEnd(firstText, lastText) ?? notAnAddress(lastText)}`);
  return rangeBetween(first, last);
}

function rangeBetween(first: IpAddress, last: IpAddress): AddressEntry {
  if (familyOf(first) !== familyOf(last)) {
    return problem(
      `begins with an ${familyOf(first)} and ends with an ${familyOf(last)} address; write one range for each family`,
    );
  }
  if (compareIp(first, last) > 0) return problem(`runs backwards; write "${formatIp(last)}-${formatIp(first)}"`);
  return { kind: 'range', range: { first, last } };
}

function parseCidr(text: string): AddressEntry {
  const trimmed = text.trim();
  if (!trimmed.includes('/')) return withoutLength(trimmed);
  if (/\s/.test(text)) return problem(`has blanks in it; write ${cut(text.replaceAll(/\s/g, ''))}`);
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return { kind: 'range', range: rangeOf(prefix) };
  const [addressText = '', lengthText = ''] = text.split('/');
  const address = parseIp(addressText);
  return problem(address === undefined ? `begins with ${notAnAddress(addressText)}` : badLength(address, lengthText));
}

function withoutLength(text: string): AddressEntry {
  const address = parseIp(text);
  if (address === undefined) return problem(`is ${notAnAddress(text)}`);
  return problem(
    `is a single address without a prefix length; write "${formatIp(address)}/${familyBits(familyOf(address))}"`,
  );
}

function badLength(address: IpAddress, lengthText: string): string {
  const family = familyOf(address);
  const fromMask = netmaskLength(lengthText);
  if (family === 'IPv4' && fromMask !== undefined) {
    return `has a netmask in place of a prefix length; write "${formatIp(address)}/${fromMask}"`;
  }
  return `has no valid prefix length; an ${family} prefix has 0 to ${familyBits(family)} bits`;
}

/** 24 for `255.255.255.0`; undefined for what is no netmask. */
function netmaskLength(text: string): number | undefined {
  const mask = parseIpv4(text);
  if (mask === undefined) return undefined;
  const bits = mask.toString(2).padStart(32, '0');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined;
}

/** For `192.168.1.240-250`, which many other programs take. */
function shortEnd(firstText: string, lastText: string): string | undefined {
  if (!/^\d{1,3}$/.test(lastText)) return undefined;
  const whole = firstText.replace(/\d+$/, lastText);
  return parseIpv4(whole) === undefined ? undefined : `"${lastText}" alone; write "${firstText}-${whole}"`;
}

/** More characters than any address has, with its zone. */
const SHOWN_MAX = 60;

/** Why a text is no address, and what to write. Also for other fields that hold an address. */
export function notAnAddress(text: string): string {
  const shown = cut(text);
  const plain = text.replaceAll(/\b0+(?=\d)/g, '');
  if (!text.includes(':') && plain !== text && parseIpv4(plain) !== undefined) {
    return `${shown}, which has leading zeros; write "${plain}"`;
  }
  if (text.includes('%'))
    return `${shown}, which has a zone; write the address without ${cut(text.slice(text.indexOf('%')))}`;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1];
  if (mapped !== undefined) return `${shown}, an IPv4-mapped address; write "${mapped}"`;
  if (/^\d+(\.\d+){3}$/.test(text)) return `${shown}, which has a number above 255; correct it`;
  return `${shown}, which is not an IP address; write one such as "192.168.1.240" or "fd00::240"`;
}

/** In quotation marks, and not longer than a message has room for. */
function cut(text: string): string {
  return `"${text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text}"`;
}

function problem(message: string): AddressEntry {
  return { kind: 'problem', message };
}
