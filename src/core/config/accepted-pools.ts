import { type Prefix, prefixesOf } from '../net/index.ts';
import { advertisesPool, type SelectsPools, selectsByNameOnly } from './advertises.ts';
import type { Pool } from './config.ts';

/** The pools that were accepted, in that order: advertisements by the thousand look for theirs. */
export class AcceptedPools {
  /** By name. BOUNDED: by the IPAddressPool objects and the flags, as are the next two. */
  readonly #byName = new Map<string, { readonly pool: Pool; readonly place: number }>();
  readonly #widestBlocks = new Map<Pool, readonly Prefix[]>();
  readonly #all: Pool[] = [];

  add(pool: Pool): void {
    this.#byName.set(pool.name, { pool, place: this.#all.length });
    this.#all.push(pool);
  }

  get(name: string): Pool | undefined {
    return this.#byName.get(name)?.pool;
  }

  all(): readonly Pool[] {
    return this.#all;
  }

  advertisedBy(advertisement: SelectsPools): readonly Pool[] {
    if (!selectsByNameOnly(advertisement)) return this.#all.filter((pool) => advertisesPool(advertisement, pool));
    return [...new Set(advertisement.ipAddressPools)]
      .flatMap((name) => this.#byName.get(name) ?? [])
      .sort((a, b) => a.place - b.place)
      .map(({ pool }) => pool);
  }

  /** For each range of a pool, the widest of the blocks that it consists of. */
  widestBlocks(pool: Pool): readonly Prefix[] {
    const known = this.#widestBlocks.get(pool);
    if (known !== undefined) return known;
    const blocks = pool.ranges.map((range) => prefixesOf(range).reduce((a, b) => (b.length < a.length ? b : a)));
    this.#widestBlocks.set(pool, blocks);
    return blocks;
  }
}
