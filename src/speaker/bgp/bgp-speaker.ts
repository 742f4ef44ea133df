import type { IpAddress } from '../../core/net/index.ts';
import type { BfdPlane, BfdSessionReport } from '../../ports/bfd.ts';
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
import {
  type StreamConnector,
  type StreamEnds,
  StreamError,
  type StreamListener,
} from '../../ports/stream-connector.ts';
import type { Clock, Random, Timer, Timers } from '../../ports/time.ts';
import { StateKeeper } from '../local-state/state-keeper.ts';
import { bfdReportState, bfdStatusOf } from './bfd-status.ts';
import { type BgpState, decodeBgpState, encodeBgpState } from './bgp-state.ts';
import { listenKeys } from './listen-keys.ts';
import { BgpMeter } from './metrics.ts';
import { PeerSession } from './peer-session.ts';
import { bfdSession, peerConfig, streamSettings, waitsForPeer } from './peer-settings.ts';
import { RouteTable } from './route-table.ts';
import { routerIdFor } from './router-id.ts';
import { sameSession } from './same-settings.ts';
import { SessionReports } from './session-reports.ts';
import { SharedBfd } from './shared-bfd.ts';
import { sessionReport, withheldReport } from './status-words.ts';

const BGP_PORT = 179;
const RETRY_LISTEN_MS = 5000;
/** How long routers have, after they were told that routes go, to take other ways. */
const DRAIN_MS = 2000;

export interface BgpSpeakerOptions {
  readonly nodeName: string;
  /** Where peers that connect are expected; 179 by default. */
  readonly port?: number;
  /** Wait for peers even where none of them is passive, so that either side may connect. */
  readonly alwaysListen?: boolean;
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
  readonly #with: BgpSpeakerDependencies;
  readonly #meter: BgpMeter;
  readonly #routes = new RouteTable();
  readonly #reports: SessionReports;
  readonly #keeper: StateKeeper;
  readonly #bfdPlane: SharedBfd;
  /** By name. BOUNDED: by the peers that the controller hands over. */
  readonly #sessions = new Map<string, PeerSession>();
  /** By name of the peer. BOUNDED: as the sessions. */
  readonly #bfd = new Map<string, BfdSessionReport>();
  /** Who last connected over the interface of a peer without an address, by its name. BOUNDED: as the sessions. */
  readonly #heardFrom = new Map<string, IpAddress>();
  /** Peers that nobody can tell the password of, and since when, ms since 1970. BOUNDED: by the peers of the settings. */
  #withheld: ReadonlyMap<string, number> = new Map();
  #settings: BgpSettings = { peers: [], draining: false };
  #forwardingPreserved = false;
  #listener: StreamListener | undefined;
  #listenTimer: Timer | undefined;
  /** Why peers that connect are not heard, with what to do; empty while they are. */
  #listenProblem = '';
  /** Peers that cannot connect, with the one whose password holds for their address. BOUNDED: as the sessions. */
  #outdone: ReadonlyMap<string, string> = new Map();
  #closing: Promise<void> | undefined;

