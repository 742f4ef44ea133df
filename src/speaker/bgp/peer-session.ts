import { describeNotification } from '../../core/codec/bgp/index.ts';
import {
  type BfdStatus,
  type ConnectionId,
  initialPeer,
  type PeerAction,
  type PeerConfig,
  type PeerEvent,
  type PeerState,
  type PeerTimer,
  type Session,
  type SessionEnd,
  type SessionState,
  type StopReason,
  sessionStateOf,
  stepPeer,
} from '../../core/fsm/bgp/index.ts';
import type { IpAddress, Prefix } from '../../core/net/index.ts';
import type { BgpPeerSettings } from '../../ports/bgp-channel.ts';
import type { Log } from '../../ports/log.ts';
import type { NodeAddresses } from '../../ports/node-addresses.ts';
import type { StreamConnector, StreamHandler } from '../../ports/stream-connector.ts';
import type { Clock, Random, Timer, Timers } from '../../ports/time.ts';
import { Connections } from './connections.ts';
import type { PeerMeter } from './metrics.ts';
import { RouteFeed } from './route-feed.ts';
import type { RouteTable } from './route-table.ts';

export interface PeerSessionOptions {
  readonly settings: BgpPeerSettings;
  readonly config: PeerConfig;
  readonly draining: boolean;
}

export interface PeerSessionDependencies {
  readonly streams: StreamConnector;
  readonly addresses: NodeAddresses;
  /** Where the peer is; undefined when that is not known yet. */
  readonly remote: () => IpAddress | undefined;
  readonly routes: RouteTable;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly meter: PeerMeter;
  /** Something that `status` tells is new. */
  readonly changed: (what: 'state' | 'numbers') => void;
}

export interface PeerSessionStatus {
  readonly state: SessionState;
  readonly sinceUnixMs: number;
  readonly lastError: string;
  readonly prefixesSent: number;
}

/** Drives the machine of one peer: its connections, its timers, and what it is to be told. */
export class PeerSession {
  readonly settings: BgpPeerSettings;
  readonly #config: PeerConfig;
  readonly #dependencies: PeerSessionDependencies;
  readonly #feed: RouteFeed;
  readonly #connections: Connections;
  /** BOUNDED: by the kinds of timers. */
  readonly #timers = new Map<PeerTimer, Timer>();
  /** What happened while the machine was at work. BOUNDED: emptied before control returns. */
  readonly #events: PeerEvent[] = [];
  #state: PeerState;
  #stepping = false;
  /** The connection whose session is up. */
  #established: ConnectionId | undefined;
  #sinceUnixMs: number;

