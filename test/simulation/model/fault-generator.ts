import type { Random } from '../../../src/ports/time.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { nodeName } from './cluster.ts';
import type { Fault, Scenario } from './fault.ts';
import { FINE, type Weather } from './network.ts';

const FIRST_FAULT_MS = 5000;
const MOST_STALLED_MS = 20_000;
const HOUR_MS = 3_600_000;

export interface GeneratorOptions {
  readonly nodes: number;
  readonly addresses: number;
  readonly faults: number;
  readonly standIn: boolean;
}

/** A scenario of random faults, some on top of each other, some with a long pause after them; at the end all is well again. */
export function randomScenario(seed: number, { nodes, addresses, faults, standIn }: GeneratorOptions): Scenario {
  const generator = new FaultGenerator(seededRandom(seed * 7919 + 1), nodes, addresses);
  const list: Fault[] = [];
  let atMs = FIRST_FAULT_MS;
  while (list.length < faults) {
    list.push(...generator.next(atMs));
    atMs += generator.pauseMs();
  }
  list.push(...generator.recovery(atMs));
  return { seed, nodes, addresses, standIn, lastsMs: Math.round(atMs + 12_000), faults: list };
}

class FaultGenerator {
  readonly #random: Random;
  readonly #nodes: readonly string[];
  readonly #addresses: number;
  readonly #off = new Set<string>();
  readonly #silent = new Set<string>();
  readonly #unplugged = new Set<string>();
  #away = false;
  #cut = false;
  #isFine = true;

  constructor(random: Random, nodes: number, addresses: number) {
    this.#random = random;
    this.#nodes = Array.from({ length: nodes }, (_, index) => nodeName(index));
    this.#addresses = addresses;
  }

  pauseMs(): number {
    const kind = this.#random.next();
    if (kind < 0.25) return this.#random.next() * 300;
    if (kind < 0.91) return 300 + this.#random.next() * 5000;
    // Hours in which frames are lost by chance would have to be played frame by frame.
    if (kind < 0.94 || !this.#isFine) return 60_000 + this.#random.next() * 10_000;
    return HOUR_MS * (1 + this.#random.next() * 23);
  }

  next(atMs: number): Fault[] {
    const at = Math.round(atMs);
    const node = this.#pick(this.#nodes);
    switch (Math.floor(this.#random.next() * 10)) {
      case 0:
        return [this.#togglePower(at, node)];
      case 1:
      case 2:
        return this.#toggleSpeaker(at, node);
      case 3:
        return [this.#toggleLink(at, node)];
      case 4:
        return [{ atMs: at, kind: 'stall', node, forMs: Math.round(this.#random.next() ** 3 * MOST_STALLED_MS) }];
      case 5:
      case 6:
        return [this.#toggleCut(at)];
      case 7:
        return [{ atMs: at, kind: 'weather', weather: this.#weather() }];
      case 8:
        this.#away = !this.#away;
        return [{ atMs: at, kind: this.#away ? 'controller-away' : 'controller-back' }];
      default:
        return [{ atMs: at, kind: 'move', index: Math.floor(this.#random.next() * this.#addresses), to: node }];
    }
  }

  /** Everything that is broken is mended, in one instant. */
  recovery(atMs: number): Fault[] {
    const at = Math.round(atMs);
    return [
      { atMs: at, kind: 'heal' },
      { atMs: at, kind: 'weather', weather: FINE },
      { atMs: at, kind: 'controller-back' },
      ...[...this.#unplugged].map((node): Fault => ({ atMs: at, kind: 'link-up', node })),
      ...[...this.#off].map((node): Fault => ({ atMs: at, kind: 'power-on', node })),
      ...[...this.#silent].map((node): Fault => ({ atMs: at, kind: 'speaker-start', node })),
    ];
  }

  #togglePower(atMs: number, node: string): Fault {
    this.#silent.delete(node);
    if (this.#off.delete(node)) return { atMs, kind: 'power-on', node };
    this.#off.add(node);
    return { atMs, kind: 'power-cut', node };
  }

  #toggleSpeaker(atMs: number, node: string): Fault[] {
    if (this.#off.has(node)) return [];
    if (this.#silent.delete(node)) return [{ atMs, kind: 'speaker-start', node }];
    this.#silent.add(node);
    const kill: Fault = { atMs, kind: 'speaker-kill', node };
    return this.#random.next() < 0.5 ? [kill] : [{ atMs: atMs - 200, kind: 'speaker-leave', node }, kill];
  }

  #toggleLink(atMs: number, node: string): Fault {
    if (this.#unplugged.delete(node)) return { atMs, kind: 'link-up', node };
    this.#unplugged.add(node);
    return { atMs, kind: 'link-down', node };
  }

  #toggleCut(atMs: number): Fault {
    this.#cut = !this.#cut;
    if (!this.#cut) return { atMs, kind: 'heal' };
    if (this.#random.next() < 0.3) {
      const [from, to] = [this.#pick(this.#nodes), this.#pick(this.#nodes)];
      return { atMs, kind: 'one-way', from, to };
    }
    const groups: string[][] = [[], [], []];
    const parts = this.#random.next() < 0.7 ? 2 : 3;
    for (const name of this.#nodes) groups[Math.floor(this.#random.next() * parts)]?.push(name);
    return { atMs, kind: 'partition', groups };
  }

  #weather(): Weather {
    this.#isFine = this.#random.next() < 0.5;
    if (this.#isFine) return FINE;
    return {
      loss: this.#random.next() * 0.03,
      duplication: this.#random.next() * 0.1,
      lateness: this.#random.next() * 0.2,
      latenessMs: this.#random.next() * 60,
    };
  }

  #pick<T>(list: readonly T[]): T {
    const item = list[Math.floor(this.#random.next() * list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}
