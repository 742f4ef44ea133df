import type { Prefix } from '../../core/net/index.ts';
import type { BgpSpeakerMessage } from '../../ports/bgp-channel.ts';
import type { SpeakerMessage, SpeakerSession } from '../../ports/channel.ts';
import type { Counter, Metrics } from '../../ports/metrics.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import type { SessionRider } from '../speakers/session-rider.ts';
import { BgpOutbox, type Directives } from './bgp-outbox.ts';
import { BGP_UPDATES } from './metrics.ts';
import type { SessionBook } from './session-book.ts';

export interface BgpSessionsOptions {
  /** A speaker that does not ack for so long is too slow, and starts anew. */
  readonly ackTimeoutMs: number;
  /** Prefixes in one delta. */
  readonly deltaLimit: number;
}

export const DEFAULT_BGP_SESSIONS_OPTIONS: BgpSessionsOptions = { ackTimeoutMs: 30_000, deltaLimit: 200 };

export interface BgpSessionsDependencies {
  readonly directives: Directives;
  readonly book: SessionBook;
  readonly timers: Timers;
  readonly metrics: Metrics;
}

/** A speaker that understands BGP, while it is connected. */
interface Line {
  readonly session: SpeakerSession;
  readonly outbox: BgpOutbox;
  writable: boolean;
  /** Runs while an update is not acked. */
  patience: Timer | undefined;
}

/**
 * Tells the connected speakers what to announce, and hears how their sessions are. Nobody is told anything before `begin`,
 * since what a snapshot does not name ends.
 */
export class BgpSessions implements SessionRider {
  readonly #options: BgpSessionsOptions;
  readonly #dependencies: BgpSessionsDependencies;
  readonly #updates: Counter<'kind'>;
  /** By node. BOUNDED: by the nodes of the cluster. */
  readonly #lines = new Map<string, Line>();
  #begun = false;

  constructor(options: Partial<BgpSessionsOptions>, dependencies: BgpSessionsDependencies) {
    this.#options = { ...DEFAULT_BGP_SESSIONS_OPTIONS, ...options };
    this.#dependencies = dependencies;
    this.#updates = dependencies.metrics.counter(BGP_UPDATES);
  }

  /** Everything that must not be interrupted is known: speakers may be told. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    for (const line of this.#lines.values()) this.#flush(line);
  }

  /** The route of a prefix is another on these nodes; undefined: on every one. */
  routeChanged(prefix: Prefix, nodes: ReadonlySet<string> | undefined): void {
    for (const line of this.#linesOf(nodes)) {
      line.outbox.routeChanged(prefix);
      this.#flush(line);
    }
  }

  settingsChanged(nodeName: string): void {
    this.#dependencies.book.forget(nodeName, this.#peersOf(nodeName));
    const line = this.#lines.get(nodeName);
    if (line === undefined) return;
    line.outbox.settingsChanged();
    this.#flush(line);
  }

  everythingChanged(nodeName: string): void {
    this.#dependencies.book.forget(nodeName, this.#peersOf(nodeName));
    const line = this.#lines.get(nodeName);
    if (line === undefined) return;
    line.outbox.everythingChanged();
    this.#flush(line);
  }

  attached(session: SpeakerSession, hello: Extract<SpeakerMessage, { kind: 'hello' }>): void {
    if (hello.features?.includes('bgp') !== true) return;
    const { nodeName } = session;
    this.#lines.get(nodeName)?.patience?.cancel();
    const outbox = new BgpOutbox(nodeName, this.#dependencies.directives);
    const line: Line = { session, outbox, writable: true, patience: undefined };
    this.#lines.set(nodeName, line);
    this.#flush(line);
  }

  received(session: SpeakerSession, message: BgpSpeakerMessage): void {
    const line = this.#lineOf(session);
    if (line === undefined) return;
    switch (message.kind) {
      case 'bgp-ack':
        this.#acked(line, message.revision);
        return;
      case 'bgp-report':
        this.#dependencies.book.report(session.nodeName, message.sessions, this.#peersOf(session.nodeName));
        return;
    }
  }

  drained(session: SpeakerSession): void {
    const line = this.#lineOf(session);
    if (line === undefined) return;
    line.writable = true;
    this.#flush(line);
  }

  detached(session: SpeakerSession): void {
    const line = this.#lineOf(session);
    if (line === undefined) return;
    line.patience?.cancel();
    this.#lines.delete(session.nodeName);
  }

  down(nodeName: string): void {
    this.#dependencies.book.forget(nodeName);
  }

  /** Nobody is told anything any more. */
  stop(): void {
    for (const { patience } of this.#lines.values()) patience?.cancel();
    this.#lines.clear();
  }

  #linesOf(nodes: ReadonlySet<string> | undefined): Iterable<Line> {
    return nodes === undefined ? this.#lines.values() : [...nodes].flatMap((node) => this.#lines.get(node) ?? []);
  }

  #lineOf(session: SpeakerSession): Line | undefined {
    const line = this.#lines.get(session.nodeName);
    return line?.session === session ? line : undefined;
  }

  #peersOf(nodeName: string): ReadonlySet<string> {
    return new Set(this.#dependencies.directives.settingsOf(nodeName).peers.map(({ name }) => name));
  }

  #acked(line: Line, revision: number): void {
    const known = line.outbox.acked(revision);
    if (known === undefined) {
      line.session.close('protocol-error', `bgp-ack of revision ${revision}, which was never sent`);
    }
    if (known !== true) return;
    line.patience?.cancel();
    this.#flush(line);
  }

  #flush(line: Line): void {
    if (!this.#begun || !line.writable) return;
    const update = line.outbox.next(this.#options.deltaLimit);
    if (update === undefined) return;
    this.#updates.add({ kind: update.kind });
    const { ackTimeoutMs } = this.#options;
    line.patience = this.#dependencies.timers.start(ackTimeoutMs, () => {
      line.session.close('too-slow', `no bgp-ack of revision ${line.outbox.awaited} for ${ackTimeoutMs} ms`);
    });
    line.writable = line.session.send(update);
  }
}
