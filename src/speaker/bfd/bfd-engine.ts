import { type BfdPacket, DecodeError, decodeBfdPacket, type Hash } from '../../core/codec/bfd/index.ts';
import {
  type BfdDatagram,
  type BfdHops,
  type BfdListener,
  type BfdPath,
  type BfdPlane,
  type BfdPlaneListener,
  type BfdSender,
  type BfdSessionSettings,
  BfdSocketError,
  type BfdSockets,
} from '../../ports/bfd.ts';
import type { Clock, Random, Timer, Timers } from '../../ports/time.ts';
import { TokenBucket } from '../token-bucket.ts';
import { BfdCounting } from './counting.ts';
import { SessionDriver } from './session-driver.ts';

const COUNTERS_EVERY_MS = 1000;
const RETRY_SOCKET_MS = 5000;
/** Packets a second that name no session of ours: a neighbour that just started sends one a second. */
const STRANGERS = { perSecond: 200, burst: 200 };
/** TTL of what was sent on this link. @see RFC 5881 §5 */
const MAX_HOP_LIMIT = 255;

export interface BfdEngineDependencies {
  readonly sockets: BfdSockets;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly hash: Hash;
}

/** Keeps the BFD sessions of a node: opens their sockets, and brings each packet to its session. */
export class BfdEngine implements BfdPlane {
  readonly #dependencies: BfdEngineDependencies;
  readonly #counting = new BfdCounting();
  readonly #strangers: TokenBucket;
  /** By name. BOUNDED: by the sessions that are wanted. */
  readonly #sessions = new Map<string, SessionDriver>();
  /** BOUNDED: one for each kind. */
  readonly #listeners = new Map<BfdHops, BfdListener>();
  /** BOUNDED: by the peers of the node. */
  #wanted: readonly BfdSessionSettings[] = [];
  #listener: BfdPlaneListener | undefined;
  #countersTimer: Timer | undefined;
  #retryTimer: Timer | undefined;

  constructor(dependencies: BfdEngineDependencies) {
    this.#dependencies = dependencies;
    this.#strangers = new TokenBucket(STRANGERS, dependencies.clock.nowMs());
  }

  start(listener: BfdPlaneListener): void {
    this.#listener = listener;
    this.#countLater();
  }

  set(sessions: readonly BfdSessionSettings[]): void {
    this.#wanted = sessions;
    const wanted = new Map(sessions.map((settings) => [settings.name, settings]));
    for (const [name, session] of this.#sessions) {
      const settings = wanted.get(name);
      if (settings !== undefined && samePath(settings.path, session.settings.path)) session.reconfigure(settings);
      else this.#end(name, session);
    }
    this.#open();
  }

  async stop(): Promise<void> {
    this.#retryTimer?.cancel();
    this.#countersTimer?.cancel();
    for (const [name, session] of this.#sessions) this.#end(name, session);
    for (const listener of this.#listeners.values()) listener.close();
    this.#listeners.clear();
    this.#tellCounters();
    this.#listener = undefined;
  }

  /** Opens what is wanted and not there; what cannot be had is tried again. */
  #open(): void {
    this.#retryTimer?.cancel();
    let refused = false;
    for (const settings of this.#wanted) {
      if (this.#sessions.has(settings.name)) continue;
      try {
        this.#begin(settings);
      } catch (error) {
        if (!(error instanceof BfdSocketError)) throw error;
        refused = true;
        this.#listener?.changed({ name: settings.name, state: 'Down', diagnostic: 0, obstacle: error.message });
      }
    }
    if (refused) this.#retryTimer = this.#dependencies.timers.start(RETRY_SOCKET_MS, () => this.#open());
  }

  #begin(settings: BfdSessionSettings): void {
    this.#listen(hopsOf(settings.path));
    const sender: BfdSender = this.#dependencies.sockets.open(settings.path);
    const session = new SessionDriver(
      { settings, discriminator: this.#freeDiscriminator() },
      {
        ...this.#dependencies,
        sender,
        counting: this.#counting,
        changed: (report) => this.#listener?.changed(report),
      },
    );
    this.#sessions.set(settings.name, session);
    session.start();
  }

  #end(name: string, session: SessionDriver): void {
    this.#sessions.delete(name);
    session.close();
  }

  #listen(hops: BfdHops): void {
    if (this.#listeners.has(hops)) return;
    this.#listeners.set(
      hops,
      this.#dependencies.sockets.listen(hops, (datagram) => this.#received(datagram, hops)),
    );
  }

  #received(datagram: BfdDatagram, hops: BfdHops): void {
    this.#counting.received();
    const packet = decoded(datagram.octets);
    if (packet === undefined) {
      this.#counting.dropped('malformed');
      return;
    }
    const session = this.#sessionOf(packet, datagram, hops);
    if (typeof session === 'string') this.#counting.dropped(session);
    else session.received(packet, datagram.octets);
  }

  /** By our discriminator when the packet names it, else by where it comes from. @see RFC 5880 §6.8.6, RFC 5881 §3 */
  #sessionOf(
    packet: BfdPacket,
    datagram: BfdDatagram,
    hops: BfdHops,
  ): SessionDriver | 'unknown-session' | 'another-sender' | 'hop-limit' | 'rate-limit' {
    const all = [...this.#sessions.values()].filter(({ settings }) => hopsOf(settings.path) === hops);
    const fits = ({ settings }: SessionDriver): boolean => comesFrom(datagram, settings.path);
    const named = all.find(({ discriminator }) => discriminator === packet.yourDiscriminator);
    if (packet.yourDiscriminator !== 0 && named === undefined) return this.#stranger('unknown-session');
    const fitting = named === undefined ? all.find(fits) : named;
    if (fitting === undefined) return this.#stranger('unknown-session');
    if (!fits(fitting)) return this.#stranger('another-sender');
    const least = fitting.settings.path.multihop?.minimumTtl ?? MAX_HOP_LIMIT;
    return datagram.hopLimit < least ? 'hop-limit' : fitting;
  }

  #stranger<T extends string>(reason: T): T | 'rate-limit' {
    return this.#strangers.take(this.#dependencies.clock.nowMs()) ? reason : 'rate-limit';
  }

  #freeDiscriminator(): number {
    const taken = new Set([...this.#sessions.values()].map(({ discriminator }) => discriminator));
    for (;;) {
      const discriminator = Math.floor(this.#dependencies.random.next() * 2 ** 32);
      if (discriminator !== 0 && !taken.has(discriminator)) return discriminator;
    }
  }

  #countLater(): void {
    this.#countersTimer = this.#dependencies.timers.start(COUNTERS_EVERY_MS, () => {
      this.#tellCounters();
      this.#countLater();
    });
  }

  #tellCounters(): void {
    const counters = this.#counting.take();
    if (counters !== undefined) this.#listener?.counted(counters);
  }
}

function decoded(octets: Uint8Array): BfdPacket | undefined {
  try {
    return decodeBfdPacket(octets);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function hopsOf(path: BfdPath): BfdHops {
  return path.multihop === undefined ? 'single-hop' : 'multihop';
}

function comesFrom(datagram: BfdDatagram, path: BfdPath): boolean {
  return datagram.from === path.remote && (path.interface === undefined || path.interface === datagram.interface);
}

function samePath(a: BfdPath, b: BfdPath): boolean {
  return (
    a.remote === b.remote &&
    a.local === b.local &&
    a.interface === b.interface &&
    a.multihop?.minimumTtl === b.multihop?.minimumTtl
  );
}
