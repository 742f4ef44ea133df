import type { Random } from '../../../src/ports/time.ts';
import type { Agenda } from './agenda.ts';

export interface Weather {
  /** Share of frames that are lost, 0 to 1. */
  readonly loss: number;
  /** Share of frames that come twice. */
  readonly duplication: number;
  /** Share of frames that are late, and may so be overtaken. */
  readonly lateness: number;
  /** How late they are at most, in ms. */
  readonly latenessMs: number;
}

export const FINE: Weather = { loss: 0, duplication: 0, lateness: 0, latenessMs: 0 };

const SHORTEST_MS = 0.1;
const JITTER_MS = 0.5;

/** The LAN: who reaches whom, and in what condition. */
export class Network {
  weather: Weather = FINE;
  readonly #agenda: Agenda;
  readonly #random: Random;
  /** By sender: whom it does not reach. */
  readonly #cut = new Map<string, Set<string>>();
  /** Nodes without link or power. */
  readonly #off = new Set<string>();

  constructor(agenda: Agenda, random: Random) {
    this.#agenda = agenda;
    this.#random = random;
  }

  reaches(from: string, to: string): boolean {
    return !this.#off.has(from) && !this.#off.has(to) && this.#cut.get(from)?.has(to) !== true;
  }

  isOn(node: string): boolean {
    return !this.#off.has(node);
  }

  cut(from: string, to: string): void {
    this.#cut.set(from, (this.#cut.get(from) ?? new Set()).add(to));
  }

  heal(): void {
    this.#cut.clear();
  }

  switch(node: string, on: boolean): void {
    if (on) this.#off.delete(node);
    else this.#off.add(node);
  }

  /** Sends a frame: it arrives never, once or twice, soon or late. */
  send(from: string, to: string, arrive: () => void): void {
    if (!this.reaches(from, to)) return;
    this.#carry(from, to, arrive);
    if (this.#random.next() < this.weather.duplication) this.#carry(from, to, arrive);
  }

  #carry(from: string, to: string, arrive: () => void): void {
    const { loss, lateness, latenessMs } = this.weather;
    if (loss > 0 && this.#random.next() < loss) return;
    const late = lateness > 0 && this.#random.next() < lateness ? this.#random.next() * latenessMs : 0;
    this.#agenda.after(SHORTEST_MS + this.#random.next() * JITTER_MS + late, () => {
      if (this.reaches(from, to)) arrive();
    });
  }
}