  constructor(options: PeerSessionOptions, dependencies: PeerSessionDependencies) {
    this.settings = options.settings;
    this.#config = options.config;
    this.#dependencies = dependencies;
    this.#state = initialPeer(options.config);
    this.#sinceUnixMs = dependencies.clock.wallTime().getTime();
    this.#connections = new Connections(options.settings, {
      ...dependencies,
      tell: (event) => this.#heard(event),
      writable: (connection) => {
        if (connection === this.#established) this.#feed.pump();
      },
    });
    this.#feed = new RouteFeed(
      { peer: options.settings.name, draining: options.draining },
      {
        ...dependencies,
        complete: () => this.#endOfRibSent(),
        told: () => dependencies.changed('numbers'),
      },
    );
  }

  get status(): PeerSessionStatus {
    return {
      state: sessionStateOf(this.#state),
      sinceUnixMs: this.#sinceUnixMs,
      lastError: this.#state.lastEnd?.words ?? '',
      prefixesSent: this.#feed.prefixesSent,
    };
  }

  start(): void {
    this.#tell({ kind: 'start' });
  }

  /** Ends the session. Resolves when our last words are gone. */
  async stop(reason: StopReason): Promise<void> {
    this.#tell({ kind: 'stop', reason });
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#feed.close();
    this.#dependencies.meter.gone();
    await this.#connections.silence();
  }

  bfd(status: BfdStatus): void {
    this.#tell({ kind: 'bfd', status });
  }

  /** The peer connected: whoever has its address. */
  accepted(): StreamHandler {
    return this.#connections.accepted();
  }

  /** The routes of these prefixes may be others now; undefined = all. */
  routesChanged(prefixes: readonly Prefix[] | undefined): void {
    this.#feed.routesChanged(prefixes);
  }

  /** All routes with GRACEFUL_SHUTDOWN from now on, or without. @see RFC 8326 */
  setDraining(draining: boolean): void {
    this.#feed.setDraining(draining);
  }

  /** One event at a time: what an action causes at once waits for its end. */
  #tell(event: PeerEvent): void {
    this.#events.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const { state, actions } = stepPeer(this.#state, next, this.#config);
        this.#state = state;
        for (const action of actions) this.#carryOut(action);
      }
    } finally {
      this.#stepping = false;
    }
  }

  #carryOut(action: PeerAction): void {
    switch (action.kind) {
      case 'connect':
        this.#connections.connect();
        return;
      case 'abortConnect':
        this.#connections.abortConnect();
        return;
      case 'send':
        this.#connections.get(action.connection)?.send(action.message);
        this.#dependencies.meter.sent(action.message.kind);
        return;
      case 'close':
        this.#connections.close(action.connection);
        return;
      case 'startTimer':
      case 'stopTimer':
        this.#setTimer(action);
        return;
      case 'negotiated':
        this.#connections.get(action.connection)?.negotiated(action.session.context);
        return;
      case 'established':
        this.#up(action.connection, action.session);
        return;
      case 'down':
        this.#established = undefined;
        this.#feed.close();
        return;
      case 'resend':
        this.#feed.resend(action.family);
        return;
      case 'ended':
        this.#ended(action.end);
        return;
      case 'stateChanged':
        this.#stateChanged(action.from, action.to);
        return;
      default:
        action satisfies never;
    }
  }

  #heard(event: PeerEvent): void {
    if (event.kind === 'received') this.#dependencies.meter.received(event.message);
    this.#tell(event);
  }

  #up(id: ConnectionId, session: Session): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    this.#established = id;
    this.#feed.open(connection.stream, session);
  }

  #endOfRibSent(): void {
    if (this.#established !== undefined) this.#tell({ kind: 'endOfRibSent', connection: this.#established });
  }

  #setTimer(action: Extract<PeerAction, { kind: 'startTimer' | 'stopTimer' }>): void {
    if ('connection' in action) {
      const connection = this.#connections.get(action.connection);
      if (action.kind === 'stopTimer') connection?.stopTimer(action.timer);
      else connection?.startTimer(action.timer, this.#delayOf(action));
      return;
    }
    const { timer } = action;
    this.#timers.get(timer)?.cancel();
    this.#timers.delete(timer);
    if (action.kind === 'stopTimer') return;
    const expired = (): void => this.#tell({ kind: 'expired', timer });
    this.#timers.set(timer, this.#dependencies.timers.start(this.#delayOf(action), expired));
  }

  /** @see RFC 4271 §10 */
  #delayOf({ afterMs, jittered }: { readonly afterMs: number; readonly jittered: boolean }): number {
    return jittered ? afterMs * (0.75 + 0.25 * this.#dependencies.random.next()) : afterMs;
  }

  #ended(end: SessionEnd): void {
    this.#dependencies.meter.ended(end);
    // Of two connections one has to end: nothing is wrong.
    if (end.cause === 'collision') this.#dependencies.log.debug('bgp-collision', { words: end.words });
    else {
      const said = end.notification === undefined ? {} : { notification: describeNotification(end.notification) };
      this.#dependencies.log.info('bgp-session-ended', { cause: end.cause, words: end.words, ...said });
    }
    this.#dependencies.changed('state');
  }

  #stateChanged(from: SessionState, to: SessionState): void {
    if (to === 'Established' || from === 'Established')
      this.#sinceUnixMs = this.#dependencies.clock.wallTime().getTime();
    this.#dependencies.meter.state(to);
    this.#dependencies.log[to === 'Established' ? 'info' : 'debug']('bgp-state', { from, to });
    this.#dependencies.changed('state');
  }
}
