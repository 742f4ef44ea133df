import type { Pool } from './pool.ts';

/** The pools by name, and in the order in which they are tried: pinned ones by priority, then the rest; each by name. */
export class PoolOrder {
  /** Tried without being asked for. */
  readonly automatic: readonly Pool[];
  /** Given out only when the pool or the address is asked for. */
  readonly onRequest: readonly Pool[];
  readonly names: readonly string[];
  /** BOUNDED: by the pools of the configuration. */
  readonly #byName: ReadonlyMap<string, Pool>;
  /** BOUNDED: by the reservations of the configuration. */
  readonly #byReservation = new Map<string, Pool[]>();

  constructor(pools: readonly Pool[]) {
    const ordered = [...pools].sort(
      (a, b) => rank(a) - rank(b) || (a.spec.name < b.spec.name ? -1 : a.spec.name > b.spec.name ? 1 : 0),
    );
    this.automatic = ordered.filter(({ spec }) => spec.autoAssign);
    this.onRequest = ordered.filter(({ spec }) => !spec.autoAssign);
    this.names = ordered.map(({ spec }) => spec.name).sort();
    this.#byName = new Map(ordered.map((pool) => [pool.spec.name, pool]));
    for (const pool of ordered) {
      for (const holder of pool.reserved.keys()) {
        this.#byReservation.set(holder, [...(this.#byReservation.get(holder) ?? []), pool]);
      }
    }
  }

  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  get(name: string): Pool | undefined {
    return this.#byName.get(name);
  }

  withReservationFor(holder: string): readonly Pool[] {
    return this.#byReservation.get(holder) ?? [];
  }
}

/** Unpinned pools come after all that are pinned; among these the priority 0 comes last. */
function rank({ spec }: Pool): number {
  if (spec.pinned === undefined) return Number.POSITIVE_INFINITY;
  return spec.pinned.priority === 0 ? Number.MAX_SAFE_INTEGER : spec.pinned.priority;
}
