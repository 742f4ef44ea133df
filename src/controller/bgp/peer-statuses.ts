import type { BgpPeer } from '../../core/config/bgp-config.ts';
import type { BgpSessionReport } from '../../ports/bgp-channel.ts';
import { timeText } from '../../ports/kubernetes.ts';
import type { Gauge, Metrics } from '../../ports/metrics.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import { abridged } from '../announcer/abridged.ts';
import type { ConfigSource, PeerNodeStatus, PeerStatus, PeerStatusSource } from '../configuration/config-source.ts';
import type { DirectivesListener } from './bgp-announcer.ts';
import { SESSIONS } from './metrics.ts';
import type { PeerPasswords } from './peer-passwords.ts';
import { REPORTS_WITHIN_MS, type SessionBook, type SessionNews } from './session-book.ts';

export interface PeerStatusesDependencies {
  readonly config: Pick<ConfigSource, 'current'>;
  readonly announcer: { nodesOf(peerName: string): readonly string[] };
  readonly passwords: Pick<PeerPasswords, 'passwordOf'>;
  readonly book: SessionBook;
  readonly timers: Timers;
  readonly metrics: Metrics;
}

/** Entries of one status: with the longest words some 30 KiB, where a thousand nodes would be half a MiB with each write. */
const NODES_MAX = 64;
const NAMED_NODES = 3;
/** Numbers alone are worth a write this often: with each Service that comes they change on every node. */
const NUMBERS_EVERY_MS = 10_000;

/** How it stands with each peer, put together from what its nodes' speakers say. */
export class PeerStatuses implements PeerStatusSource, DirectivesListener {
  readonly #dependencies: PeerStatusesDependencies;
  readonly #gauge: Gauge<'state'>;
  /** By peer; what is not in it is put together anew. BOUNDED: by the peers in force. */
  readonly #statuses = new Map<string, PeerStatus>();
  /** BOUNDED: by the parts of the controller that listen. */
  readonly #listeners: (() => void)[] = [];
  #numbers: Timer | undefined;
  /** Runs from the begin on, until the speakers had their time. */
  #settling: Timer | undefined;
  #settled = false;

  constructor(dependencies: PeerStatusesDependencies) {
    this.#dependencies = dependencies;
    this.#gauge = dependencies.metrics.gauge(SESSIONS);
  }

  /** Told when some status may be another. Must not throw. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Follows the sessions until `signal` aborts. */
  start(signal: AbortSignal): void {
    this.#dependencies.book.onChange((news) => {
      if (!signal.aborted) this.#heard(news);
    });
    signal.addEventListener(
      'abort',
      () => {
        this.#numbers?.cancel();
        this.#settling?.cancel();
      },
      { once: true },
    );
  }

  begin(): void {
    this.#settling = this.#dependencies.timers.start(REPORTS_WITHIN_MS, () => {
      this.#settled = true;
      this.#refresh();
    });
    this.#refresh();
  }

  routeChanged(): void {
    // How many prefixes a peer holds is said by the speakers.
  }

  settingsChanged(): void {
    this.#refresh();
  }

  everythingChanged(): void {
    this.#refresh();
  }

  peerStatus(peerName: string): PeerStatus | undefined {
    const known = this.#statuses.get(peerName);
    if (known !== undefined) return known;
    const peer = this.#dependencies.config.current().bgpPeers.find(({ name }) => name === peerName);
    if (peer === undefined) return undefined;
    const status = this.#statusOf(peer);
    this.#statuses.set(peerName, status);
    return status;
  }

  #heard(news: readonly SessionNews[]): void {
    this.#count();
    if (news.some(isMoreThanNumbers)) {
      for (const { peerName } of news) this.#statuses.delete(peerName);
      for (const listener of this.#listeners) listener();
      return;
    }
    this.#numbers ??= this.#dependencies.timers.start(NUMBERS_EVERY_MS, () => {
      this.#numbers = undefined;
      this.#refresh();
    });
  }

  #refresh(): void {
    this.#statuses.clear();
    for (const listener of this.#listeners) listener();
  }

  #statusOf(peer: BgpPeer): PeerStatus {
    const { announcer, book, passwords } = this.#dependencies;
    const reports = book.ofPeer(peer.name);
    const nodes = announcer.nodesOf(peer.name).map((node) => nodeStatus(node, reports.get(node)));
    const password = passwords.passwordOf(peer);
    const problem = password.kind === 'known' || password.kind === 'missing' ? password.problem : undefined;
    const established = nodes.filter(isEstablished).length;
    return {
      ...(problem === undefined ? {} : { problem }),
      settled: this.#settled || nodes.every(({ state }) => state !== 'unknown'),
      sessions: { wanted: nodes.length, established },
      established: verdictOn(nodes, password.kind === 'missing' ? password.problem : undefined),
      nodes: nodes.sort(downFirst).slice(0, NODES_MAX),
    };
  }

  #count(): void {
    let [established, down] = [0, 0];
    for (const { state } of this.#dependencies.book.all()) {
      if (state === 'established') established += 1;
      else down += 1;
    }
    this.#gauge.set({ state: 'established' }, established);
    this.#gauge.set({ state: 'down' }, down);
  }
}

function nodeStatus(node: string, report: BgpSessionReport | undefined): PeerNodeStatus {
  if (report === undefined) return { node, state: 'unknown', prefixesSent: 0 };
  return {
    node,
    state: report.state,
    since: timeText(new Date(report.sinceUnixMs)),
    ...(report.lastError === '' ? {} : { lastError: report.lastError }),
    prefixesSent: report.prefixesSent,
    ...(report.bfd === undefined ? {} : { bfd: report.bfd }),
  };
}

function verdictOn(nodes: readonly PeerNodeStatus[], problem: string | undefined): PeerStatus['established'] {
  const down = nodes.filter((node) => !isEstablished(node));
  if (nodes.length === 0) {
    const message = 'No node matches spec.nodeSelectors: write others, or label nodes.';
    return { status: 'False', reason: 'NoMatchingNode', message };
  }
  if (down.length === 0) {
    return {
      status: 'True',
      reason: 'AllEstablished',
      message: `The sessions of all ${nodes.length} nodes are established.`,
    };
  }
  if (problem !== undefined) return { status: 'False', reason: 'NoPassword', message: problem };
  const why = down.map(({ node, state, lastError }) => `${node}: ${lastError ?? explain(state)}`);
  return {
    status: 'False',
    reason: down.length === nodes.length ? 'NoneEstablished' : 'SomeDown',
    message: `The sessions of ${down.length} of ${nodes.length} nodes are not established (${abridged(why, NAMED_NODES)}).`,
  };
}

function explain(state: string): string {
  return state === 'unknown' ? 'its speaker says nothing of it' : `is in ${state}`;
}

/** Whether it is worth a write at once. */
function isMoreThanNumbers({ before, after }: SessionNews): boolean {
  return before?.state !== after?.state || before?.lastError !== after?.lastError || before?.bfd !== after?.bfd;
}

function isEstablished({ state }: PeerNodeStatus): boolean {
  return state === 'established';
}

function downFirst(a: PeerNodeStatus, b: PeerNodeStatus): number {
  return Number(isEstablished(a)) - Number(isEstablished(b)) || (a.node < b.node ? -1 : 1);
}
