import { type BfdPacket, decodeBfdPacket, encodeBfdPacket } from '../../src/core/codec/bfd/index.ts';
import {
  type BfdConfig,
  type BfdEvent,
  type BfdReport,
  type BfdSession,
  initialBfd,
  stepBfd,
} from '../../src/core/fsm/bfd/index.ts';
import { seededRandom } from './seeded-random.ts';

export const BFD_300_3: BfdConfig = {
  role: 'active',
  desiredMinTxIntervalUs: 300_000,
  requiredMinRxIntervalUs: 300_000,
  detectMultiplier: 3,
};

type EventKind = Exclude<BfdEvent['kind'], 'received' | 'due'>;

/** One end of a session in virtual time. */
export class BfdEnd {
  readonly sent: { readonly atMs: number; readonly packet: BfdPacket }[] = [];
  readonly reports: { readonly atMs: number; readonly report: BfdReport }[] = [];
  readonly drops: string[] = [];
  state: BfdSession;
  config: BfdConfig;
  wakeMs: number | undefined;
  /** Where what it sends goes to. */
  deliver: (packet: BfdPacket) => void = () => {};
  readonly #draw: () => number;

  constructor(discriminator: number, config: BfdConfig) {
    this.config = config;
    this.state = deepFreeze(initialBfd(discriminator, config));
    this.#draw = seededRandom(discriminator).next;
  }

  tell(kind: EventKind | 'due', nowMs: number): void {
    this.#step({ kind, nowMs, draw: this.#draw() });
  }

  receive(packet: BfdPacket, nowMs: number): void {
    this.#step({ kind: 'received', packet, nowMs, draw: this.#draw() });
  }

  #step(event: BfdEvent): void {
    const { state, actions } = stepBfd(this.state, deepFreeze(event), deepFreeze(this.config));
    this.state = deepFreeze(state);
    for (const action of actions) {
      if (action.kind === 'wake') this.wakeMs = action.atMs;
      if (action.kind === 'drop') this.drops.push(action.reason);
      if (action.kind === 'report') this.reports.push({ atMs: event.nowMs, report: action.report });
      if (action.kind !== 'send') continue;
      this.sent.push({ atMs: event.nowMs, packet: action.packet });
      this.deliver(decodeBfdPacket(encodeBfdPacket(action.packet)));
    }
  }
}

/** Two ends and the path between them. */
export class BfdPair {
  readonly a: BfdEnd;
  readonly b: BfdEnd;
  nowMs = 0;
  delayMs = 1;
  /** Decides the fate of each packet. */
  loses: (to: BfdEnd) => boolean = () => false;
  readonly #flying: { readonly atMs: number; readonly to: BfdEnd; readonly packet: BfdPacket }[] = [];

  constructor(a: BfdConfig = BFD_300_3, b: BfdConfig = BFD_300_3) {
    this.a = new BfdEnd(0xa, a);
    this.b = new BfdEnd(0xb, b);
    this.a.deliver = (packet) => this.#fly(this.b, packet);
    this.b.deliver = (packet) => this.#fly(this.a, packet);
  }

  start(): this {
    this.a.tell('start', this.nowMs);
    this.b.tell('start', this.nowMs);
    return this;
  }

  /** Moves on until a time. */
  until(endMs: number): this {
    for (let next = this.#next(); next !== undefined && next.atMs <= endMs; next = this.#next()) {
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.happen();
    }
    this.nowMs = endMs;
    return this;
  }

  #fly(to: BfdEnd, packet: BfdPacket): void {
    if (!this.loses(to)) this.#flying.push({ atMs: this.nowMs + this.delayMs, to, packet });
  }

  #next(): { atMs: number; happen: () => void } | undefined {
    const wakes = [this.a, this.b].flatMap((end) =>
      end.wakeMs === undefined ? [] : [{ atMs: end.wakeMs, happen: () => end.tell('due', this.nowMs) }],
    );
    const arrivals = this.#flying.map((flight) => ({
      atMs: flight.atMs,
      happen: () => {
        this.#flying.splice(this.#flying.indexOf(flight), 1);
        flight.to.receive(flight.packet, this.nowMs);
      },
    }));
    // Arrivals first: a driver reads its socket before it believes that time is up.
    return [...arrivals, ...wakes].sort((one, other) => one.atMs - other.atMs)[0];
  }
}

/** Frozen: a machine that is not pure is found out. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
