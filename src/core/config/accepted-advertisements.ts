import { selectsByNameOnly } from './advertises.ts';
import type { BgpAdvertisement } from './bgp-config.ts';
import { mayContradict } from './bgp-routes.ts';
import { canonicalText } from './same-value.ts';

/** The BGP advertisements that were accepted, in that order, found by what a further one may collide with. */
export class AcceptedAdvertisements {
  /** Each with its place. BOUNDED: by the BGPAdvertisement objects, as are the others. */
  readonly #places = new Map<BgpAdvertisement, number>();
  readonly #byContent = new Map<string, BgpAdvertisement>();
  readonly #byPoolName = new Map<string, BgpAdvertisement[]>();
  /** Those for every pool, or for pools with certain labels. */
  readonly #notByName: BgpAdvertisement[] = [];

  add(advertisement: BgpAdvertisement): void {
    this.#places.set(advertisement, this.#places.size);
    const content = contentOf(advertisement);
    if (!this.#byContent.has(content)) this.#byContent.set(content, advertisement);
    if (!selectsByNameOnly(advertisement)) this.#notByName.push(advertisement);
    else for (const name of advertisement.ipAddressPools) this.#named(name).push(advertisement);
  }

  all(): readonly BgpAdvertisement[] {
    return [...this.#places.keys()];
  }

  /** The first that says the same. */
  equalTo(advertisement: BgpAdvertisement): BgpAdvertisement | undefined {
    return this.#byContent.get(contentOf(advertisement));
  }

  /** Those that may contradict it over a pool that both may be for. */
  contradicting(advertisement: BgpAdvertisement): readonly BgpAdvertisement[] {
    const contradicts = (other: BgpAdvertisement): boolean => mayContradict(advertisement, other);
    if (!selectsByNameOnly(advertisement)) return this.all().filter(contradicts);
    const named = advertisement.ipAddressPools.flatMap((name) => this.#byPoolName.get(name) ?? []);
    const found = new Set([...this.#notByName.filter(contradicts), ...named.filter(contradicts)]);
    return [...found].sort((a, b) => this.#placeOf(a) - this.#placeOf(b));
  }

  #named(poolName: string): BgpAdvertisement[] {
    const known = this.#byPoolName.get(poolName) ?? [];
    this.#byPoolName.set(poolName, known);
    return known;
  }

  #placeOf(advertisement: BgpAdvertisement): number {
    return this.#places.get(advertisement) ?? 0;
  }
}

/** What it says, whoever says it. */
function contentOf({ name: _name, origin: _origin, ...rest }: BgpAdvertisement): string {
  return canonicalText(rest);
}
