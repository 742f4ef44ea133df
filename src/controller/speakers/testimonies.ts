import type { NeighbourReport, NeighbourState } from '../../ports/channel.ts';

/** Whether a node that says this of a neighbour hears it, or stands in for it. */
export function isSignOfLife(state: NeighbourState | undefined): boolean {
  return state === 'heard' || state === 'leaving' || state === 'stopped';
}

const NOBODY: ReadonlyMap<string, NeighbourState> = new Map();

/** What speakers that are connected say of their neighbours. */
export class Testimonies {
  /** By who is spoken of, then by who speaks. BOUNDED: by the nodes, times the neighbours of one. */
  readonly #witnesses = new Map<string, Map<string, NeighbourState>>();
  /** By who speaks: of whom. BOUNDED: as `#witnesses`. */
  readonly #spokenOf = new Map<string, ReadonlySet<string>>();

  /** Takes over all that a node says. Returns of whom it says something else than before. */
  replace(witness: string, reports: readonly NeighbourReport[]): readonly string[] {
    const named = new Map(reports.map(({ nodeName, state }) => [nodeName, state]));
    named.delete(witness);
    const before = this.#spokenOf.get(witness) ?? new Set();
    const changed = [...new Set([...before, ...named.keys()])].filter((node) =>
      this.#put(node, witness, named.get(node)),
    );
    if (named.size > 0) this.#spokenOf.set(witness, new Set(named.keys()));
    else this.#spokenOf.delete(witness);
    return changed;
  }

  /** The session of a node ended: what it said is past. Returns of whom it spoke. */
  forget(witness: string): readonly string[] {
    return this.replace(witness, []);
  }

  /** What is said of a node, by who says it. */
  of(node: string): ReadonlyMap<string, NeighbourState> {
    return this.#witnesses.get(node) ?? NOBODY;
  }

  /** The nodes of which something is said. */
  nodes(): Iterable<string> {
    return this.#witnesses.keys();
  }

  /** Somebody hears its speaker now. */
  isHeard(node: string): boolean {
    for (const state of this.of(node).values()) if (state === 'heard') return true;
    return false;
  }

  /** Somebody hears its speaker, or stands in for it while its kernel forwards. */
  isCaredFor(node: string): boolean {
    for (const state of this.of(node).values()) if (isSignOfLife(state)) return true;
    return false;
  }

  #put(node: string, witness: string, state: NeighbourState | undefined): boolean {
    const witnesses = this.#witnesses.get(node) ?? new Map<string, NeighbourState>();
    if (witnesses.get(witness) === state) return false;
    if (state === undefined) witnesses.delete(witness);
    else witnesses.set(witness, state);
    if (witnesses.size > 0) this.#witnesses.set(node, witnesses);
    else this.#witnesses.delete(node);
    return true;
  }
}
