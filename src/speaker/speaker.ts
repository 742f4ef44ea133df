import { formatIp, formatMac } from '../core/net/index.ts';
import type { ControllerLink, ControllerLinkHandler, ControllerMessage, InterfaceReport } from '../ports/channel.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { PacketEvent, PacketNotice, PacketPlane } from '../ports/packet-plane.ts';
import type { SecretBox } from '../ports/secret-box.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Random, Timers } from '../ports/time.ts';
import type { BgpSpeaker } from './bgp/bgp-speaker.ts';
import { Layer2 } from './layer2.ts';
import { SpeakerMeter } from './metrics.ts';

const LEAVE_WITHIN_MS = 4000;
/** Long enough for a few hellos that say so. */
const SAY_FAREWELL_MS = 250;

export interface SpeakerOptions {
  readonly nodeName: string;
  /** Of the program. */
  readonly version: string;
  /** How long a planned stop waits for addresses to be handed over for which nobody will stand in, in ms; 4 s by default. */
  readonly leaveWithinMs?: number;
}

export interface SpeakerDependencies {
  readonly link: ControllerLink;
  readonly plane: PacketPlane;
  readonly store: StateStore;
  readonly secrets: SecretBox;
  readonly bgp: Pick<BgpSpeaker, 'restore' | 'apply' | 'drain' | 'close'>;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Carries out on one node what the controller grants, and tells it what came of it. What was granted stays in force while
 * there is no controller.
 */
export class Speaker {
  /** Resolves when the speaker has stopped; rejects when it cannot go on, with one line that says why. */
  readonly ended: Promise<void>;
  readonly #nodeName: string;
  readonly #version: string;
  readonly #leaveWithinMs: number;
  readonly #dependencies: SpeakerDependencies;
  readonly #log: Log;
  readonly #meter: SpeakerMeter;
  readonly #instanceId: string;
  readonly #layer2: Layer2;
  readonly #sessions = new AbortController();
  readonly #end: { readonly resolve: () => void; readonly reject: (error: Error) => void };
  #interfaces: readonly InterfaceReport[] = [];
  #connected = false;
  #ready = false;
  #stopping: Promise<void> | undefined;
  #shuttingDown: Promise<void> | undefined;
  /** Called when fewer addresses are claimed than before, while stopping. */
  #released: () => void = () => {};

  constructor(options: SpeakerOptions, dependencies: SpeakerDependencies) {
    this.#nodeName = options.nodeName;
    this.#version = options.version;
    this.#leaveWithinMs = options.leaveWithinMs ?? LEAVE_WITHIN_MS;
    this.#dependencies = dependencies;
    this.#log = dependencies.log;
    this.#meter = new SpeakerMeter(dependencies.metrics);
    this.#instanceId = dependencies.random.uuid();
    this.#layer2 = new Layer2(options, {
      ...dependencies,
      meter: this.#meter,
      send: (message) => dependencies.link.send(message),
      released: () => this.#released(),
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = { resolve, reject };
    // Whoever starts a speaker may look at the end of it later, or never.
    promise.catch(() => {});
  }

  /** Whether packets can be answered and the controller is being dialled. */
  get ready(): boolean {
    return this.#ready;
  }

