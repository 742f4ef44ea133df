import { formatIp, formatMac, type IpAddress } from '../core/net/index.ts';
import type {
  Claim,
  ControllerLink,
  ControllerLinkHandler,
  Epoch,
  Grant,
  InterfaceReport,
  SpeakerMessage,
} from '../ports/channel.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { PacketEvent, PacketNotice, PacketPlane } from '../ports/packet-plane.ts';
import type { Random, Timers } from '../ports/time.ts';
import { type GrantMessage, grantChange } from './grant-change.ts';
import { SpeakerMeter } from './metrics.ts';

const MAX_GRANTS = 65_536;
const LEAVE_WITHIN_MS = 4000;

export interface SpeakerOptions {
  readonly nodeName: string;
  /** Of the program. */
  readonly version: string;
  /** How long a planned stop waits for its addresses to be handed over, in ms; 4 s by default. */
  readonly leaveWithinMs?: number;
}

export interface SpeakerDependencies {
  readonly link: ControllerLink;
  readonly plane: PacketPlane;
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
  readonly #with: SpeakerDependencies;
  readonly #log: Log;
  readonly #meter: SpeakerMeter;
  readonly #instanceId: string;
  /** BOUNDED: by MAX_GRANTS. */
  readonly #grants = new Map<IpAddress, Grant>();
  /** BOUNDED: by the grants. */
  readonly #claims = new Map<IpAddress, Epoch>();
  readonly #sessions = new AbortController();
  readonly #end: { readonly resolve: () => void; readonly reject: (error: Error) => void };
  #interfaces: readonly InterfaceReport[] = [];
  #connected = false;
  #ready = false;
  #stopping: Promise<void> | undefined;
  #shuttingDown: Promise<void> | undefined;
  /** Told when the last claim is gone, while stopping. */
  #handedOver: (() => void) | undefined;

  constructor(options: SpeakerOptions, dependencies: SpeakerDependencies) {
    this.#nodeName = options.nodeName;
    this.#version = options.version;
    this.#leaveWithinMs = options.leaveWithinMs ?? LEAVE_WITHIN_MS;
    this.#with = dependencies;
    this.#log = dependencies.log;
    this.#meter = new SpeakerMeter(dependencies.metrics);
    this.#instanceId = dependencies.random.uuid();
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
   * Resolves when the interfaces are known and the controller is being dialled. Aborting `signal` ends everything at once, without handing over.
   * @throws Error whose message says in one line what is missing
   */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#with.plane.start({ notice: (notice) => this.#noticed(notice), failed: (error) => this.#fail(error) });
    signal.addEventListener('abort', () => void this.#shutDown(), { once: true });
    this.#with.link.start(this.#handler(), this.#sessions.signal).catch((error: unknown) => {
      if (!this.#sessions.signal.aborted) this.#fail(error instanceof Error ? error : new Error(String(error)));
    });
    this.#ready = true;
    this.#log.info('speaker-started', { interfaces: this.#interfaces.map(({ name }) => name) });
  }

