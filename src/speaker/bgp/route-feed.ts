import type { Session } from '../../core/fsm/bgp/index.ts';
import type { IpFamily, Prefix } from '../../core/net/index.ts';
import { AdjRibOut } from '../../core/rib/index.ts';
import type { NodeAddresses } from '../../ports/node-addresses.ts';
import type { ByteStream } from '../../ports/stream-connector.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import type { PeerMeter } from './metrics.ts';
import { nextHopsOf } from './next-hops.ts';
import type { RouteTable } from './route-table.ts';

/** Changes that come closer together than this are told together. A change after a pause, and a withdrawal, wait for nothing. */
const BATCH_MS = 20;
/** Octets that wait for the kernel before no more are written: what the peer does not read stays a set of routes. */
const MAX_PENDING_OCTETS = 256 * 1024;
/** A peer that asks for everything again and again is answered this often. */
const RESEND_EVERY_MS = 1000;

export interface RouteFeedOptions {
  /** Name of the peer. */
  readonly peer: string;
  readonly draining: boolean;
}

export interface RouteFeedDependencies {
  readonly addresses: NodeAddresses;
  readonly routes: RouteTable;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly meter: PeerMeter;
  /** The peer has been told everything, End-of-RIB included: once for each session. */
  readonly complete: () => void;
  /** The peer has been told something. */
  readonly told: () => void;
}

/** Tells one peer the difference between what it has and what it is to have, no faster than it reads. */
export class RouteFeed {
  readonly #peer: string;
  readonly #dependencies: RouteFeedDependencies;
  readonly #rib = new AdjRibOut();
  /** BOUNDED: by the families. */
  readonly #resentAtMs = new Map<IpFamily, number>();
  /** BOUNDED: one for changes, one for each family. */
  readonly #timers = new Map<'batch' | IpFamily, Timer>();
  #stream: ByteStream | undefined;
  #complete = false;
  #pumpedAtMs = Number.NEGATIVE_INFINITY;

  constructor({ peer, draining }: RouteFeedOptions, dependencies: RouteFeedDependencies) {
    this.#peer = peer;
    this.#dependencies = dependencies;
    this.#rib.setGracefulShutdown(draining);
    this.#rib.replace(dependencies.routes.routesFor(peer));
    dependencies.meter.prefixesWanted(this.#rib.counts().wanted);
  }

  /** What the peer has of us. */
  get prefixesSent(): number {
    return this.#stream === undefined ? 0 : this.#rib.counts().advertised;
  }

  /** The session is up. */
  open(stream: ByteStream, { context, localAsn }: Session): void {
    this.#stream = stream;
    this.#complete = false;
    this.#rib.open({ session: context, localAsn, nextHops: nextHopsOf(stream.ends, this.#dependencies.addresses) });
    this.pump();
  }

  /** The session is gone. */
  close(): void {
    this.#stream = undefined;
    this.#rib.close();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** The routes of these prefixes may be others now; undefined = all. */
  routesChanged(prefixes: readonly Prefix[] | undefined): void {
    const { routes } = this.#dependencies;
    let urgent = prefixes === undefined;
    if (prefixes === undefined) this.#rib.replace(routes.routesFor(this.#peer));
    for (const prefix of prefixes ?? []) {
      const route = routes.routeFor(this.#peer, prefix);
      if (route === undefined) {
        this.#rib.withdraw(prefix);
        urgent = true;
      } else this.#rib.announce(route);
    }
    this.#dependencies.meter.prefixesWanted(this.#rib.counts().wanted);
    if (urgent) this.pump();
    else this.#pumpSoon();
  }

  /** All routes with GRACEFUL_SHUTDOWN from now on, or without. @see RFC 8326 */
  setDraining(draining: boolean): void {
    this.#rib.setGracefulShutdown(draining);
    this.pump();
  }

  /** The peer wants all routes of the family again. @see RFC 2918 §4 */
  resend(family: IpFamily): void {
    const nowMs = this.#dependencies.clock.nowMs();
    const waitMs = (this.#resentAtMs.get(family) ?? Number.NEGATIVE_INFINITY) + RESEND_EVERY_MS - nowMs;
    if (waitMs > 0) {
      this.#later(family, waitMs, () => this.resend(family));
      return;
    }
    this.#resentAtMs.set(family, nowMs);
    this.#rib.refresh(family);
    this.pump();
  }

  /** Writes the difference, as far as the peer reads. */
  pump(): void {
    this.#timers.get('batch')?.cancel();
    this.#timers.delete('batch');
    const stream = this.#stream;
    if (stream === undefined) return;
    this.#pumpedAtMs = this.#dependencies.clock.nowMs();
    let written = 0;
    while (stream.pending < MAX_PENDING_OCTETS) {
      const octets = this.#rib.nextMessage();
      if (octets === undefined) {
        this.#allWritten();
        break;
      }
      stream.write(octets);
      written += 1;
    }
    if (written === 0) return;
    this.#dependencies.meter.updatesSent(written, this.prefixesSent);
    this.#dependencies.told();
  }

  #allWritten(): void {
    if (this.#complete) return;
    this.#complete = true;
    this.#dependencies.complete();
  }

  #pumpSoon(): void {
    if (this.#timers.has('batch')) return;
    const waitMs = this.#pumpedAtMs + BATCH_MS - this.#dependencies.clock.nowMs();
    this.#later('batch', Math.max(0, waitMs), () => this.pump());
  }

  #later(name: 'batch' | IpFamily, afterMs: number, callback: () => void): void {
    this.#timers.get(name)?.cancel();
    this.#timers.set(
      name,
      this.#dependencies.timers.start(afterMs, () => {
        this.#timers.delete(name);
        callback();
      }),
    );
  }
}
