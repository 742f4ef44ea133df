import type { IpAddress } from '../../core/net/index.ts';
import type { BfdPlane } from '../../ports/bfd.ts';
import type {
  BgpControllerMessage,
  BgpPeerSettings,
  BgpSessionReport,
  BgpSettings,
  BgpSpeakerMessage,
} from '../../ports/bgp-channel.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { NodeAddresses } from '../../ports/node-addresses.ts';
import type { SecretBox } from '../../ports/secret-box.ts';
import type { StateStore } from '../../ports/state-store.ts';
import type { AcceptedStream, StreamConnector, StreamEnds } from '../../ports/stream-connector.ts';
import type { Clock, Random, Timers } from '../../ports/time.ts';
import { StateKeeper } from '../local-state/state-keeper.ts';
import { BfdWatch } from './bfd-watch.ts';
import { decodeBgpState, encodeBgpState } from './bgp-state.ts';
import { BgpMeter } from './metrics.ts';
import { PeerListener, type PeerListenerOptions } from './peer-listener.ts';
import { PeerSession } from './peer-session.ts';
import { peerConfig, streamSettings } from './peer-settings.ts';
import { RouteTable } from './route-table.ts';
import { routerIdFor } from './router-id.ts';
import { sameSession } from './same-settings.ts';
import { SessionReports } from './session-reports.ts';
import { sessionReport, withheldReport } from './status-words.ts';

/** How long routers have, after they were told that routes go, to take other ways. */
const DRAIN_MS = 2000;

export interface BgpSpeakerOptions extends PeerListenerOptions {
  readonly nodeName: string;
  /** How long a planned stop waits between the last UPDATE and the end, in ms; 2 s by default. */
  readonly drainMs?: number;
}

export interface BgpSpeakerDependencies {
  readonly streams: StreamConnector;
  readonly addresses: NodeAddresses;
  readonly bfd: BfdPlane;
  readonly store: StateStore;
  readonly secrets: SecretBox;
  /** To the controller. */
  readonly send: (message: BgpSpeakerMessage) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Holds the BGP sessions of a node and tells each router its routes, with or without a controller. */
export class BgpSpeaker {
  readonly #options: BgpSpeakerOptions;
  readonly #dependencies: BgpSpeakerDependencies;
  readonly #meter: BgpMeter;
  readonly #routes = new RouteTable();
  readonly #reports: SessionReports;
  readonly #keeper: StateKeeper;
  readonly #bfd: BfdWatch;
  readonly #listener: PeerListener;
  /** By name. BOUNDED: by the peers that the controller hands over. */
  readonly #sessions = new Map<string, PeerSession>();
  /** Who last connected over the interface of a peer without an address, by its name. BOUNDED: as the sessions. */
  readonly #heardFrom = new Map<string, IpAddress>();
  /** Peers that nobody can tell the password of, and since when, ms since 1970. BOUNDED: by the peers of the settings. */
  #withheld: ReadonlyMap<string, number> = new Map();
  #settings: BgpSettings = { peers: [], draining: false };
  #forwardingPreserved = false;
  #closing: Promise<void> | undefined;