  /**
   * Resolves when the interfaces are known and the controller is being dialled. Aborting `signal` ends everything at once,
   * without handing over.
   * @throws Error whose message says in one line what is missing
   */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#dependencies.plane.start({
      notice: (notice) => this.#noticed(notice),
      failed: (error) => this.#fail(error),
    });
    signal.addEventListener('abort', () => void this.#shutDown(), { once: true });
    await this.#layer2.restore();
    await this.#dependencies.bgp.restore();
    this.#dependencies.link.start(this.#handler(), this.#sessions.signal).catch((error: unknown) => {
      if (!this.#sessions.signal.aborted) this.#fail(error instanceof Error ? error : new Error(String(error)));
    });
    this.#ready = true;
    this.#log.info('speaker-started', { interfaces: this.#interfaces.map(({ name }) => name) });
  }

  /**
   * A planned stop: says that it leaves, and goes on answering until neighbours know that they are to stand in, or others have
   * taken over, or the time for it is up; meanwhile routers take other ways. Idempotent.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#leave();
    return this.#stopping;
  }

  async #leave(): Promise<void> {
    this.#ready = false;
    const announced = this.#layer2.claims.length;
    this.#log.info('speaker-leaving', { announced });
    this.#dependencies.link.send({ kind: 'leaving' });
    this.#dependencies.plane.command({ kind: 'leaving' });
    await Promise.all([this.#dependencies.bgp.drain(), announced > 0 && this.#untilCovered()]);
    await this.#shutDown();
  }

  #untilCovered(): Promise<void> {
    return this.#layer2.isCovered ? this.#pause(SAY_FAREWELL_MS) : this.#untilHandedOver();
  }

  /** Nobody is known to stand in: only the controller can see to it that the rest is announced elsewhere. */
  async #untilHandedOver(): Promise<void> {
    if (!this.#connected) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#released = () => {
      if (this.#layer2.isCovered) resolve();
    };
    const timer = this.#dependencies.timers.start(this.#leaveWithinMs, () => {
      this.#log.warn('handover-incomplete', { announced: this.#layer2.claims.length });
      resolve();
    });
    await promise;
    timer.cancel();
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => void this.#dependencies.timers.start(ms, resolve));
  }

  #shutDown(): Promise<void> {
    this.#shuttingDown ??= this.#endAll();
    return this.#shuttingDown;
  }

  async #endAll(): Promise<void> {
    this.#ready = false;
    this.#sessions.abort();
    // What is claimed at the end is what the next process goes on with: not what is left once the plane has let go of it.
    await this.#layer2.close();
    await Promise.all([this.#dependencies.plane.stop(), this.#dependencies.bgp.close()]);
    this.#log.info('speaker-stopped');
    this.#end.resolve();
  }

  #fail(error: Error): void {
    this.#ready = false;
    this.#sessions.abort();
    void this.#dependencies.plane.stop().finally(() => this.#end.reject(error));
  }

  #handler(): ControllerLinkHandler {
    return {
      hello: () => {
        const { claims, newestEpoch } = this.#layer2;
        return {
          kind: 'hello',
          nodeName: this.#nodeName,
          instanceId: this.#instanceId,
          version: this.#version,
          interfaces: this.#interfaces,
          claims,
          features: ['bgp'],
          ...(newestEpoch === undefined ? {} : { newestEpoch }),
        };
      },
      received: (message) => this.#received(message),
      connected: (connected) => {
        this.#connected = connected;
        this.#meter.connected(connected);
        this.#log.info(connected ? 'session-opened' : 'session-closed');
        if (!connected) return;
        this.#dependencies.link.send(this.#layer2.neighbourhood);
        if (this.#stopping !== undefined) this.#dependencies.link.send({ kind: 'leaving' });
      },
    };
  }

  #received(message: Exclude<ControllerMessage, { kind: 'welcome' | 'heartbeat' }>): void {
    switch (message.kind) {
      case 'snapshot':
      case 'delta':
      case 'neighbours':
      case 'hello-keys':
      case 'reclaim':
      case 'probe':
        this.#layer2.received(message);
        return;
      case 'bgp-snapshot':
      case 'bgp-delta':
        this.#dependencies.bgp.apply(message);
        return;
      default:
        message satisfies never;
    }
  }

  #noticed(notice: PacketNotice): void {
    switch (notice.kind) {
      case 'interfaces':
        this.#interfaces = notice.interfaces;
        this.#dependencies.link.send({ kind: 'report', interfaces: this.#interfaces, claims: this.#layer2.claims });
        return;
      case 'claims':
      case 'ownership':
      case 'neighbourhood':
      case 'verified':
      case 'probed':
        this.#layer2.noticed(notice);
        return;
      case 'counters':
        this.#meter.count(notice.counters);
        return;
      case 'event':
        this.#seen(notice.event);
        return;
      default:
        notice satisfies never;
    }
  }

  #seen(event: PacketEvent): void {
    this.#meter.event(event.kind);
    switch (event.kind) {
      case 'conflict':
        this.#log.warn('address-conflict', {
          address: formatIp(event.address),
          mac: formatMac(event.mac),
          interface: event.interface,
          seen: event.seen,
        });
        this.#dependencies.link.send(event);
        return;
      case 'conflict-over':
        this.#log.info('address-conflict-over', { address: formatIp(event.address), interface: event.interface });
        this.#dependencies.link.send(event);
        return;
      case 'kernel-answers':
        this.#log.warn('kernel-answers', {
          address: formatIp(event.address),
          interface: event.interface,
          remedy: 'set arp_ignore=1 and arp_announce=2 (kube-proxy: strictARP: true)',
        });
        this.#dependencies.link.send(event);
        return;
      case 'groups-refused':
        this.#log.warn('groups-refused', {
          interface: event.interface,
          remedy: 'switch IPv6 on for the interface, or MLD snooping off on its switches',
        });
        this.#dependencies.link.send(event);
        return;
      case 'hellos-refused':
        this.#log.error('hellos-refused', {
          reason: event.reason,
          remedy: 'free the port: until then neighbours take this speaker for stopped',
        });
        return;
      case 'interface-refused':
        this.#log.error('interface-refused', { interface: event.interface, reason: event.reason });
        return;
      default:
        event satisfies never;
    }
  }
}
