import type { L2Advertisement } from '../../core/config/config.ts';
import { selectorMatches } from '../../core/config/label-selector.ts';
import { canonicalText } from '../../core/config/same-value.ts';
import type { AnnouncedAddress, ServiceAnnouncement } from './service-announcement.ts';

type Labels = Readonly<Record<string, string>>;

/** On what terms a node may announce an address. */
export interface NodeTerms {
  /** Sum of the weights of the preferred node selectors that match. */
  readonly preference: number;
  /** Names of the interfaces that may answer; undefined = all. */
  readonly interfaces: readonly string[] | undefined;
}

/** Whether an advertisement is for addresses of this pool given to this Service. */
export function advertises(
  advertisement: L2Advertisement,
  address: AnnouncedAddress,
  service: Pick<ServiceAnnouncement, 'labels'>,
): boolean {
  const { ipAddressPools, ipAddressPoolSelectors, serviceSelectors } = advertisement;
  const everyPool = ipAddressPools.length === 0 && ipAddressPoolSelectors.length === 0;
  const pool =
    everyPool ||
    ipAddressPools.includes(address.poolName) ||
    ipAddressPoolSelectors.some((selector) => selectorMatches(selector, address.poolLabels));
  return pool && anyMatches(serviceSelectors, service.labels);
}

/**
 * What these advertisements together allow to a node; undefined when none of them reaches it. Interfaces of several are
 * united, and one that names none means all; weights add up.
 */
export function termsFor(advertisements: readonly L2Advertisement[], nodeLabels: Labels): NodeTerms | undefined {
  const reaching = advertisements.filter(({ nodeSelectors }) => anyMatches(nodeSelectors, nodeLabels));
  if (reaching.length === 0) return undefined;
  const all = reaching.some(({ interfaces }) => interfaces.length === 0);
  const preference = reaching
    .flatMap(({ preferredNodeSelectors }) => preferredNodeSelectors)
    .reduce((sum, preferred) => sum + (selectorMatches(preferred.preference, nodeLabels) ? preferred.weight : 0), 0);
  return {
    preference,
    interfaces: all ? undefined : [...new Set(reaching.flatMap(({ interfaces }) => interfaces))].sort(),
  };
}

/** What two Services that share an address both allow; undefined when no interface is left. */
export function bothTerms(a: NodeTerms, b: NodeTerms): NodeTerms | undefined {
  const preference = a.preference + b.preference;
  if (a.interfaces === undefined) return { preference, interfaces: b.interfaces };
  const { interfaces: others } = b;
  const interfaces = others === undefined ? a.interfaces : a.interfaces.filter((name) => others.includes(name));
  return interfaces.length === 0 ? undefined : { preference, interfaces };
}

export function sameTerms(a: NodeTerms | undefined, b: NodeTerms | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.preference === b.preference && a.interfaces?.join() === b.interfaces?.join();
}

/** What the advertisements that are for an address say of nodes. Another text: other nodes may be preferred, by somebody's will. */
export function scoringOf(
  advertisements: readonly L2Advertisement[],
  uses: readonly { readonly announced: AnnouncedAddress; readonly service: ServiceAnnouncement }[],
): string {
  return advertisements
    .filter((one) => uses.some(({ announced, service }) => advertises(one, announced, service)))
    .map(({ nodeSelectors, preferredNodeSelectors }) => canonicalText({ nodeSelectors, preferredNodeSelectors }))
    .sort()
    .join();
}

function anyMatches(selectors: L2Advertisement['nodeSelectors'], labels: Labels): boolean {
  return selectors.length === 0 || selectors.some((selector) => selectorMatches(selector, labels));
}
