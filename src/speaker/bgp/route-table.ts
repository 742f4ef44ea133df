import type { Prefix } from '../../core/net/index.ts';
import { type PrefixKey, prefixKey, prefixOfKey, type Route, type RouteAttributes } from '../../core/rib/index.ts';
import type { BgpControllerMessage, BgpPath, BgpRoute } from '../../ports/bgp-channel.ts';

/** Routes whose paths are equal share them: a node has many routes, and few kinds of them. */
interface PathSet {
  readonly key: string;
  readonly paths: readonly BgpPath[];
  /** As the peers' tables want them; in the order of `paths`. */
  readonly attributes: readonly RouteAttributes[];
  /** How many routes hold it. */
  uses: number;
}

/** Routes with the same paths. */
export interface RouteGroup {
  readonly paths: readonly BgpPath[];
  readonly prefixes: readonly Prefix[];
}

/** The routes of the node, and which of them each peer is to be told. */
export class RouteTable {
  /** BOUNDED: by what the controller hands over; the channel limits its messages. */
  readonly #routes = new Map<PrefixKey, PathSet>();
  /** By key. BOUNDED: by the routes. */
  readonly #sets = new Map<string, PathSet>();
  /** The one that was held last. */
  #last: PathSet | undefined;

  /** All routes, for keeping. */
  groups(): RouteGroup[] {
    const prefixes = new Map<PathSet, Prefix[]>();
    for (const [key, set] of this.#routes) {
      const group = prefixes.get(set);
      if (group === undefined) prefixes.set(set, [prefixOfKey(key)]);
      else group.push(prefixOfKey(key));
    }
    return [...prefixes].map(([{ paths }, members]) => ({ paths, prefixes: members }));
  }

  /** Takes over what the controller says. @returns the prefixes that may have changed; undefined = all */
  apply(message: BgpControllerMessage): readonly Prefix[] | undefined {
    if (message.kind === 'bgp-snapshot') {
      const gone = new Set(this.#routes.keys());
      for (const route of message.routes) gone.delete(this.#put(route));
      for (const key of gone) this.#delete(key);
      return undefined;
    }
    for (const prefix of message.withdrawn) this.#delete(prefixKey(prefix));
    for (const route of message.routes) this.#put(route);
    return [...message.withdrawn, ...message.routes.map(({ prefix }) => prefix)];
  }

  /** What a peer is to be told of a prefix; undefined = nothing. */
  routeFor(peer: string, prefix: Prefix): Route | undefined {
    const attributes = attributesFor(peer, this.#routes.get(prefixKey(prefix)));
    return attributes === undefined ? undefined : { prefix, attributes };
  }

  /** All that a peer is to be told. */
  *routesFor(peer: string): Iterable<Route> {
    for (const [key, set] of this.#routes) {
      const attributes = attributesFor(peer, set);
      if (attributes !== undefined) yield { prefix: prefixOfKey(key), attributes };
    }
  }

  #put({ prefix, paths }: BgpRoute): PrefixKey {
    const key = prefixKey(prefix);
    const set = this.#hold(paths);
    this.#delete(key);
    this.#routes.set(key, set);
    return key;
  }

  #delete(key: PrefixKey): void {
    const set = this.#routes.get(key);
    if (set === undefined) return;
    this.#routes.delete(key);
    set.uses -= 1;
    if (set.uses === 0) this.#sets.delete(set.key);
  }

  #hold(paths: readonly BgpPath[]): PathSet {
    const last = this.#last;
    if (last !== undefined && last.uses > 0 && samePaths(last.paths, paths)) {
      last.uses += 1;
      return last;
    }
    const key = JSON.stringify(paths);
    let set = this.#sets.get(key);
    if (set === undefined) {
      set = { key, paths, attributes: paths.map(attributesOf), uses: 0 };
      this.#sets.set(key, set);
    }
    set.uses += 1;
    this.#last = set;
    return set;
  }
}

/** Costs no memory, which a key does: the routes of one message are mostly alike. */
function samePaths(a: readonly BgpPath[], b: readonly BgpPath[]): boolean {
  return a.length === b.length && a.every((path, index) => samePath(path, b[index]));
}

function samePath(a: BgpPath, b: BgpPath | undefined): boolean {
  return (
    b !== undefined &&
    a.localPref === b.localPref &&
    a.med === b.med &&
    a.prepend === b.prepend &&
    sameMembers(a.peers, b.peers) &&
    sameMembers(a.communities, b.communities) &&
    a.largeCommunities.length === 0 &&
    b.largeCommunities.length === 0
  );
}

function sameMembers<T extends string | number>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((member, index) => member === b[index]);
}

function attributesFor(peer: string, set: PathSet | undefined): RouteAttributes | undefined {
  if (set === undefined) return undefined;
  const named = set.paths.findIndex(({ peers }) => peers.includes(peer));
  const chosen = named >= 0 ? named : set.paths.findIndex(({ peers }) => peers.length === 0);
  return set.attributes[chosen];
}

function attributesOf(path: BgpPath): RouteAttributes {
  return {
    ...(path.localPref === undefined ? {} : { localPref: path.localPref }),
    ...(path.med === undefined ? {} : { med: path.med }),
    prepend: path.prepend,
    communities: path.communities,
    largeCommunities: path.largeCommunities,
  };
}
