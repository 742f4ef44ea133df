import type { HelloInterface } from '../../codec/hello/index.ts';
import { Holdings } from './holdings.ts';
import { type Link, stepLinks, usableFromMs } from './links.ts';
import { NEVER } from './liveness.ts';
import { Neighbourhood } from './neighbourhood.ts';
import { DEFAULT_TIMING, DOWN_AFTER_INTERVALS, OVERSLEPT_INTERVALS } from './timing.ts';
import type { OwnershipAction, OwnershipEvent, OwnershipOptions, OwnershipTiming } from './types.ts';

/**
 * Decides, for one node, which addresses it announces. It performs nothing: every event gives actions. A hello costs as much as
 * it has entries, a tick as much as there are neighbours, however many addresses the node has.
 */
export class Ownership {
  readonly #standIn: boolean;
  readonly #timing: OwnershipTiming;
  readonly #neighbourhood: Neighbourhood;
  readonly #holdings: Holdings;
  /** Undefined = not reported yet. BOUNDED: by the interfaces of the node. */
  #links: ReadonlyMap<string, Link> | undefined;
  /** Names of the interfaces that can be relied on. BOUNDED: by the links. */
  #usable: ReadonlySet<string> = new Set();
  /** When the neighbours were first named, in ms. */
  #namedMs: number | undefined;
  #starting = true;
  #leaving = false;
  #alone = false;
  #actFromMs = NEVER;
  #wakeMs = Number.POSITIVE_INFINITY;

  constructor({ nodeName, incarnation, timing, standIn = true }: OwnershipOptions) {
    this.#standIn = standIn;
    this.#timing = { ...DEFAULT_TIMING, ...timing };
    const { helloIntervalMs } = this.#timing;
    this.#neighbourhood = new Neighbourhood({ nodeName, incarnation, helloIntervalMs });
    this.#holdings = new Holdings({ helloIntervalMs }, this.#neighbourhood);
  }

  /** What follows from an event. @param nowMs of a clock that never goes back */
  handle(event: OwnershipEvent, nowMs: number): readonly OwnershipAction[] {
    this.#noticeOversleep(nowMs);
    this.#take(event, nowMs);
    if (event.kind === 'tick' || nowMs >= this.#wakeMs) this.#turn(nowMs);
    if (this.#starting) this.#settle(nowMs);
    this.#noticeCompany();
    this.#holdings.decide({
      nowMs,
      alone: this.#alone,
      starting: this.#starting,
      leaving: this.#leaving,
      usable: this.#usable,
      actFromMs: this.#actFromMs,
      standIn: this.#standIn,
      timing: this.#timing,
    });
    const actions = [...this.#neighbourhood.takeActions(), ...this.#holdings.takeActions()];
    actions.push(...this.#neighbourhood.rounds.send(nowMs));
    this.#wakeMs = this.#nextMs(nowMs);
    return actions;
  }

  /** When to send the next `tick`, in ms; later is possible, but then this node accuses nobody for a while. */
  nextWakeMs(): number {
    return this.#wakeMs;
  }

  #take(event: OwnershipEvent, nowMs: number): void {
    switch (event.kind) {
      case 'hello':
        this.#neighbourhood.receive(event.from, event.hello, nowMs);
        break;
      case 'kernel-answered':
        this.#neighbourhood.kernelAnswered(event.nodeName, nowMs);
        break;
      case 'gateway-answered':
        this.#neighbourhood.gatewayAnswered(nowMs);
        break;
      case 'grants':
        this.#holdings.grant(event.changed, event.revoked);
        break;
      case 'neighbours':
        this.#namedMs ??= nowMs;
        this.#neighbourhood.set(event.neighbours, nowMs);
        break;
      case 'interfaces':
        this.#links = stepLinks(this.#links ?? new Map(), event.interfaces, nowMs);
        this.#chooseLinks(nowMs);
        this.#present();
        break;
      case 'restored':
        this.#holdings.grant(event.grants, []);
        this.#holdings.restore(event.claims);
        break;
      case 'leaving':
        this.#leaving = true;
        this.#present();
        break;
      case 'reclaim':
        this.#holdings.reclaim(event.addresses);
        break;
      case 'tick':
        break;
      default:
        event satisfies never;
    }
  }

  /**
   * What waits in the sockets may say that nothing is wrong: nobody is accused before it is read. A node that slept for so long
   * that others may have called it down has to hear first what they did.
   */
  #noticeOversleep(nowMs: number): void {
    const { helloIntervalMs } = this.#timing;
    const lateMs = nowMs - this.#wakeMs;
    if (lateMs <= OVERSLEPT_INTERVALS * helloIntervalMs) return;
    const forLong = lateMs >= DOWN_AFTER_INTERVALS * helloIntervalMs;
    this.#neighbourhood.overslept(forLong, nowMs);
    this.#listenFor(forLong ? DOWN_AFTER_INTERVALS : 1, nowMs);
  }

