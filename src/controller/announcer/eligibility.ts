import type { L2Advertisement } from '../../core/config/config.ts';
import { isInnerInterface } from '../../core/net/index.ts';
import type { NodeStanding } from '../../core/placement/placement.ts';
import { keyOf } from '../../ports/kubernetes.ts';
import { abridged } from './abridged.ts';
import { advertises, bothTerms, type NodeTerms, sameTerms, termsFor } from './advertisement-rules.ts';
import type { ServiceEndpoints } from './endpoint-index.ts';
import type { KnownNode, NodeDirectory } from './node-directory.ts';
import type { AnnouncedAddress, Obstacle, ServiceAnnouncement } from './service-announcement.ts';

/** One Service's use of an address. */
export interface AddressUse {
  readonly service: ServiceAnnouncement;
  readonly announced: AnnouncedAddress;
  readonly endpoints: ServiceEndpoints;
}

/** On what terms a node may announce an address, and how steadily. */
export interface EligibleTerms extends NodeTerms {
  readonly standing: NodeStanding;
}

export type EligibleNodes = ReadonlyMap<string, EligibleTerms>;

/** Nodes reached by one set of advertisements. */
interface Reach {
  readonly advertisements: readonly L2Advertisement[];
  /** Matched by the node selectors, able or not. */
  readonly matching: Set<string>;
  /** Matched, and able to announce now. */
  readonly able: Map<string, EligibleTerms>;
}

/** How many nodes a sentence names. */
const NAMED_NODES = 3;

/**
 * Which nodes may announce which addresses now. Addresses that the same advertisements select share one answer, and a
 * change of one node costs one look for each set of advertisements, not for each address.
 */
export class Eligibility {
  readonly #directory: NodeDirectory;
  #advertisements: readonly L2Advertisement[] = [];
  /** By the places of its advertisements in the configuration. BOUNDED: by the sets that pools and selectors can form. */
  readonly #reaches = new Map<string, Reach>();

  constructor(directory: NodeDirectory) {
    this.#directory = directory;
  }

  /** Everything is to be decided anew. */
  configure(advertisements: readonly L2Advertisement[]): void {
    this.#advertisements = advertisements;
    this.#reaches.clear();
  }

  /** A node is not what it was. Says whether it is less able, and more able, for some set of advertisements. */
  refresh(nodeName: string): { readonly lost: boolean; readonly gained: boolean } {
    const node = this.#directory.get(nodeName);
    let lost = false;
    let gained = false;
    for (const reach of this.#reaches.values()) {
      const before = reach.able.get(nodeName);
      this.#look(reach, nodeName, node);
      const after = reach.able.get(nodeName);
      if (sameTerms(before, after) && before?.standing === after?.standing) continue;
      lost ||= before !== undefined;
      gained ||= after !== undefined;
    }
    return { lost, gained };
  }

  /**
   * The nodes that may announce an address for all of the Services that use it and have an endpoint: the others would have
   * nothing of it, and take it from nobody. Never empty: then it is an obstacle.
   */
  of(uses: readonly AddressUse[], refusals: ReadonlyMap<string, string>): EligibleNodes | Obstacle {
    let eligible: EligibleNodes | undefined;
    let idlest: Obstacle | undefined;
    for (const use of uses) {
      const reach = this.#reachOf(use);
      if (reach === undefined) return noAdvertisement(use);
      const idle = idleness(use);
      if (idle !== undefined) {
        idlest ??= idle;
        continue;
      }
      const mine = use.service.externalTrafficPolicy === 'Local' ? local(reach.able, use.endpoints) : reach.able;
      if (mine.size === 0) return this.#whyNobody(reach, use);
      eligible = eligible === undefined ? mine : this.#both(eligible, mine);
    }
    if (eligible === undefined && idlest !== undefined) return idlest;
    if (eligible === undefined || eligible.size === 0) {
      return { reason: 'NoMatchingNode', message: 'no node may announce it for all of the Services that share it' };
    }
    const willing = refusals.size === 0 ? eligible : new Map([...eligible].filter(([node]) => !refusals.has(node)));
    if (willing.size > 0) return willing;
    const said = [...refusals].map(([node, reason]) => `${node}: ${reason}`);
    return { reason: 'NoEligibleNode', message: `every speaker refused it: ${abridged(said, NAMED_NODES)}` };
  }

