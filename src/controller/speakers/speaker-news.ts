import type { Gauge, Metrics } from '../../ports/metrics.ts';
import { SPEAKERS } from './metrics.ts';
import type { SessionRider } from './session-rider.ts';
import type { Observation, ObservationListener, Presence, SpeakerListener } from './speaker-listener.ts';

/** Who is told of what happens to speakers. BOUNDED, each list: by the rooms of the program. */
export class SpeakerNews {
  readonly #listeners: SpeakerListener[] = [];
  readonly #observers: ObservationListener[] = [];
  readonly #riders: SessionRider[] = [];
  readonly #speakers: Gauge<'state'>;

  constructor(metrics: Metrics) {
    this.#speakers = metrics.gauge(SPEAKERS);
  }

  listen(listener: SpeakerListener): void {
    this.#listeners.push(listener);
  }

  observe(listener: ObservationListener): void {
    this.#observers.push(listener);
  }

  ride(rider: SessionRider): void {
    this.#riders.push(rider);
  }

  tell(news: (listener: SpeakerListener) => void): void {
    for (const listener of this.#listeners) news(listener);
  }

  observed(nodeName: string, observation: Observation): void {
    for (const observer of this.#observers) observer(nodeName, observation);
  }

  riders(news: (rider: SessionRider) => void): void {
    for (const rider of this.#riders) news(rider);
  }

  /** For the metric. */
  count(nodes: Iterable<{ readonly presence: Presence; readonly line: unknown }>): void {
    let alive = 0;
    let connected = 0;
    for (const { presence, line } of nodes) {
      alive += presence === 'gone' ? 0 : 1;
      connected += line === undefined ? 0 : 1;
    }
    this.#speakers.set({ state: 'alive' }, alive);
    this.#speakers.set({ state: 'connected' }, connected);
  }
}
