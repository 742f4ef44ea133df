import type { EventType } from '../../../ports/kubernetes.ts';
import type { EventSeries } from './event-correlator.ts';

/** By uid of the object they are about, in the order in which they came. */
type Lane = Map<string, EventSeries[]>;

/**
 * Events that are to be written: warnings first, and those about one object one after the other, in their order. An event that
 * is still here when one comes that supersedes it is not written at all.
 */
export class EventQueue {
  readonly #max: number;
  /** BOUNDED: `max` events together. */
  readonly #lanes: Readonly<Record<EventType, Lane>> = { Warning: new Map(), Normal: new Map() };
  /** Objects of which an event is being written. BOUNDED: by the writers. */
  readonly #busy = new Set<string>();
  #size = 0;

  constructor(options: { readonly max: number }) {
    this.#max = options.max;
  }

  /** False when there is no room for it. */
  add(series: EventSeries): boolean {
    const { object, event } = series;
    this.#drop(object.uid, event.supersedes ?? []);
    const lane = this.#lanes[event.type];
    const waiting = lane.get(object.uid);
    if (waiting?.includes(series)) return true;
    if (this.#size >= this.#max) return false;
    this.#size += 1;
    if (waiting === undefined) lane.set(object.uid, [series]);
    else waiting.push(series);
    return true;
  }

  /** The next to write; nothing else about its object is handed out until `done`. */
  take(): EventSeries | undefined {
    for (const lane of [this.#lanes.Warning, this.#lanes.Normal]) {
      for (const [uid, waiting] of lane) {
        if (this.#busy.has(uid)) continue;
        const series = waiting.shift();
        if (waiting.length === 0) lane.delete(uid);
        if (series === undefined) continue;
        this.#size -= 1;
        this.#busy.add(uid);
        return series;
      }
    }
    return undefined;
  }

  done({ object }: EventSeries): void {
    this.#busy.delete(object.uid);
  }

  #drop(uid: string, reasons: readonly string[]): void {
    if (reasons.length === 0) return;
    for (const lane of Object.values(this.#lanes)) {
      const waiting = lane.get(uid);
      if (waiting === undefined) continue;
      const kept = waiting.filter(({ event }) => !reasons.includes(event.reason));
      this.#size -= waiting.length - kept.length;
      if (kept.length === 0) lane.delete(uid);
      else lane.set(uid, kept);
    }
  }
}
