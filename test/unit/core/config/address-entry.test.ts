import { expect, it } from 'vitest';
import { parseAddressEntry } from '../../../../src/core/config/address-entry.ts';
import { formatIp } from '../../../../src/core/net/index.ts';

const RANGES: readonly [text: string, first: string, last: string][] = [
  ['10.20.30.0/24', '10.20.30.0', '10.20.30.255'],
  ['10.20.30.40/24', '10.20.30.0', '10.20.30.255'],
  ['10.0.0.5/32', '10.0.0.5', '10.0.0.5'],
  ['0.0.0.0/0', '0.0.0.0', '255.255.255.255'],
  ['192.168.1.240-192.168.1.250', '192.168.1.240', '192.168.1.250'],
  ['192.168.97.200 - 192.168.97.250  ', '192.168.97.200', '192.168.97.250'],
  ['10.0.0.5-10.0.0.5', '10.0.0.5', '10.0.0.5'],
  ['fd00::/120', 'fd00::', 'fd00::ff'],
  ['fd00::10-fd00::1f', 'fd00::10', 'fd00::1f'],
];

it.each(RANGES)('%s names the addresses from %s to %s', (text, first, last) => {
  const entry = parseAddressEntry(text);
  if (entry.kind !== 'range') throw new Error(entry.message);
  expect([formatIp(entry.range.first), formatIp(entry.range.last)]).toEqual([first, last]);
});

const PROBLEMS: readonly [text: string, message: string][] = [
  ['10.0.0.5', 'is a single address without a prefix length; write "10.0.0.5/32"'],
  [' fd00::5 ', 'is a single address without a prefix length; write "fd00::5/128"'],
  ['10.0.0.0/33', 'has no valid prefix length; an IPv4 prefix has 0 to 32 bits'],
  ['fd00::/129', 'has no valid prefix length; an IPv6 prefix has 0 to 128 bits'],
  ['10.0.0.0/', 'has no valid prefix length; an IPv4 prefix has 0 to 32 bits'],
  ['10.0.0.0/-1', 'is a range with a prefix length; write either "first-last" or a CIDR'],
  ['10.0.0.0/255.255.255.0', 'has a netmask in place of a prefix length; write "10.0.0.0/24"'],
  [' 10.0.0.0/24', 'has blanks in it; write "10.0.0.0/24"'],
  ['10.0.0.0 / 24', 'has blanks in it; write "10.0.0.0/24"'],
  ['10.0.0.9-10.0.0.1', 'runs backwards; write "10.0.0.1-10.0.0.9"'],
  ['10.0.0.1-fd00::1', 'begins with an IPv4 and ends with an IPv6 address; write one range for each family'],
  ['::1-1.2.3.4', 'begins with an IPv6 and ends with an IPv4 address; write one range for each family'],
  ['192.168.1.240-250', 'ends with "250" alone; write "192.168.1.240-192.168.1.250"'],
  ['10.0.0.1-10.0.0.2-10.0.0.3', 'has 2 dashes; a range is two addresses with one dash between them'],
  ['10.0.0.0/24-10.0.1.0/24', 'is a range with a prefix length; write either "first-last" or a CIDR'],
  ['10.0.0.1,10.0.0.9/32', 'names several ranges at once; write each as an entry of the list of its own'],
  ['', 'is empty; write a CIDR such as "192.168.1.0/24" or a range such as "192.168.1.240-192.168.1.250"'],
  ['10.0.0.256/32', 'begins with "10.0.0.256", which has a number above 255; correct it'],
  ['010.0.0.5/32', 'begins with "010.0.0.5", which has leading zeros; write "10.0.0.5"'],
  ['fe80::1%eth0/128', 'begins with "fe80::1%eth0", which has a zone; write the address without "%eth0"'],
  ['::ffff:10.0.0.1/128', 'begins with "::ffff:10.0.0.1", an IPv4-mapped address; write "10.0.0.1"'],
  [
    'first-10.0.0.1',
    'begins with "first", which is not an IP address; write one such as "192.168.1.240" or "fd00::240"',
  ],
  ['lan', 'is "lan", which is not an IP address; write one such as "192.168.1.240" or "fd00::240"'],
];

it.each(PROBLEMS)('%j is refused: it %s', (text, message) => {
  expect(parseAddressEntry(text)).toEqual({ kind: 'problem', message });
});
