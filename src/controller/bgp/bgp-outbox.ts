import type { Prefix } from '../../core/net/index.ts';
import type { BgpControllerMessage, BgpRoute, BgpSettings } from '../../ports/bgp-channel.ts';
import { prefixKey } from './route-book.ts';

/** What a node is to do now. Asked when it is sent, so that nothing is kept for a node that is not told it. */
export interface Directives {
  settingsOf(nodeName: string): BgpSettings;
  routesOf(nodeName: string): readonly BgpRoute[];
  /** Undefined: nobody is told of the prefix. */
  routeOf(nodeName: string, prefix: Prefix): BgpRoute | undefined;
}

/**
 * What one node was not told yet. However fast things change and however slowly it reads, one update is under way, and the
 * rest is one entry for each prefix.
 */
export class BgpOutbox {
  readonly #nodeName: string;
  readonly #directives: Directives;
  /** BOUNDED: by the prefixes that were ever announced since the last update. */
  readonly #prefixes = new Map<string, Prefix>();
  #settings = false;
  #everything = true;
  #revision = 0;
  #awaited: number | undefined;

  constructor(nodeName: string, directives: Directives) {
    this.#nodeName = nodeName;
    this.#directives = directives;
  }

  /** The revision that is not acked yet. */
  get awaited(): number | undefined {
    return this.#awaited;
  }

  routeChanged(prefix: Prefix): void {
    if (!this.#everything) this.#prefixes.set(prefixKey(prefix), prefix);
  }

  settingsChanged(): void {
    this.#settings = true;
  }

  /** So much is different that it is said from the beginning. */
  everythingChanged(): void {
    this.#everything = true;
    this.#prefixes.clear();
  }

  /** At most `limit` prefixes; undefined while an update is under way, or when there is nothing to tell. */
  next(limit: number): BgpControllerMessage | undefined {
    if (this.#awaited !== undefined) return undefined;
    if (this.#everything) return this.#snapshot();
    if (!this.#settings && this.#prefixes.size === 0) return undefined;
    const routes: BgpRoute[] = [];
    const withdrawn: Prefix[] = [];
    for (const [key, prefix] of this.#prefixes) {
      if (routes.length + withdrawn.length >= limit) break;
      this.#prefixes.delete(key);
      const route = this.#directives.routeOf(this.#nodeName, prefix);
      if (route === undefined) withdrawn.push(prefix);
      else routes.push(route);
    }
    const settings = this.#settings ? { settings: this.#directives.settingsOf(this.#nodeName) } : {};
    this.#settings = false;
    return { kind: 'bgp-delta', revision: this.#await(), ...settings, routes, withdrawn };
  }

  /** True when it is the update under way. Undefined for a revision that was never sent. */
  acked(revision: number): boolean | undefined {
    if (revision > this.#revision) return undefined;
    if (revision !== this.#awaited) return false;
    this.#awaited = undefined;
    return true;
  }

  #snapshot(): BgpControllerMessage {
    this.#everything = false;
    this.#settings = false;
    const settings = this.#directives.settingsOf(this.#nodeName);
    return {
      kind: 'bgp-snapshot',
      revision: this.#await(),
      settings,
      routes: this.#directives.routesOf(this.#nodeName),
    };
  }

  #await(): number {
    this.#revision += 1;
    this.#awaited = this.#revision;
    return this.#revision;
  }
}
