import { advertisesPool } from '../../core/config/advertises.ts';
import type { Config, L2Advertisement, Pool } from '../../core/config/config.ts';
import type { IpAddress } from '../../core/net/index.ts';
import type { ProbeResult } from '../../ports/channel.ts';
import type { Informer } from '../../ports/informer.ts';
import type { Node } from '../../ports/kubernetes.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import { termsFor } from '../announcer/advertisement-rules.ts';
import type { Speakers } from '../speakers/speaker-listener.ts';

export interface SweepOptions {
  /** Pause between two looks at what is to be asked about, in ms. */
  readonly everyMs: number;
  /** After a change it is looked so much later, in ms. */
  readonly soonMs: number;
  /** How many of the next addresses of each pool and family are asked about. */
  readonly ahead: number;
  /** After this the LAN is asked again about a free address, in ms. */
  readonly recheckMs: number;
  /** After this it is asked again about an address that somebody has, in ms. */
  readonly recheckUsedMs: number;
  /** A speaker that does not answer within this is asked no more in this round, in ms. */
  readonly patienceMs: number;
}

export const DEFAULT_SWEEP_OPTIONS: SweepOptions = {
  everyMs: 15_000,
  soonMs: 500,
  ahead: 16,
  recheckMs: 120_000,
  recheckUsedMs: 60_000,
  patienceMs: 10_000,
};

/** In one question to a speaker. */
const ADDRESSES_AT_ONCE = 128;

export interface SweepDependencies {
  readonly speakers: Pick<Speakers, 'alive' | 'probe'>;
  readonly config: { current(): Config };
  readonly nodes: Pick<Informer<Node>, 'get'>;
  /** The next addresses of a pool that Services will be given, at most `count` of each family. */
  readonly nextFree: (poolName: string, count: number) => readonly IpAddress[];
  /** Addresses of a pool that somebody was seen to have, and that are given to no Service, or announced all the same. */
  readonly inQuestion: (poolName: string) => readonly IpAddress[];
  /**
   * Addresses of a pool that are announced, by the node that does, because they were found to be free: the LAN of that node is
   * asked once more, however lately another's was.
   */
  readonly unconfirmed: (poolName: string) => ReadonlyMap<string, readonly IpAddress[]>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly found: (nodeName: string, pool: Pool, result: ProbeResult) => void;
  /** It is time to look what is to be asked about. */
  readonly looking: () => void;
  /** A round of answers is complete. */
  readonly answered: () => void;
}

interface Request {
  readonly nodeName: string;
  /** BOUNDED: by ADDRESSES_AT_ONCE. */
  readonly pools: ReadonlyMap<IpAddress, Pool>;
  readonly patience: Timer;
}

/** The pools whose addresses are announced on LANs, with the advertisements that say so. */
export function layer2Pools({ pools, l2Advertisements }: Config): readonly {
  readonly pool: Pool;
  readonly advertisements: readonly L2Advertisement[];
}[] {
  return pools
    .map((pool) => ({ pool, advertisements: l2Advertisements.filter((each) => advertisesPool(each, pool)) }))
    .filter(({ advertisements }) => advertisements.length > 0);
}

/** Has speakers ask their LANs about the next addresses of the pools, so that nobody has to wait for it later. */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #dependencies: SweepDependencies;
  /** When an address was asked about last, and whether somebody had it. BOUNDED: forgotten when it is due again. */
  readonly #asked = new Map<IpAddress, { readonly atMs: number; readonly used: boolean }>();
  /** BOUNDED: by the pools, times the nodes; each ends after its patience. */
  readonly #requests = new Map<number, Request>();
  #nextRequestId = 1;
  /** Speakers take turns: each sees its own part of the LAN. */
  #turn = 0;
  #timer: Timer | undefined;
  #soon: Timer | undefined;
  #stopped = false;

  constructor(options: SweepOptions, dependencies: SweepDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  start(): void {
    this.#timer = this.#dependencies.timers.start(this.#options.everyMs, () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#soon?.cancel();
    for (const { patience } of this.#requests.values()) patience.cancel();
  }

  /** Other addresses may be next. Cheap, however often. */
  soon(): void {
    if (this.#stopped) return;
    this.#soon ??= this.#dependencies.timers.start(this.#options.soonMs, () => {
      this.#soon = undefined;
      this.#look();
    });
  }

  /** The answer of a speaker. One to nothing that was asked is ignored. */
  probed(nodeName: string, requestId: number, results: readonly ProbeResult[]): void {
    const request = this.#requests.get(requestId);
    if (request?.nodeName !== nodeName) return;
    this.#end(requestId, request);
    const atMs = this.#dependencies.clock.nowMs();
    for (const result of results) {
      const pool = request.pools.get(result.address);
      if (pool === undefined) continue;
      if (result.failure === undefined) this.#asked.set(result.address, { atMs, used: result.stations.length > 0 });
      this.#dependencies.found(nodeName, pool, result);
    }
    this.#dependencies.answered();
  }

  #look(): void {
    this.#dependencies.looking();
    this.#forgetOld();
    const pending = new Set([...this.#requests.values()].flatMap((request) => [...request.pools.keys()]));
    for (const { pool, advertisements } of layer2Pools(this.#dependencies.config.current())) {
      const addresses = [
        ...this.#dependencies.nextFree(pool.name, this.#options.ahead),
        ...this.#dependencies.inQuestion(pool.name),
      ].filter((address) => !this.#asked.has(address) && !pending.has(address));
      if (addresses.length > 0) this.#askNext(pool, addresses, advertisements);
      for (const [nodeName, announced] of this.#dependencies.unconfirmed(pool.name)) {
        const unasked = announced.filter((address) => !pending.has(address));
        if (unasked.length > 0) this.#ask(nodeName, pool, unasked);
      }
    }
  }

  #askNext(pool: Pool, addresses: readonly IpAddress[], advertisements: readonly L2Advertisement[]): void {
    const able = this.#able(advertisements);
    const nodeName = able[this.#turn % Math.max(1, able.length)];
    if (nodeName === undefined) return;
    this.#turn += 1;
    this.#ask(nodeName, pool, addresses);
  }

  #ask(nodeName: string, pool: Pool, all: readonly IpAddress[]): void {
    const addresses = all.slice(0, ADDRESSES_AT_ONCE);
    const requestId = this.#nextRequestId++;
    if (!this.#dependencies.speakers.probe(nodeName, { requestId, addresses })) return;
    const request: Request = {
      nodeName,
      pools: new Map(addresses.map((address) => [address, pool])),
      patience: this.#dependencies.timers.start(this.#options.patienceMs, () => this.#requests.delete(requestId)),
    };
    this.#requests.set(requestId, request);
  }

  /** The nodes that would announce the addresses, and have a speaker now. */
  #able(advertisements: readonly L2Advertisement[]): readonly string[] {
    return [...this.#dependencies.speakers.alive()]
      .filter(({ presence, interfaces }) => presence === 'connected' && interfaces.some(({ up }) => up))
      .map(({ nodeName }) => nodeName)
      .filter((name) => termsFor(advertisements, this.#dependencies.nodes.get(name)?.meta.labels ?? {}) !== undefined)
      .sort();
  }

  #end(requestId: number, { patience }: Request): void {
    patience.cancel();
    this.#requests.delete(requestId);
  }

  #forgetOld(): void {
    const { recheckMs, recheckUsedMs } = this.#options;
    const nowMs = this.#dependencies.clock.nowMs();
    for (const [address, { atMs, used }] of this.#asked) {
      if (nowMs - atMs >= (used ? recheckUsedMs : recheckMs)) this.#asked.delete(address);
    }
  }
}