  #reachOf({ announced, service }: AddressUse): Reach | undefined {
    const places = this.#advertisements.flatMap((one, place) => (advertises(one, announced, service) ? [place] : []));
    if (places.length === 0) return undefined;
    const key = places.join();
    const known = this.#reaches.get(key);
    if (known !== undefined) return known;
    const advertisements = places.flatMap((place) => this.#advertisements[place] ?? []);
    const reach: Reach = { advertisements, matching: new Set(), able: new Map() };
    for (const node of this.#directory.all()) this.#look(reach, node.name, node);
    this.#reaches.set(key, reach);
    return reach;
  }

  /** An interface that both allow may be one that is down. */
  #both(a: EligibleNodes, b: EligibleNodes): EligibleNodes {
    return new Map(
      [...a].flatMap(([name, terms]) => {
        const others = b.get(name);
        const combined = others && bothTerms(terms, others);
        const node = this.#directory.get(name);
        const able = combined !== undefined && node !== undefined && inability(node, combined) === undefined;
        return pairOf(name, able ? { ...combined, standing: terms.standing } : undefined);
      }),
    );
  }

  #look(reach: Reach, nodeName: string, node: KnownNode | undefined): void {
    const terms = node && termsFor(reach.advertisements, node.labels);
    if (terms === undefined) reach.matching.delete(nodeName);
    else reach.matching.add(nodeName);
    if (node !== undefined && terms !== undefined && inability(node, terms) === undefined)
      reach.able.set(nodeName, { ...terms, standing: node.standing });
    else reach.able.delete(nodeName);
  }

  #whyNobody(reach: Reach, use: AddressUse): Obstacle {
    const names = reach.advertisements.map(({ name }) => name).join(', ');
    if (reach.matching.size === 0) {
      return { reason: 'NoMatchingNode', message: `the node selectors of L2Advertisement ${names} match no node` };
    }
    if (reach.able.size > 0) {
      const where = abridged([...use.endpoints.nodes], NAMED_NODES);
      const message = `${keyOf(use.service)} has externalTrafficPolicy Local, and no ready endpoint on a node that may announce (endpoints on: ${where})`;
      return { reason: 'NoEndpoint', message };
    }
    const why = [...reach.matching].map((name) => {
      const node = this.#directory.get(name);
      const terms = node && termsFor(reach.advertisements, node.labels);
      return `${name} ${(node && terms && inability(node, terms)) ?? 'is unknown'}`;
    });
    return { reason: 'NoEligibleNode', message: `no node can announce it: ${abridged(why, NAMED_NODES)}` };
  }
}

/** That nobody would be reached by an address. Undefined when somebody would. */
export function idleness({ service, endpoints }: Omit<AddressUse, 'announced'>): Obstacle | undefined {
  return endpoints.any ? undefined : { reason: 'NoEndpoint', message: `${keyOf(service)} has no ready endpoint` };
}

/** Why a node that matches cannot announce on these terms. */
function inability(node: KnownNode, { interfaces }: NodeTerms): string | undefined {
  if (node.obstacle !== undefined) return node.obstacle;
  if (interfaces === undefined) {
    const leadsToLan = [...node.interfaces].some((name) => !isInnerInterface(name));
    return leadsToLan ? undefined : 'has no interface that is up';
  }
  if (interfaces.some((name) => node.interfaces.has(name))) return undefined;
  return `has none of the interfaces ${interfaces.join(', ')} up`;
}

function local(able: EligibleNodes, { nodes }: ServiceEndpoints): EligibleNodes {
  return new Map([...nodes].flatMap((node) => pairOf(node, able.get(node))));
}

function pairOf(node: string, terms: EligibleTerms | undefined): (readonly [string, EligibleTerms])[] {
  return terms === undefined ? [] : [[node, terms]];
}

function noAdvertisement({ announced }: AddressUse): Obstacle {
  return { reason: 'NoAdvertisement', message: `no L2Advertisement selects pool ${announced.poolName} for it` };
}