  /**
   * A planned stop: says that it leaves and goes on answering until others have taken over or the time for it is up.
   * Idempotent.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#leave();
    return this.#stopping;
  }

  async #leave(): Promise<void> {
    this.#ready = false;
    if (this.#connected) {
      this.#log.info('speaker-leaving', { announced: this.#claims.size });
      this.#with.link.send({ kind: 'leaving' });
      await this.#untilHandedOver();
    }
    await this.#shutDown();
  }

  async #untilHandedOver(): Promise<void> {
    if (this.#claims.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#with.timers.start(this.#leaveWithinMs, () => {
        this.#log.warn('handover-incomplete', { announced: this.#claims.size });
        resolve();
      });
      this.#handedOver = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #shutDown(): Promise<void> {
    this.#shuttingDown ??= this.#endAll();
    return this.#shuttingDown;
  }

  async #endAll(): Promise<void> {
    this.#ready = false;
    this.#sessions.abort();
    await this.#with.plane.stop();
    this.#log.info('speaker-stopped');
    this.#end.resolve();
  }

  #fail(error: Error): void {
    this.#ready = false;
    this.#sessions.abort();
    void this.#with.plane.stop().finally(() => this.#end.reject(error));
  }

  #handler(): ControllerLinkHandler {
    return {
      hello: () => ({
        kind: 'hello',
        nodeName: this.#nodeName,
        instanceId: this.#instanceId,
        version: this.#version,
        interfaces: this.#interfaces,
        claims: this.#allClaims(),
      }),
      received: (message) => {
        if (message.kind === 'snapshot' || message.kind === 'delta') this.#granted(message);
      },
      connected: (connected) => {
        this.#connected = connected;
        this.#meter.connected(connected);
        this.#log.info(connected ? 'session-opened' : 'session-closed');
        if (connected && this.#stopping !== undefined) this.#with.link.send({ kind: 'leaving' });
      },
    };
  }

  #granted(message: GrantMessage): void {
    const change = grantChange(this.#grants, message, { nodeName: this.#nodeName, capacity: MAX_GRANTS });
    for (const address of change.revoked) this.#grants.delete(address);
    for (const grant of change.granted) this.#grants.set(grant.address, grant);
    if (change.granted.length + change.revoked.length > 0)
      this.#with.plane.command({ kind: 'change', grants: change.granted, revoked: change.revoked });
    this.#meter.holds(this.#grants.size, this.#claims.size);
    this.#answer(message.revision, change.rejected);
  }

  /** A rejection counts as an acknowledgement of what was not rejected. */
  #answer(revision: number, rejected: readonly { readonly address: IpAddress; readonly reason: string }[]): void {
    this.#meter.rejected(rejected.length);
    for (const { address, reason } of rejected) {
      this.#log.warn('grant-rejected', { address: formatIp(address), reason });
      this.#with.link.send({ kind: 'reject', revision, address, reason });
    }
    if (rejected.length === 0) this.#with.link.send({ kind: 'ack', revision });
  }

  #noticed(notice: PacketNotice): void {
    switch (notice.kind) {
      case 'interfaces':
        this.#interfaces = notice.interfaces;
        this.#with.link.send(this.#report());
        return;
      case 'claims':
        for (const { address, epoch } of notice.claimed) this.#claims.set(address, epoch);
        for (const address of notice.released) this.#claims.delete(address);
        this.#with.link.send({ kind: 'claims', made: notice.claimed, dropped: notice.released });
        this.#meter.holds(this.#grants.size, this.#claims.size);
        if (this.#claims.size === 0) this.#handedOver?.();
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
        this.#with.link.send(event);
        return;
      case 'conflict-over':
        this.#log.info('address-conflict-over', { address: formatIp(event.address), interface: event.interface });
        this.#with.link.send(event);
        return;
      case 'kernel-answers':
        this.#log.warn('kernel-answers', {
          address: formatIp(event.address),
          interface: event.interface,
          remedy: 'set arp_ignore=1 and arp_announce=2 (kube-proxy: strictARP: true)',
        });
        return;
      case 'groups-refused':
        this.#log.warn('groups-refused', {
          interface: event.interface,
          remedy: 'switch IPv6 on for the interface, or MLD snooping off on its switches',
        });
        return;
      case 'interface-refused':
        this.#log.error('interface-refused', { interface: event.interface, reason: event.reason });
        return;
      default:
        event satisfies never;
    }
  }

  #report(): Extract<SpeakerMessage, { kind: 'report' }> {
    return { kind: 'report', interfaces: this.#interfaces, claims: this.#allClaims() };
  }

  #allClaims(): Claim[] {
    return [...this.#claims].map(([address, epoch]) => ({ address, epoch, term: 0 }));
  }
}
