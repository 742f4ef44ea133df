import type { IpAddress } from '../../core/net/index.ts';
import { NeighbourGraph } from '../../core/placement/neighbour-graph.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';
import type { NeighbourSource } from './neighbour-lists.ts';

/** One that is gone for longer costs its neighbours more than its return may. */
const REMEMBERED_MS = 3_600_000;

interface Unreached {
  /** Who has what was taken from it. BOUNDED: by the nodes. */
  readonly successors: Set<string>;
  readonly timer: Timer;
}

/**
 * Takes addresses from nodes, and remembers those that could not be told. One that was cut off may come back and announce an
 * address by its old grant, before it has a session, and also when there is no controller to have one with: so it goes on to
 * exchange hellos with those that have the address now, and gives way to what they say.
 */
export class Revocations implements NeighbourSource {
  readonly #speakers: Speakers;
  readonly #timers: Timers;
  readonly #graph = new NeighbourGraph(Number.POSITIVE_INFINITY);
  /** By node name. BOUNDED: by the nodes that were granted something within an hour. */
  readonly #unreached = new Map<string, Unreached>();

  constructor({ speakers, timers }: { readonly speakers: Speakers; readonly timers: Timers }) {
    this.#speakers = speakers;
    this.#timers = timers;
  }

  neighboursOf(node: string): readonly string[] {
    return this.#graph.neighboursOf(node);
  }

  takeChanged(): readonly string[] {
    return this.#graph.takeChanged();
  }

  /** @param successors who has the address from now on */
  revoke(node: string, address: IpAddress, successors: readonly string[]): void {
    const presence = this.#speakers.speaker(node)?.presence ?? 'gone';
    if (presence === 'gone' || presence === 'away') this.#note(node, successors);
    this.#speakers.revoke(node, address);
  }

  /** It is told everything now, or exists no more. */
  reached(node: string): void {
    const known = this.#unreached.get(node);
    if (known === undefined) return;
    known.timer.cancel();
    this.#unreached.delete(node);
    for (const successor of known.successors) this.#graph.remove([node, successor]);
  }

  stop(): void {
    for (const { timer } of this.#unreached.values()) timer.cancel();
  }

  #note(node: string, successors: readonly string[]): void {
    const known = this.#unreached.get(node) ?? {
      successors: new Set<string>(),
      timer: this.#timers.start(REMEMBERED_MS, () => this.reached(node)),
    };
    this.#unreached.set(node, known);
    for (const successor of successors) {
      if (successor === node || known.successors.has(successor)) continue;
      known.successors.add(successor);
      this.#graph.add([node, successor]);
    }
  }
}