  constructor(options: BgpSpeakerOptions, dependencies: BgpSpeakerDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#meter = new BgpMeter(dependencies.metrics);
    this.#reports = new SessionReports({
      timers: dependencies.timers,
      reportOf: (peer) => this.#reportOf(peer),
      send: (sessions) => dependencies.send({ kind: 'bgp-report', sessions }),
    });
    this.#keeper = new StateKeeper(
      { name: 'bgp' },
      {
        ...dependencies,
        failures: this.#meter.stateFailures,
        value: () => encodeBgpState({ settings: this.#settings, groups: this.#routes.groups() }, dependencies.secrets),
      },
    );
    this.#bfd = new BfdWatch({
      ...dependencies,
      meter: this.#meter,
      remoteOf: (settings) => this.#remoteOf(settings),
      changed: (peer, status) => {
        const session = this.#sessions.get(peer);
        if (session === undefined) return;
        session.bfd(status);
        this.#reports.changed(peer, 'state');
      },
    });
    this.#listener = new PeerListener(options, {
      ...dependencies,
      accept: (peer, ends) => this.#accept(peer, ends),
      changed: (peer) => this.#reports.changed(peer, 'state'),
    });
  }

  /** Goes on where the last process of this node stopped. */
  async restore(): Promise<void> {
    const state = await this.#keeper.restore((kept) => decodeBgpState(kept, this.#dependencies.secrets));
    if (state === undefined) return;
    // It is of the same start of the machine, which forwarded packets all the time.
    this.#forwardingPreserved = true;
    const { settings, groups } = state;
    const routes = groups.flatMap(({ paths, prefixes }) => prefixes.map((prefix) => ({ prefix, paths })));
    this.#take({ kind: 'bgp-snapshot', revision: 0, settings, routes });
    this.#dependencies.log.info('local-state-restored', { peers: settings.peers.length, routes: routes.length });
  }

  /** Takes over what the controller says, and acknowledges it. */
  apply(message: BgpControllerMessage): void {
    if (this.#closing !== undefined) return;
    this.#take(message);
    this.#keeper.changed();
    this.#dependencies.send({ kind: 'bgp-ack', revision: message.revision });
    if (message.kind === 'bgp-snapshot') this.#dependencies.send({ kind: 'bgp-report', sessions: this.sessions() });
  }

  #take(message: BgpControllerMessage): void {
    const changed = this.#routes.apply(message);
    const former = new Set(this.#sessions.values());
    if (message.settings !== undefined) this.#applySettings(message.settings);
    for (const session of this.#sessions.values()) if (former.has(session)) session.routesChanged(changed);
  }

  /** What there is to say of every session. */
  sessions(): BgpSessionReport[] {
    return [...this.#sessions.keys(), ...this.#withheld.keys()].flatMap((peer) => this.#reportOf(peer) ?? []);
  }

  /**
   * Before a planned stop: marks the routes as going, and gives the routers time to take other ways. Peers that keep routes while
   * this program restarts are told nothing.
   */
  async drain(): Promise<void> {
    const leaving = [...this.#sessions.values()].filter(({ settings }) => !this.#restarts(settings));
    const told = leaving.some(({ status }) => status.prefixesSent > 0);
    for (const session of leaving) session.setDraining(true);
    if (!told || this.#settings.draining) return;
    await new Promise<void>((resolve) => {
      this.#dependencies.timers.start(this.#options.drainMs ?? DRAIN_MS, resolve);
    });
  }

  /** Says goodbye, and only then ends BFD, at whose end some routers drop the session. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#listener.close();
    await this.#keeper.close();
    const all = [...this.#sessions.values()];
    await Promise.all(all.map((session) => session.stop(this.#goodbye(session.settings))));
    this.#sessions.clear();
    this.#reports.stop();
    await this.#bfd.stop();
  }

  /** The peer keeps the routes until this program is back, unless the node itself is to go. @see RFC 4724 */
  #restarts({ gracefulRestart }: BgpPeerSettings): boolean {
    return gracefulRestart && !this.#settings.draining;
  }

  #goodbye(settings: BgpPeerSettings): Parameters<PeerSession['stop']>[0] {
    if (this.#restarts(settings)) return { kind: 'gracefulRestart' };
    return { kind: 'administrativeShutdown', communication: `HeraldLB stops on node ${this.#options.nodeName}` };
  }

  #applySettings(told: BgpSettings): void {
    const before = this.#settings;
    const settings = { ...told, peers: this.#withPasswords(told.peers) };
    this.#settings = settings;
    const wanted = new Map(settings.peers.map((peer) => [peer.name, peer]));
    for (const [name, session] of this.#sessions) {
      const peer = wanted.get(name);
      if (peer !== undefined && sameSession(peer, session.settings)) continue;
      this.#sessions.delete(name);
      void session.stop({ kind: peer === undefined ? 'peerDeconfigured' : 'configurationChange' });
      this.#heardFrom.delete(name);
    }
    if (before.draining !== settings.draining)
      for (const session of this.#sessions.values()) session.setDraining(settings.draining);
    // A session that begins asks BFD how its router is.
    this.#bfd.set(settings.peers);
    for (const peer of settings.peers) if (!this.#sessions.has(peer.name)) this.#begin(peer);
    this.#listener.expect(settings.peers);
  }

  /** Those that a session can be held with: a password that the controller cannot tell now is that of the session of now. */
  #withPasswords(peers: readonly BgpPeerSettings[]): readonly BgpPeerSettings[] {
    const before = this.#withheld;
    const withheld = new Map<string, number>();
    const held = peers.flatMap(({ passwordUnknown = false, ...peer }) => {
      if (!passwordUnknown) return [peer];
      const password = this.#sessions.get(peer.name)?.settings.password;
      if (password !== undefined) return [{ ...peer, password }];
      withheld.set(peer.name, before.get(peer.name) ?? this.#dependencies.clock.wallTime().getTime());
      return [];
    });
    this.#withheld = withheld;
    for (const name of withheld.keys()) if (!before.has(name)) this.#reports.changed(name, 'state');
    return held;
  }

  #begin(settings: BgpPeerSettings): void {
    const routerId = routerIdFor(settings, this.#options.nodeName, this.#dependencies.addresses);
    const facts = { routerId, forwardingPreserved: this.#forwardingPreserved };
    const session = new PeerSession(
      { settings, config: peerConfig(settings, facts), draining: this.#settings.draining },
      {
        ...this.#dependencies,
        remote: () => this.#remoteOf(settings),
        routes: this.#routes,
        log: this.#dependencies.log.child({ peer: settings.name }),
        meter: this.#meter.of(settings),
        changed: (what) => this.#reports.changed(settings.name, what),
      },
    );
    this.#sessions.set(settings.name, session);
    session.start();
    const status = this.#bfd.statusOf(settings.name);
    if (status !== undefined) session.bfd(status);
  }

  #accept(peer: string, ends: StreamEnds): AcceptedStream | undefined {
    const session = this.#sessions.get(peer);
    if (session === undefined) return undefined;
    const { settings } = session;
    if (settings.endpoint.kind === 'interface' && this.#heardFrom.get(peer) !== ends.remote) {
      this.#heardFrom.set(peer, ends.remote);
      this.#bfd.set(this.#settings.peers);
    }
    return { ...streamSettings(settings), handler: session.accepted() };
  }

  #remoteOf({ name, endpoint }: BgpPeerSettings): IpAddress | undefined {
    return endpoint.kind === 'address' ? endpoint.address : this.#heardFrom.get(name);
  }

  #reportOf(peer: string): BgpSessionReport | undefined {
    const session = this.#sessions.get(peer);
    if (session === undefined) return withheldReport(peer, this.#withheld.get(peer));
    const { status } = session;
    const waits = status.lastError === '' && status.state !== 'Established';
    const lastError = waits ? this.#listener.obstacleOf(session.settings) : status.lastError;
    return sessionReport(peer, { ...status, lastError }, this.#bfd.reportOf(peer));
  }
}
