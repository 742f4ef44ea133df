import { parseIp, parseRouterId } from '../../net/index.ts';
import { notAnAddress } from '../address-entry.ts';
import type { BgpCommunity } from '../bgp-config.ts';
import type { CommunityOrAlias } from '../decoded.ts';
import { parsedText } from './fields.ts';

/** One IP address of either family. */
export const ipAddress = parsedText((text) => {
  const address = parseIp(text.trim());
  return address === undefined ? { problem: `is ${notAnAddress(text)}` } : { value: address };
});

export const routerIdText = parsedText((text) => {
  const id = parseRouterId(text);
  return id === undefined
    ? { problem: 'is no router ID; write one like an IPv4 address, such as "10.0.0.1"' }
    : { value: id };
});

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  '\u00b5s': 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** A duration as Go writes it (`1m30s`), in seconds. @see https://pkg.go.dev/time#ParseDuration */
export const durationSeconds = parsedText((text) => {
  if (text === '0') return { value: 0 };
  if (!/^(\d+(\.\d*)?(ns|us|\u00b5s|ms|s|m|h))+$/.test(text)) {
    const bare = /^\d+$/.test(text) ? `"${text}s"` : '"90s" or "1m30s"';
    return { problem: `is no duration; write a number with its unit, such as ${bare}` };
  }
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?)(ns|us|\u00b5s|ms|s|m|h)/g)];
  return { value: parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNIT_SECONDS[unit ?? ''] ?? 0), 0) };
});

const PART_16_MAX = 0xffff;
const PART_32_MAX = 0xffff_ffff;
const COMMUNITY_HELP =
  'write two numbers up to 65535 such as "64512:100", or "large:64512:1:2" with numbers up to 4294967295';

/** The value that a text such as `64512:100` or `large:64512:1:2` names. @see RFC 1997, RFC 8092 */
function parseCommunity(text: string): BgpCommunity | undefined {
  const [first = '', ...rest] = text.split(':');
  if (first === 'large') {
    const [globalAdministrator, localData1, localData2, ...more] = rest.map((part) => number(part, PART_32_MAX));
    if (globalAdministrator === undefined || localData1 === undefined || localData2 === undefined || more.length > 0) {
      return undefined;
    }
    return { kind: 'large', globalAdministrator, localData1, localData2 };
  }
  const [high, low] = [number(first, PART_16_MAX), number(rest[0] ?? '', PART_16_MAX)];
  return high === undefined || low === undefined || rest.length !== 1 ? undefined : { kind: 'standard', high, low };
}

export const communityValue = parsedText((text) => {
  const community = parseCommunity(text);
  return community === undefined ? { problem: `is no BGP community; ${COMMUNITY_HELP}` } : { value: community };
});

/** A community, or the name of one that a Community object gives. */
export const communityOrAlias = parsedText<CommunityOrAlias>((text) => {
  if (text.trim() === '') return { problem: `is empty; ${COMMUNITY_HELP}` };
  const community = parseCommunity(text);
  if (community !== undefined) return { value: community };
  return text.includes(':')
    ? { problem: `is no BGP community; ${COMMUNITY_HELP}` }
    : { value: { kind: 'alias', name: text } };
});

function number(text: string, max: number): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= max ? Number(text) : undefined;
}
