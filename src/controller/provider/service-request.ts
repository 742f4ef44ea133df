import { notAnAddress } from '../../core/config/address-entry.ts';
import type { Sharing } from '../../core/ipam/index.ts';
import { compareIp, familyOf, formatIp, type IpAddress, parseIp } from '../../core/net/index.ts';
import type { Service } from '../../ports/kubernetes.ts';
import { ADDRESS_SOURCES, POOL_SOURCES, type RequestSource, SHARING_SOURCES } from './request-table.ts';

/** An annotation may have 256 KiB, an event 1,024 characters. */
const QUOTED_MAX = 100;
const PROBLEMS_MAX = 3;

/** What a Service asks for by its annotations and its spec. */
export interface ServiceRequest {
  /** At most one of a family; empty: any. */
  readonly addresses: readonly IpAddress[];
  /** In the order of preference; empty: any. */
  readonly pools: readonly string[];
  readonly sharing?: Pick<Sharing, 'key' | 'scope'>;
  /** Sentences that say why the request cannot be understood. */
  readonly problems: readonly string[];
  /** Sentences that quote what contradicts each other, and say which counts. */
  readonly contradictions: readonly string[];
  /** Sentences that name what is deprecated, and what to write instead. */
  readonly deprecations: readonly string[];
}

/** Says `text` in `source`; `value` is the same in a form in which equal requests are equal. */
interface Statement {
  readonly source: RequestSource;
  readonly text: string;
  readonly value: string;
}

export function requestOf(service: Service): ServiceRequest {
  const addresses = statements(service, ADDRESS_SOURCES, comparableAddresses);
  const pools = statements(service, POOL_SOURCES, (text) => namesIn(text).join());
  const sharing = statements(service, SHARING_SOURCES, (text) => text);
  const asked = addresses[0] === undefined ? { addresses: [], problems: [] } : parseAddresses(addresses[0]);
  const key = sharing[0]?.text;
  return {
    addresses: asked.addresses,
    pools: namesIn(pools[0]?.text ?? ''),
    ...(key === undefined ? {} : { sharing: { key, scope: scopeOf(service) } }),
    problems: asked.problems,
    contradictions: [addresses, pools, sharing].flatMap(contradictionsAmong),
    deprecations: [...addresses, ...pools, ...sharing].flatMap(deprecationOf),
  };
}

function statements(
  service: Service,
  sources: readonly RequestSource[],
  comparable: (text: string) => string,
): readonly Statement[] {
  return sources.flatMap((source) => {
    const text = source.read(service)?.trim() ?? '';
    return text === '' ? [] : [{ source, text, value: comparable(text) }];
  });
}

function contradictionsAmong([first, ...rest]: readonly Statement[]): string[] {
  if (first === undefined) return [];
  const { source, text, value } = first;
  return rest
    .filter((other) => other.value !== value)
    .map((other) => {
      const both = `${source.name} says ${quoted(text)}, but ${other.source.name} says ${quoted(other.text)}`;
      return `${both}; the former counts. Remove one of the two`;
    });
}

function deprecationOf({ source: { name, successor } }: Statement): string[] {
  return successor === undefined ? [] : [`${name} is deprecated; write ${successor} instead`];
}

function parseAddresses({ source, text }: Statement): Pick<ServiceRequest, 'addresses' | 'problems'> {
  const addresses: IpAddress[] = [];
  const problems: string[] = [];
  const said = `${source.name} says ${quoted(text)}`;
  for (const entry of text.split(',').map((each) => each.trim())) {
    if (problems.length === PROBLEMS_MAX) break;
    const address = parseIp(entry);
    if (entry === '') problems.push(`${said}, which has a comma too many; write addresses with one comma between them`);
    else if (address === undefined) problems.push(`${said}; an address of it is ${notAnAddress(entry)}`);
    else if (isUnspecified(address))
      problems.push(
        `${said}, which asks for an address by DHCP; HeraldLB gives out addresses of its pools only; ask for one of those, or for none`,
      );
    else addresses.push(address);
  }
  const [first, second, third] = addresses;
  if (third !== undefined)
    problems.push(
      `${said}, which are ${addresses.length} addresses; a Service has at most one IPv4 and one IPv6 address; leave one of each`,
    );
  else if (first !== undefined && second !== undefined && familyOf(first) === familyOf(second)) {
    problems.push(
      `${said}, which are two ${familyOf(first)} addresses; a Service has at most one of each family; leave one of them`,
    );
  }
  return { addresses: problems.length > 0 ? [] : addresses.sort(compareIp), problems };
}

/** `0.0.0.0` and `::`: kube-vip takes them for DHCP. */
function isUnspecified(address: IpAddress): boolean {
  return BigInt(address) === 0n;
}

function comparableAddresses(text: string): string {
  return namesIn(text)
    .map((entry) => {
      const address = parseIp(entry);
      return address === undefined ? entry : formatIp(address);
    })
    .sort()
    .join();
}

/** The namespaces within which the sharing key counts; empty for all. Equal on both sides, or they do not share. */
function scopeOf(service: Service): string {
  const source = SHARING_SOURCES.find((each) => (each.read(service)?.trim() ?? '') !== '');
  if (source?.namespaces === undefined) return '';
  const others = namesIn(source.namespaces.read(service) ?? '');
  if (others.includes('*')) return '';
  return [...new Set([service.meta.namespace, ...others])].sort().join();
}

function namesIn(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/** What people wrote, in quotation marks, and not longer than a message has room for. */
export function quoted(text: string): string {
  return `"${text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text}"`;
}
