import type { BgpAdvertisement } from '../../core/config/bgp-config.ts';
import { familyOf, type IpAddress, isIpv4, type Prefix, prefixOf } from '../../core/net/index.ts';

/** What one Service asks for: that the prefix be announced as the advertisement says. */
export interface Contribution {
  readonly prefix: Prefix;
  /** Two that say the same are the same only if they are one object. */
  readonly advertisement: BgpAdvertisement;
  /** Names of the nodes from which; undefined: from every one that the advertisement reaches. */
  readonly nodes: ReadonlySet<string> | undefined;
}

/** A prefix whose advertisements are others than before. */
export interface PrefixChange {
  readonly prefix: Prefix;
  /** On these nodes; undefined: on every one. */
  readonly nodes: ReadonlySet<string> | undefined;
}

/** How many Services ask for each. Never 0. */
type Tally = Map<BgpAdvertisement, number>;

interface Page {
  readonly prefix: Prefix;
  readonly everywhere: Tally;
  /** By node. */
  readonly local: Map<string, Tally>;
}

/**
 * Which advertisements each prefix has, and where, counted over the Services that ask for it: an aggregate of a thousand Services
 * costs as much to change as a route of one, and goes when the last of them does.
 */
export class RouteBook {
  /** By Service. BOUNDED: by the Services that ask for something, as is the next. */
  readonly #contributions = new Map<string, readonly Contribution[]>();
  readonly #pages = new Map<string, Page>();

  get size(): number {
    return this.#pages.size;
  }

  *prefixes(): Iterable<Prefix> {
    for (const { prefix } of this.#pages.values()) yield prefix;
  }

  contributionsOf(serviceKey: string): readonly Contribution[] {
    return this.#contributions.get(serviceKey) ?? [];
  }

  /** What it asks for that is for this address of its. */
  contributionsFor(serviceKey: string, address: IpAddress): readonly Contribution[] {
    return this.contributionsOf(serviceKey).filter(
      ({ prefix: { network, length } }) =>
        familyOf(network) === familyOf(address) && prefixOf(address, length).network === network,
    );
  }

  /** Replaces what the Service asked for. Costs as much as it asks for, and says only what is different in sum. */
  set(serviceKey: string, contributions: readonly Contribution[]): readonly PrefixChange[] {
    const changes = new Changes();
    const before = this.contributionsOf(serviceKey);
    // What stays is counted twice for a moment, and so never vanishes.
    for (const one of contributions) this.#add(one, changes);
    for (const one of before) this.#remove(one, changes);
    if (contributions.length === 0) this.#contributions.delete(serviceKey);
    else this.#contributions.set(serviceKey, contributions);
    return changes.list();
  }

  /** The advertisements that a prefix has on a node, in no order; those too that do not reach it. */
  advertisementsAt(prefix: Prefix, nodeName: string): ReadonlySet<BgpAdvertisement> {
    const page = this.#pages.get(prefixKey(prefix));
    return new Set([...(page?.everywhere.keys() ?? []), ...(page?.local.get(nodeName)?.keys() ?? [])]);
  }

  /** The advertisements that a prefix has anywhere. */
  advertisementsOf(prefix: Prefix): ReadonlySet<BgpAdvertisement> {
    const page = this.#pages.get(prefixKey(prefix));
    const local = [...(page?.local.values() ?? [])].flatMap((tally) => [...tally.keys()]);
    return new Set([...(page?.everywhere.keys() ?? []), ...local]);
  }

  #add({ prefix, advertisement, nodes }: Contribution, changes: Changes): void {
    const key = prefixKey(prefix);
    const page = this.#pages.get(key) ?? { prefix, everywhere: new Map(), local: new Map() };
    this.#pages.set(key, page);
    if (nodes === undefined) {
      if (increment(page.everywhere, advertisement)) changes.everywhere(key, prefix);
      return;
    }
    for (const node of nodes) {
      const tally = page.local.get(node) ?? new Map<BgpAdvertisement, number>();
      page.local.set(node, tally);
      if (increment(tally, advertisement)) changes.at(node, key, prefix);
    }
  }

  #remove({ prefix, advertisement, nodes }: Contribution, changes: Changes): void {
    const key = prefixKey(prefix);
    const page = this.#pages.get(key);
    if (page === undefined) return;
    if (nodes === undefined && decrement(page.everywhere, advertisement)) changes.everywhere(key, prefix);
    for (const node of nodes ?? []) {
      const tally = page.local.get(node);
      if (tally === undefined) continue;
      if (decrement(tally, advertisement)) changes.at(node, key, prefix);
      if (tally.size === 0) page.local.delete(node);
    }
    if (page.everywhere.size === 0 && page.local.size === 0) this.#pages.delete(key);
  }
}

/** Distinct for distinct prefixes of either family. */
export function prefixKey({ network, length }: Prefix): string {
  return `${isIpv4(network) ? 4 : 6}/${network}/${length}`;
}

/** Gathers changes, one for each prefix. */
class Changes {
  /** BOUNDED: by what one Service asks for. */
  readonly #byPrefix = new Map<string, { readonly prefix: Prefix; readonly nodes: Set<string> | undefined }>();

  everywhere(key: string, prefix: Prefix): void {
    this.#byPrefix.set(key, { prefix, nodes: undefined });
  }

  at(node: string, key: string, prefix: Prefix): void {
    const known = this.#byPrefix.get(key);
    if (known === undefined) this.#byPrefix.set(key, { prefix, nodes: new Set([node]) });
    else known.nodes?.add(node);
  }

  list(): readonly PrefixChange[] {
    return [...this.#byPrefix.values()];
  }
}

/** True when it is the first. */
function increment(tally: Tally, advertisement: BgpAdvertisement): boolean {
  const count = tally.get(advertisement) ?? 0;
  tally.set(advertisement, count + 1);
  return count === 0;
}

/** True when it was the last. */
function decrement(tally: Tally, advertisement: BgpAdvertisement): boolean {
  const count = tally.get(advertisement) ?? 0;
  if (count > 1) tally.set(advertisement, count - 1);
  else tally.delete(advertisement);
  return count === 1;
}
