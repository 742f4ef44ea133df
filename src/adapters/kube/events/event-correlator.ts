import type { KubernetesEvent, ObjectRef } from '../../../ports/kubernetes.ts';
import type { Clock } from '../../../ports/time.ts';

/** What an event is about. */
export type InvolvedObject = ObjectRef & { readonly kind: string; readonly apiVersion: string; readonly uid: string };

/** One event object of the API, as often as it happened. */
export interface EventSeries {
  readonly object: InvolvedObject;
  readonly event: KubernetesEvent;
  readonly firstAt: Date;
  lastAt: Date;
  count: number;
  /** The name of the object in the API; undefined while it is not written. */
  storedName: string | undefined;
}

/** The time in which equal events are one that counts. @see client-go tools/record defaultAggregateIntervalInSeconds */
const WINDOW_MS = 10 * 60_000;
/** Different messages of one reason about one object, before they are told as one. */
const MAX_MESSAGES = 10;
/** Of what is older than so many others a repetition is a new event object: that costs little, memory costs always. */
const MAX_SERIES = 1_024;

interface Remembered {
  readonly series: EventSeries;
  readonly untilMs: number;
}

interface Messages {
  readonly untilMs: number;
  count: number;
}

/** Finds which event object a new event belongs to, so that repetition counts up instead of filling the API. */
export class EventCorrelator {
  readonly #clock: Clock;
  /** Oldest first. BOUNDED: MAX_SERIES. */
  readonly #series = new Map<string, Remembered>();
  /** How many messages each object has had for a reason; oldest first. BOUNDED: MAX_SERIES. */
  readonly #messages = new Map<string, Messages>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The series of an event, already counted up. */
  correlate(object: InvolvedObject, event: KubernetesEvent): EventSeries {
    const reasonKey = `${object.uid}\n${event.type}\n${event.reason}`;
    const known = this.#find(`${reasonKey}\n${event.message}`);
    if (known !== undefined) return this.#again(known);
    if (this.#countMessage(reasonKey) <= MAX_MESSAGES)
      return this.#remember(`${reasonKey}\n${event.message}`, object, event);
    const combined = this.#find(reasonKey);
    if (combined !== undefined) return this.#again(combined);
    const message = `(combined from similar events): ${event.message}`;
    return this.#remember(reasonKey, object, { ...event, message });
  }

  #find(key: string): EventSeries | undefined {
    const remembered = this.#series.get(key);
    if (remembered === undefined || remembered.untilMs > this.#clock.nowMs()) return remembered?.series;
    this.#series.delete(key);
    return undefined;
  }

  #again(series: EventSeries): EventSeries {
    series.count += 1;
    series.lastAt = this.#clock.wallTime();
    return series;
  }

  #remember(key: string, object: InvolvedObject, event: KubernetesEvent): EventSeries {
    const now = this.#clock.wallTime();
    const series: EventSeries = { object, event, firstAt: now, lastAt: now, count: 1, storedName: undefined };
    this.#series.set(key, { series, untilMs: this.#clock.nowMs() + WINDOW_MS });
    dropOldest(this.#series);
    return series;
  }

  #countMessage(reasonKey: string): number {
    const nowMs = this.#clock.nowMs();
    let messages = this.#messages.get(reasonKey);
    if (messages === undefined || messages.untilMs <= nowMs) {
      messages = { untilMs: nowMs + WINDOW_MS, count: 0 };
      this.#messages.delete(reasonKey);
      this.#messages.set(reasonKey, messages);
      dropOldest(this.#messages);
    }
    messages.count += 1;
    return messages.count;
  }
}

function dropOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size > MAX_SERIES && oldest !== undefined) map.delete(oldest);
}
