import type { IpAddress, IpFamily } from '../net/index.ts';
import { isIpv4 } from '../net/index.ts';
import type { RouteForm } from './route-form.ts';
import type { RouteAttributes } from './types.ts';

/** Attributes that are equal, once. Compared by identity. */
export interface AttributeSet {
  readonly key: string;
  readonly attributes: RouteAttributes;
  /** How many routes hold it. */
  uses: number;
  /** What the present session makes of it. BOUNDED: by the two families. */
  readonly forms: Map<IpFamily, RouteForm>;
}

/** Makes equal attributes identical, while some route holds them. */
export class AttributeTable {
  /** BOUNDED: by the routes that are wanted or advertised. */
  readonly #sets = new Map<string, AttributeSet>();
  /** Whoever hands over one object many times has its key made once. Holds nothing alive. */
  readonly #keys = new WeakMap<RouteAttributes, string>();

  get size(): number {
    return this.#sets.size;
  }

  sets(): Iterable<AttributeSet> {
    return this.#sets.values();
  }

  /** The set equal to `attributes`, held once more. Whoever holds it gives it back by `release`. */
  hold(attributes: RouteAttributes): AttributeSet {
    const key = this.#keyOf(attributes);
    const known = this.#sets.get(key);
    const set = known ?? { key, attributes, uses: 0, forms: new Map() };
    if (known === undefined) this.#sets.set(key, set);
    set.uses += 1;
    return set;
  }

  release(set: AttributeSet): void {
    set.uses -= 1;
    if (set.uses === 0) this.#sets.delete(set.key);
  }

  /** The session changed, and with it what is written. */
  forgetForms(): void {
    for (const { forms } of this.#sets.values()) forms.clear();
  }

  #keyOf(attributes: RouteAttributes): string {
    let key = this.#keys.get(attributes);
    if (key === undefined) {
      key = attributesKey(attributes);
      this.#keys.set(attributes, key);
    }
    return key;
  }
}

function attributesKey(attributes: RouteAttributes): string {
  const { nextHop, localPref, med, prepend, communities, extendedCommunities, largeCommunities } = attributes;
  const large = largeCommunities?.map(
    ({ globalAdministrator, localData1, localData2 }) => `${globalAdministrator}:${localData1}:${localData2}`,
  );
  return [
    addressKey(nextHop),
    localPref ?? '',
    med ?? '',
    prepend ?? 0,
    setKey(communities),
    setKey(extendedCommunities),
    setKey(large),
  ].join('|');
}

function addressKey(address: IpAddress | undefined): string {
  return address === undefined ? '' : `${isIpv4(address) ? 4 : 6}:${address}`;
}

/** The order of communities means nothing, nor does a repetition. */
function setKey(values: readonly (number | bigint | string)[] | undefined): string {
  return [...new Set(values)].map(String).sort().join(',');
}
