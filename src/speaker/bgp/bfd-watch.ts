import type { BfdStatus } from '../../core/fsm/bgp/index.ts';
import type { IpAddress } from '../../core/net/index.ts';
import type { BfdPlane, BfdSessionReport } from '../../ports/bfd.ts';
import type { BgpPeerSettings, BgpSessionReport } from '../../ports/bgp-channel.ts';
import type { Log } from '../../ports/log.ts';
import type { NodeAddresses } from '../../ports/node-addresses.ts';
import { bfdReportState, bfdStatusOf } from './bfd-status.ts';
import type { BgpMeter } from './metrics.ts';
import { bfdSession } from './peer-settings.ts';
import { SharedBfd, sessionNameOf } from './shared-bfd.ts';

export interface BfdWatchDependencies {
  readonly bfd: BfdPlane;
  readonly addresses: NodeAddresses;
  readonly log: Log;
  readonly meter: BgpMeter;
  /** Where a peer is; undefined when that is not known yet. */
  readonly remoteOf: (settings: BgpPeerSettings) => IpAddress | undefined;
  /** What BFD says of a peer, by its name, is another. */
  readonly changed: (peer: string, status: BfdStatus) => void;
}

/** What BFD says of the peers that have a profile, from the moment that their session is wanted. */
export class BfdWatch {
  readonly #dependencies: BfdWatchDependencies;
  readonly #plane: SharedBfd;
  /** Those with a profile, by name. BOUNDED: by the peers of the settings. */
  #peers: ReadonlyMap<string, BgpPeerSettings> = new Map();
  /** Which session each depends on, by name of the peer. BOUNDED: by the peers. */
  #sessions: ReadonlyMap<string, string> = new Map();
  /** By name of the peer. BOUNDED: by the peers. */
  readonly #reports = new Map<string, BfdSessionReport>();

  constructor(dependencies: BfdWatchDependencies) {
    this.#dependencies = dependencies;
    this.#plane = new SharedBfd(dependencies.bfd);
    this.#plane.start({
      changed: (report) => this.#heard(report),
      counted: (counters) => dependencies.meter.bfd(counters),
      failed: (error) => this.#failed(error),
    });
  }

  /** Takes over the peers, or where they are. What was said of a peer's former session holds for no other one. */
  set(peers: readonly BgpPeerSettings[]): void {
    this.#peers = new Map(peers.flatMap((peer) => (peer.bfd === undefined ? [] : [[peer.name, peer]])));
    const watched = [...this.#peers.values()].flatMap((settings) => {
      const remote = this.#dependencies.remoteOf(settings);
      if (remote === undefined) return [];
      return bfdSession(settings, remote, this.#dependencies.addresses.isOnLink(remote)) ?? [];
    });
    const before = this.#sessions;
    this.#sessions = new Map(watched.map(({ name, path }) => [name, sessionNameOf(path)]));
    const lost = new Set([...this.#reports.keys()].filter((name) => this.#sessions.get(name) !== before.get(name)));
    this.#dependencies.meter.bfdWatched(watched);
    for (const { name, path } of watched)
      if (lost.has(name)) this.#dependencies.meter.bfdSession(name, path.remote, false);
    for (const name of lost) {
      this.#reports.delete(name);
      this.#dependencies.changed(name, 'unknown');
    }
    this.#plane.set(watched);
  }

  /** For a session that begins while BFD watches already; undefined: nothing was heard yet. */
  statusOf(peer: string): BfdStatus | undefined {
    const report = this.#reports.get(peer);
    return report && bfdStatusOf(report);
  }

  /** As the controller is told; undefined: the peer has no profile. */
  reportOf(peer: string): BgpSessionReport['bfd'] {
    return this.#peers.has(peer) ? bfdReportState(this.#reports.get(peer)) : undefined;
  }

  stop(): Promise<void> {
    return this.#plane.stop();
  }

  #heard(report: BfdSessionReport): void {
    const { name: peer, ...what } = report;
    const settings = this.#peers.get(peer);
    if (settings === undefined) return;
    const before = this.#reports.get(peer);
    this.#reports.set(peer, report);
    const remote = this.#dependencies.remoteOf(settings);
    if (remote !== undefined) this.#dependencies.meter.bfdSession(peer, remote, report.state === 'Up');
    if (before?.state !== report.state) this.#dependencies.log.info('bfd-state', { peer, ...what });
    this.#dependencies.changed(peer, bfdStatusOf(report, before));
  }

  /** Sessions live on without BFD: the hold timers still watch. */
  #failed(error: Error): void {
    this.#dependencies.log.error('bfd-failed', { reason: error.message });
    this.#dependencies.meter.bfdFailed();
    this.#reports.clear();
    for (const peer of this.#peers.keys()) this.#dependencies.changed(peer, 'unknown');
  }
}