  constructor(options: BgpSpeakerOptions, dependencies: BgpSpeakerDependencies) {
    this.#options = options;
    this.#with = dependencies;
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
    this.#bfdPlane = new SharedBfd(dependencies.bfd);
    this.#bfdPlane.start({
      changed: (report) => this.#bfdChanged(report),
      counted: (counters) => this.#meter.bfd(counters),
      failed: (error) => this.#bfdFailed(error),
    });
  }

  /** Goes on where the last process of this node stopped. */
  async restore(): Promise<void> {
    const kept = await this.#keeper.restore();
    const state = kept === undefined ? undefined : this.#decoded(kept);
    if (state === undefined) return;
    // It is of the same start of the machine, which forwarded packets all the time.
    this.#forwardingPreserved = true;
    const { settings, groups } = state;
    const routes = groups.flatMap(({ paths, prefixes }) => prefixes.map((prefix) => ({ prefix, paths })));
    this.#take({ kind: 'bgp-snapshot', revision: 0, settings, routes });
    this.#with.log.info('local-state-restored', { peers: settings.peers.length, routes: routes.length });
  }

  /** Takes over what the controller says, and acknowledges it. */
  apply(message: BgpControllerMessage): void {
    if (this.#closing !== undefined) return;
    this.#take(message);
    this.#keeper.changed();
    this.#with.send({ kind: 'bgp-ack', revision: message.revision });
    if (message.kind === 'bgp-snapshot') this.#with.send({ kind: 'bgp-report', sessions: this.sessions() });
  }

  #take(message: BgpControllerMessage): void {
    const changed = this.#routes.apply(message);
    const former = new Set(this.#sessions.values());
    if (message.settings !== undefined) this.#applySettings(message.settings);
    for (const session of this.#sessions.values()) if (former.has(session)) session.routesChanged(changed);
  }

  #decoded(kept: unknown): BgpState | undefined {
    try {
      return decodeBgpState(kept, this.#with.secrets);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#keeper.refuse('damaged', error.message);
      return undefined;
    }
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
      this.#with.timers.start(this.#options.drainMs ?? DRAIN_MS, resolve);
    });
  }

  /** Says goodbye, and only then ends BFD, at whose end some routers drop the session. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#listenTimer?.cancel();
    this.#listener?.close();
    await this.#keeper.close();
    const all = [...this.#sessions.values()];
    await Promise.all(all.map((session) => session.stop(this.#goodbye(session.settings))));
    this.#sessions.clear();
    this.#reports.stop();
    await this.#bfdPlane.stop();
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
      if (peer !== undefined) continue;
      this.#bfd.delete(name);
      this.#meter.bfdGone(name);
    }
    if (before.draining !== settings.draining)
      for (const session of this.#sessions.values()) session.setDraining(settings.draining);
    for (const peer of settings.peers) if (!this.#sessions.has(peer.name)) this.#begin(peer);
    this.#listen();
    this.#watch();
  }

  /** Those that a session can be held with: a password that the controller cannot tell now is that of the session of now. */
  #withPasswords(peers: readonly BgpPeerSettings[]): readonly BgpPeerSettings[] {
    const before = this.#withheld;
    const withheld = new Map<string, number>();
    const held = peers.flatMap(({ passwordUnknown = false, ...peer }) => {
      if (!passwordUnknown) return [peer];
      const password = this.#sessions.get(peer.name)?.settings.password;
      if (password !== undefined) return [{ ...peer, password }];
      withheld.set(peer.name, before.get(peer.name) ?? this.#with.clock.wallTime().getTime());
      return [];
    });
    this.#withheld = withheld;
    for (const name of withheld.keys()) if (!before.has(name)) this.#reports.changed(name, 'state');
    return held;
  }

  #begin(settings: BgpPeerSettings): void {
    const routerId = routerIdFor(settings, this.#options.nodeName, this.#with.addresses);
    const facts = { routerId, forwardingPreserved: this.#forwardingPreserved };
    const session = new PeerSession(
      { settings, config: peerConfig(settings, facts), draining: this.#settings.draining },
      {
        ...this.#with,
        remote: () => this.#remoteOf(settings),
        routes: this.#routes,
        log: this.#with.log.child({ peer: settings.name }),
        meter: this.#meter.of(settings),
        changed: (what) => this.#reports.changed(settings.name, what),
      },
    );
    this.#sessions.set(settings.name, session);
    session.start();
    const report = this.#bfd.get(settings.name);
    if (report !== undefined) session.bfd(bfdStatusOf(report));
  }

  /** Listens while somebody is expected to connect: other programs may want the port. */
  #listen(): void {
    this.#listenTimer?.cancel();
    const { keys, outdone } = listenKeys(this.#settings.peers);
    this.#outdone = outdone;
    const expected = this.#options.alwaysListen === true || this.#settings.peers.some(waitsForPeer);
    if (!expected) {
      this.#listener?.close();
      this.#listener = undefined;
      this.#listens('');
      return;
    }
    try {
      this.#listener ??= this.#with.streams.listen({
        port: this.#options.port ?? BGP_PORT,
        accept: (ends) => this.#accept(ends),
      });
      this.#listener.setKeys(keys);
      this.#listens('');
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#listens(error.message);
      this.#listenTimer = this.#with.timers.start(RETRY_LISTEN_MS, () => this.#listen());
    }
  }

  /** Said once until it changes: it is tried again every few seconds. */
  #listens(problem: string): void {
    if (problem === this.#listenProblem) return;
    this.#listenProblem = problem;
    if (problem !== '') this.#with.log.error('bgp-listen-failed', { reason: problem });
    for (const { name } of this.#settings.peers.filter(waitsForPeer)) this.#reports.changed(name, 'state');
  }

  /** Why a peer waits in vain. With a listener only a password can be refused, which hinders nobody without one. */
  #obstacleOf(settings: BgpPeerSettings): string {
    if (!waitsForPeer(settings)) return '';
    const holder = this.#outdone.get(settings.name);
    if (holder !== undefined)
      return `the router cannot connect: for its address the password of the peer ${holder} holds; give both the same, or let this one dial`;
    const hindered = this.#listener === undefined || settings.password !== undefined;
    return hindered ? this.#listenProblem : '';
  }

  #accept(ends: StreamEnds): ReturnType<Parameters<StreamConnector['listen']>[0]['accept']> {
    const session = [...this.#sessions.values()].find(
      ({ settings }) => comesFrom(ends, settings) && !this.#outdone.has(settings.name),
    );
    if (session === undefined) return undefined;
    const { name, endpoint } = session.settings;
    if (endpoint.kind === 'interface' && this.#heardFrom.get(name) !== ends.remote) {
      this.#heardFrom.set(name, ends.remote);
      this.#watch();
    }
    return { ...streamSettings(session.settings), handler: session.accepted() };
  }

  /** BFD watches whoever has a profile, from the moment that the session is wanted. */
  #watch(): void {
    const watched = this.#settings.peers.flatMap((settings) => {
      const remote = this.#remoteOf(settings);
      if (remote === undefined) return [];
      return bfdSession(settings, remote, this.#with.addresses.isOnLink(remote)) ?? [];
    });
    const names = new Set(watched.map(({ name }) => name));
    for (const name of this.#bfd.keys()) {
      if (names.has(name)) continue;
      this.#bfd.delete(name);
      this.#meter.bfdGone(name);
      this.#sessions.get(name)?.bfd('unknown');
    }
    this.#bfdPlane.set(watched);
  }

  #bfdChanged(report: BfdSessionReport): void {
    const session = this.#sessions.get(report.name);
    if (session === undefined || !this.#hasBfd(report.name)) return;
    const before = this.#bfd.get(report.name);
    this.#bfd.set(report.name, report);
    const remote = this.#remoteOf(session.settings);
    if (remote !== undefined) this.#meter.bfdSession(report.name, remote, report.state === 'Up');
    const { name: peer, ...what } = report;
    if (before?.state !== report.state) this.#with.log.info('bfd-state', { peer, ...what });
    session.bfd(bfdStatusOf(report, before));
    this.#reports.changed(report.name, 'state');
  }

  /** Sessions live on without BFD: the hold timers still watch. */
  #bfdFailed(error: Error): void {
    this.#with.log.error('bfd-failed', { reason: error.message });
    this.#meter.bfdFailed();
    for (const [name, session] of this.#sessions) {
      this.#bfd.delete(name);
      session.bfd('unknown');
      this.#reports.changed(name, 'state');
    }
  }

  /** As the settings are now: a session outlives a change of its profile. */
  #hasBfd(peer: string): boolean {
    return this.#settings.peers.some(({ name, bfd }) => name === peer && bfd !== undefined);
  }

  #remoteOf({ name, endpoint }: BgpPeerSettings): IpAddress | undefined {
    return endpoint.kind === 'address' ? endpoint.address : this.#heardFrom.get(name);
  }

  #reportOf(peer: string): BgpSessionReport | undefined {
    const session = this.#sessions.get(peer);
    if (session === undefined) return withheldReport(peer, this.#withheld.get(peer));
    const bfd = this.#hasBfd(peer) ? bfdReportState(this.#bfd.get(peer)) : undefined;
    const { status } = session;
    const waits = status.lastError === '' && status.state !== 'Established';
    const lastError = waits ? this.#obstacleOf(session.settings) : status.lastError;
    return sessionReport(peer, { ...status, lastError }, bfd);
  }
}

function comesFrom(ends: StreamEnds, { endpoint, sourceAddress }: BgpPeerSettings): boolean {
  if (sourceAddress !== undefined && sourceAddress !== ends.local) return false;
  return endpoint.kind === 'address' ? ends.remote === endpoint.address : ends.interface === endpoint.name;
}