  #listenFor(intervals: number, nowMs: number): void {
    this.#actFromMs = Math.max(this.#actFromMs, nowMs + intervals * this.#timing.helloIntervalMs);
  }

  #turn(nowMs: number): void {
    this.#neighbourhood.turn(nowMs);
    this.#chooseLinks(nowMs);
    this.#holdings.turn(nowMs);
  }

  /** A node that has just started acts once all its neighbours told what they hold, or it has listened for long enough. */
  #settle(nowMs: number): void {
    if (this.#links === undefined || this.#namedMs === undefined || nowMs < this.#settledMs(this.#namedMs)) return;
    this.#starting = false;
    this.#present();
    this.#holdings.reconsider();
  }

  #settledMs(namedMs: number): number {
    const { settleMs } = this.#timing;
    let untilMs = NEVER;
    for (const neighbour of this.#neighbourhood.all()) untilMs = Math.max(untilMs, neighbour.untoldUntilMs(settleMs));
    return Math.max(this.#actFromMs, Math.min(untilMs, namedMs + settleMs));
  }

  #noticeCompany(): void {
    if (this.#neighbourhood.isAlone === this.#alone) return;
    this.#alone = this.#neighbourhood.isAlone;
    this.#present();
    this.#holdings.reconsider();
  }

  #chooseLinks(nowMs: number): void {
    const usable = new Set<string>();
    for (const [name, link] of this.#links ?? []) if (usableFromMs(link) <= nowMs) usable.add(name);
    if (usable.size === this.#usable.size && [...usable].every((name) => this.#usable.has(name))) return;
    // Without a link it heard nothing of what the others did meanwhile.
    if (this.#usable.size === 0 && !this.#starting) this.#listenFor(DOWN_AFTER_INTERVALS, nowMs);
    this.#usable = usable;
    this.#present();
    this.#holdings.reconsider();
  }

  #present(): void {
    const interfaces: HelloInterface[] = [];
    for (const { reported } of this.#links?.values() ?? [])
      interfaces.push({ ...reported, up: this.#usable.has(reported.name) });
    const { rounds } = this.#neighbourhood;
    rounds.present({
      leaving: this.#leaving,
      starting: this.#starting,
      alone: this.#alone,
      interfaces,
    });
  }

  #nextMs(nowMs: number): number {
    let nextMs = Math.min(this.#neighbourhood.nextTurnMs(), this.#holdings.nextTurnMs());
    nextMs = Math.min(nextMs, this.#neighbourhood.rounds.nextMs());
    if (this.#starting && this.#namedMs !== undefined && this.#links !== undefined)
      nextMs = Math.min(nextMs, this.#settledMs(this.#namedMs));
    for (const [name, link] of this.#links ?? [])
      if (!this.#usable.has(name)) nextMs = Math.min(nextMs, usableFromMs(link));
    return Math.max(nextMs, nowMs);
  }
}
