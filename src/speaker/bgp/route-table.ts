import { formatPrefix, type Prefix } from '../../core/net/index.ts';
import type { Route, RouteAttributes } from '../../core/rib/index.ts';
import type { BgpControllerMessage, BgpPath, BgpRoute } from '../../ports/bgp-channel.ts';

/** The routes of the node, and which of them each peer is to be told. */
export class RouteTable {
  /** By prefix. BOUNDED: by what the controller hands over; the channel limits its messages. */
  #routes = new Map<string, BgpRoute>();

  get size(): number {
    return this.#routes.size;
  }

  all(): readonly BgpRoute[] {
    return [...this.#routes.values()];
  }

  /** Takes over what the controller says. @returns the prefixes that may have changed; undefined = all */
  apply(message: BgpControllerMessage): readonly Prefix[] | undefined {
    if (message.kind === 'bgp-snapshot') {
      this.#routes = new Map(message.routes.map((route) => [formatPrefix(route.prefix), route]));
      return undefined;
    }
    for (const prefix of message.withdrawn) this.#routes.delete(formatPrefix(prefix));
    for (const route of message.routes) this.#routes.set(formatPrefix(route.prefix), route);
    return [...message.withdrawn, ...message.routes.map(({ prefix }) => prefix)];
  }

  /** What a peer is to be told of a prefix; undefined = nothing. */
  routeFor(peer: string, prefix: Prefix): Route | undefined {
    const route = this.#routes.get(formatPrefix(prefix));
    return route === undefined ? undefined : routeOf(route, peer);
  }

  /** All that a peer is to be told. */
  *routesFor(peer: string): Iterable<Route> {
    for (const route of this.#routes.values()) {
      const told = routeOf(route, peer);
      if (told !== undefined) yield told;
    }
  }
}

function routeOf({ prefix, paths }: BgpRoute, peer: string): Route | undefined {
  const path = paths.find(({ peers }) => peers.includes(peer)) ?? paths.find(({ peers }) => peers.length === 0);
  return path === undefined ? undefined : { prefix, attributes: attributesOf(path) };
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
