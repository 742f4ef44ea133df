import type { BgpAdvertisement } from '../../core/config/bgp-config.ts';
import type { Prefix } from '../../core/net/index.ts';
import type { BgpPath, BgpRoute, BgpSettings } from '../../ports/bgp-channel.ts';
import type { BgpNode, BgpNodes } from './bgp-nodes.ts';
import type { Directives } from './bgp-outbox.ts';
import { pathsOf } from './paths.ts';
import type { PeerPasswords } from './peer-passwords.ts';
import { peerSettings } from './peer-settings.ts';
import type { RouteBook } from './route-book.ts';

export interface NodeDirectivesDependencies {
  readonly nodes: BgpNodes;
  readonly book: RouteBook;
  readonly passwords: Pick<PeerPasswords, 'passwordOf'>;
}

/** What each node is to do, worked out when it is asked for. Routes with the same advertisements share their paths. */
export class NodeDirectives implements Directives {
  readonly #dependencies: NodeDirectivesDependencies;
  /** Places in the configuration. BOUNDED: by the advertisements in force. */
  #places: ReadonlyMap<BgpAdvertisement, number> = new Map();
  /** By the places of the advertisements. BOUNDED: by the sets of them that routes have. */
  readonly #paths = new Map<string, readonly BgpPath[]>();

  constructor(dependencies: NodeDirectivesDependencies) {
    this.#dependencies = dependencies;
  }

  /** In the order in which they count. */
  configure(advertisements: readonly BgpAdvertisement[]): void {
    this.#places = new Map(advertisements.map((advertisement, place) => [advertisement, place]));
    this.#paths.clear();
  }

  settingsOf(nodeName: string): BgpSettings {
    const { nodes, passwords } = this.#dependencies;
    const node = nodes.get(nodeName);
    const peers = (node?.peers ?? []).flatMap((peer) => {
      const password = passwords.passwordOf(peer);
      return password.kind === 'pending' ? [] : [peerSettings(peer, password)];
    });
    return { peers, draining: node?.draining ?? false };
  }

  routesOf(nodeName: string): readonly BgpRoute[] {
    const node = this.#teller(nodeName);
    if (node === undefined) return [];
    return [...this.#dependencies.book.prefixes()].flatMap((prefix) => this.#routeAt(node, prefix) ?? []);
  }

  routeOf(nodeName: string, prefix: Prefix): BgpRoute | undefined {
    const node = this.#teller(nodeName);
    return node && this.#routeAt(node, prefix);
  }

  /** The node, if it tells anybody of anything. */
  #teller(nodeName: string): BgpNode | undefined {
    const node = this.#dependencies.nodes.get(nodeName);
    return node?.obstacle === undefined && node?.peers.length !== 0 ? node : undefined;
  }

  #routeAt(node: BgpNode, prefix: Prefix): BgpRoute | undefined {
    const mine: [number, BgpAdvertisement][] = [];
    for (const advertisement of this.#dependencies.book.advertisementsAt(prefix, node.name)) {
      const place = this.#places.get(advertisement);
      if (place !== undefined && node.advertisements.has(advertisement)) mine.push([place, advertisement]);
    }
    if (mine.length === 0) return undefined;
    mine.sort(([a], [b]) => a - b);
    const key = mine.map(([place]) => place).join();
    const paths = this.#paths.get(key) ?? pathsOf(mine.map(([, advertisement]) => advertisement));
    this.#paths.set(key, paths);
    return { prefix, paths };
  }
}
