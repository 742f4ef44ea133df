import type { BgpPeerSettings } from '../../ports/bgp-channel.ts';
import type { Log } from '../../ports/log.ts';
import {
  type AcceptedStream,
  type StreamConnector,
  type StreamEnds,
  StreamError,
  type StreamListener,
} from '../../ports/stream-connector.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import { listenKeys } from './listen-keys.ts';
import { waitsForPeer } from './peer-settings.ts';

const BGP_PORT = 179;
const RETRY_LISTEN_MS = 5000;

export interface PeerListenerOptions {
  /** Where peers that connect are expected; 179 by default. */
  readonly port?: number;
  /** Wait for peers even where none of them is passive, so that either side may connect. */
  readonly alwaysListen?: boolean;
}

export interface PeerListenerDependencies {
  readonly streams: StreamConnector;
  readonly timers: Timers;
  readonly log: Log;
  /** A peer connected, by its name; undefined refuses it. */
  readonly accept: (peer: string, ends: StreamEnds) => AcceptedStream | undefined;
  /** What `obstacleOf` tells of a peer is another. */
  readonly changed: (peer: string) => void;
}

/** Hears the peers that connect, while some are expected: other programs may want the port. */
export class PeerListener {
  readonly #options: PeerListenerOptions;
  readonly #dependencies: PeerListenerDependencies;
  #peers: readonly BgpPeerSettings[] = [];
  /** Peers that cannot connect, with the one whose password holds for their address. BOUNDED: by the peers. */
  #outdone: ReadonlyMap<string, string> = new Map();
  #listener: StreamListener | undefined;
  #retry: Timer | undefined;
  /** Why peers that connect are not heard, with what to do; empty while they are. */
  #problem = '';

  constructor(options: PeerListenerOptions, dependencies: PeerListenerDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** Takes over all peers there are. */
  expect(peers: readonly BgpPeerSettings[]): void {
    const before = this.#outdone;
    this.#peers = peers;
    this.#listen();
    for (const { name } of peers.filter(waitsForPeer))
      if (before.get(name) !== this.#outdone.get(name)) this.#dependencies.changed(name);
  }

  /** Why a peer waits in vain; empty when it does not. With a listener only a password can be refused. */
  obstacleOf(settings: BgpPeerSettings): string {
    if (!waitsForPeer(settings)) return '';
    const holder = this.#outdone.get(settings.name);
    if (holder !== undefined)
      return `the router cannot connect: for its address the password of the peer ${holder} holds; give both the same, or let this one dial`;
    const hindered = this.#listener === undefined || settings.password !== undefined;
    return hindered ? this.#problem : '';
  }

  close(): void {
    this.#retry?.cancel();
    this.#listener?.close();
  }

  #listen(): void {
    this.#retry?.cancel();
    const { keys, outdone } = listenKeys(this.#peers);
    this.#outdone = outdone;
    if (this.#options.alwaysListen !== true && !this.#peers.some(waitsForPeer)) {
      this.#listener?.close();
      this.#listener = undefined;
      this.#tell('');
      return;
    }
    try {
      this.#listener ??= this.#dependencies.streams.listen({
        port: this.#options.port ?? BGP_PORT,
        accept: (ends) => this.#accept(ends),
      });
      this.#listener.setKeys(keys);
      this.#tell('');
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#tell(error.message);
      this.#retry = this.#dependencies.timers.start(RETRY_LISTEN_MS, () => this.#listen());
    }
  }

  /** Said once until it changes: it is tried again every few seconds. */
  #tell(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem !== '') this.#dependencies.log.error('bgp-listen-failed', { reason: problem });
    for (const { name } of this.#peers.filter(waitsForPeer)) this.#dependencies.changed(name);
  }

  #accept(ends: StreamEnds): AcceptedStream | undefined {
    const peer = this.#peers.find((each) => comesFrom(ends, each) && !this.#outdone.has(each.name));
    return peer && this.#dependencies.accept(peer.name, ends);
  }
}

function comesFrom(ends: StreamEnds, { endpoint, sourceAddress }: BgpPeerSettings): boolean {
  if (sourceAddress !== undefined && sourceAddress !== ends.local) return false;
  return endpoint.kind === 'address' ? ends.remote === endpoint.address : ends.interface === endpoint.name;
}
