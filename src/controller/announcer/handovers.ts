import type { IpAddress } from '../../core/net/index.ts';
import { NeighbourGraph } from '../../core/placement/neighbour-graph.ts';
import type { Counter, Metrics } from '../../ports/metrics.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import { HANDOVERS } from './metrics.ts';
import type { NeighbourSource } from './neighbour-lists.ts';

export interface HandoversOptions {
  /** How long the old owner of a planned move waits for the new one to claim, in milliseconds. */
  readonly handoverMs: number;
}

export interface HandoversDependencies {
  readonly timers: Timers;
  readonly metrics: Metrics;
  /** Takes the address from a node whose time is over. */
  readonly revoke: (nodeName: string, address: IpAddress) => void;
}

export type HandoverResult = 'claimed' | 'timeout' | 'cancelled';

/** Who goes on announcing until the new owner claims. */
export interface Outgoing {
  readonly node: string;
  /** Names of the interfaces that may answer; undefined = all. */
  readonly interfaces: readonly string[] | undefined;
}

interface Handover {
  readonly outgoing: Outgoing;
  /** It and the candidates that come after it. */
  readonly partners: readonly string[];
  readonly timer: Timer;
}

/** The planned moves that are under way: who still has an address that others were granted already, and for how long. */
export class Handovers {
  readonly #options: HandoversOptions;
  readonly #dependencies: HandoversDependencies;
  readonly #results: Counter<'result'>;
  /** BOUNDED: by the addresses that are announced. */
  readonly #pending = new Map<IpAddress, Handover>();
  /** For so long the partners must hear each other. */
  readonly #partners = new NeighbourGraph(Number.POSITIVE_INFINITY);

  constructor(options: HandoversOptions, dependencies: HandoversDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#results = dependencies.metrics.counter(HANDOVERS);
  }

  outgoingOf(address: IpAddress): Outgoing | undefined {
    return this.#pending.get(address)?.outgoing;
  }

  /** Who exchanges an address with whom just now. */
  get partners(): NeighbourSource {
    return this.#partners;
  }

  /** `outgoing` keeps the address until somebody of the list claims it. However often the list changes, it waits no longer. */
  begin(address: IpAddress, outgoing: Outgoing, list: readonly string[]): void {
    const before = this.#pending.get(address);
    const { timers } = this.#dependencies;
    const timer = before?.timer ?? timers.start(this.#options.handoverMs, () => this.finish(address, 'timeout'));
    const partners = [outgoing.node, ...list];
    if (before !== undefined) this.#partners.remove(before.partners);
    this.#partners.add(partners);
    this.#pending.set(address, { outgoing, partners, timer });
  }

  /** The outgoing owner lets go now. Nothing when there is none. */
  finish(address: IpAddress, result: HandoverResult): void {
    const outgoing = this.outgoingOf(address);
    if (outgoing === undefined) return;
    this.#end(address, result);
    this.#dependencies.revoke(outgoing.node, address);
  }

  /** There is nothing to be waited for any more; what becomes of the outgoing owner is decided elsewhere. */
  cancel(address: IpAddress): void {
    if (this.#pending.has(address)) this.#end(address, 'cancelled');
  }

  /** Who is gone has nothing to hand over. */
  nodeGone(nodeName: string): void {
    for (const [address, { outgoing }] of [...this.#pending]) {
      if (outgoing.node === nodeName) this.finish(address, 'cancelled');
    }
  }

  stop(): void {
    for (const { timer } of this.#pending.values()) timer.cancel();
  }

  #end(address: IpAddress, result: HandoverResult): void {
    const handover = this.#pending.get(address);
    if (handover === undefined) return;
    handover.timer.cancel();
    this.#partners.remove(handover.partners);
    this.#pending.delete(address);
    this.#results.add({ result });
  }
}
