import type { IpAddress } from '../../core/net/index.ts';
import type {
  ControllerMessage,
  Grant,
  SessionEnd,
  SpeakerMessage,
  SpeakerSession,
  SpeakerSessionHandler,
} from '../../ports/channel.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Gauge, Metrics } from '../../ports/metrics.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import { admit } from './admission.ts';
import { Deafness } from './deafness.ts';
import { REJECTS, SESSION_ENDS, SPEAKERS, UPDATES } from './metrics.ts';
import { type Attachment, NodeRecord } from './node-record.ts';
import { SilenceWatch } from './silence-watch.ts';
import type { Speaker, SpeakerListener, Speakers } from './speaker-listener.ts';

export interface SpeakerRegistryOptions {
  /** Each end says something at least this often. */
  readonly heartbeatIntervalMs: number;
  /** A speaker is dead after this many of its heartbeats are missing. */
  readonly missedHeartbeats: number;
  /** A speaker that does not ack for so long is too slow, and starts anew. */
  readonly ackTimeoutMs: number;
  /** Addresses in one delta. */
  readonly deltaLimit: number;
}

export const DEFAULT_SPEAKER_REGISTRY_OPTIONS: SpeakerRegistryOptions = {
  heartbeatIntervalMs: 250,
  // On a small machine that is busy a process may get no turn for a second: that is no death.
  missedHeartbeats: 8,
  ackTimeoutMs: 30_000,
  deltaLimit: 1000,
};

export interface SpeakerRegistryDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

type Hello = Extract<SpeakerMessage, { kind: 'hello' }>;

/** A controller that was cut off for longer moves the addresses: it is not known any more who is alive. */
const CUT_OFF_PATIENCE_MS = 60_000;

/**
 * Who speaks for which node, what each is to announce, and what each says that it announces. A change of one address costs
 * the nodes that may announce it one small message each, whatever else they have.
 */
export class SpeakerRegistry implements SpeakerSessionHandler, Speakers {
  readonly #options: SpeakerRegistryOptions;
  readonly #dependencies: SpeakerRegistryDependencies;
  /** BOUNDED: by the nodes of the cluster: only proven ones have a session, and the rest have a grant. */
  readonly #nodes = new Map<string, NodeRecord>();
  readonly #listeners: SpeakerListener[] = [];
  readonly #metrics: {
    readonly speakers: Gauge<'state'>;
    readonly ends: Counter<'end'>;
    readonly updates: Counter<'kind'>;
    readonly rejects: Counter;
  };
  readonly #deafness: Deafness;
  #released = false;
  #stopped = false;

  constructor(options: Partial<SpeakerRegistryOptions>, dependencies: SpeakerRegistryDependencies) {
    this.#options = { ...DEFAULT_SPEAKER_REGISTRY_OPTIONS, ...options };
    this.#dependencies = dependencies;
    const { metrics } = dependencies;
    const deafAfterMs = 2 * this.#options.heartbeatIntervalMs;
    const graceMs = 2 * this.#deadAfterMs;
    this.#deafness = new Deafness({ deafAfterMs, graceMs, patienceMs: CUT_OFF_PATIENCE_MS }, dependencies);
    this.#metrics = {
      speakers: metrics.gauge(SPEAKERS),
      ends: metrics.counter(SESSION_ENDS),
      updates: metrics.counter(UPDATES),
      rejects: metrics.counter(REJECTS),
    };
  }

  get #deadAfterMs(): number {
    return this.#options.heartbeatIntervalMs * this.#options.missedHeartbeats;
  }

  listen(listener: SpeakerListener): void {
    this.#listeners.push(listener);
  }

  speaker(nodeName: string): Speaker | undefined {
    return this.#nodes.get(nodeName);
  }

  *alive(): Iterable<Speaker> {
    for (const node of this.#nodes.values()) if (node.alive) yield node;
  }

  grant(nodeName: string, grant: Grant): void {
    const node = this.#node(nodeName);
    node.rejects.delete(grant.address);
    node.outbox.set(grant);
    this.#flush(node);
  }

  revoke(nodeName: string, address: IpAddress): void {
    const node = this.#nodes.get(nodeName);
    if (node === undefined || !node.outbox.delete(address)) return;
    node.rejects.delete(address);
    this.#flush(node);
    this.#forgetIfEmpty(node);
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const node of this.#nodes.values()) this.#sendSnapshot(node);
  }

  /** Nothing is told or decided any more; whoever owns the sessions closes them. */
  stop(): void {
    this.#stopped = true;
    for (const node of this.#nodes.values()) {
      this.#detach(node);
      node.watch?.stop();
    }
    this.#nodes.clear();
  }

  opened(session: SpeakerSession, hello: Hello): void {
    if (this.#stopped) {
      session.close('not-leader', 'this replica does not lead');
      return;
    }
    const node = this.#node(session.nodeName);
    if (!this.#makeRoom(node, session, hello)) return;
    const back = node.alive && !node.leaving;
    node.leaving = false;
    node.watch?.stop();
    node.watch = this.#watch(node);
    this.#deafness.heard();
    node.rejects.clear();
    const attachment: Attachment = {
      session,
      instanceId: hello.instanceId,
      begun: false,
      writable: true,
      heartbeat: undefined,
      patience: undefined,
    };
    node.attachment = attachment;
    const { heartbeatIntervalMs } = this.#options;
    this.#dependencies.log.info('speaker-connected', { node: node.nodeName, version: hello.version, back });
    this.#send(attachment, { kind: 'welcome', heartbeatIntervalMs });
    this.#beat(attachment);
    const changed = node.introduce(hello);
    this.#count();
    if (!back) this.#tell((listener) => listener.speakerUp(node.nodeName));
    else if (changed.interfaces) this.#tell((listener) => listener.interfacesChanged(node.nodeName));
    if (changed.claims.length > 0) this.#tell((listener) => listener.claimsChanged(node.nodeName, changed.claims));
    // After the listeners, so that what they grant to the newcomer is in it.
    if (this.#released) this.#sendSnapshot(node);
  }

  received(session: SpeakerSession, message: Exclude<SpeakerMessage, { kind: 'hello' }>): void {
    const node = this.#nodes.get(session.nodeName);
    if (node?.attachment?.session !== session) return;
    node.watch?.heard();
    this.#deafness.heard();
    switch (message.kind) {
      case 'heartbeat':
        return;
      case 'ack':
        this.#acked(node, message.revision);
        return;
      case 'reject':
        this.#rejected(node, message);
        return;
      case 'leaving':
        this.#leaving(node);
        return;
      case 'report': {
        const claims = node.replaceClaims(message.claims);
        if (node.replaceInterfaces(message.interfaces)) {
          this.#tell((listener) => listener.interfacesChanged(node.nodeName));
        }
        this.#claimsChanged(node, claims);
        return;
      }
      case 'claims':
        this.#claimsChanged(node, node.changeClaims(message.made, message.dropped));
        return;
    }
  }

  drained(session: SpeakerSession): void {
    const node = this.#nodes.get(session.nodeName);
    if (node?.attachment?.session !== session) return;
    node.attachment.writable = true;
    this.#flush(node);
  }

  closed(session: SpeakerSession, end: SessionEnd): void {
    this.#metrics.ends.add({ end });
    const node = this.#nodes.get(session.nodeName);
    if (node?.attachment?.session !== session) return;
    this.#dependencies.log.info('speaker-disconnected', { node: node.nodeName, end });
    this.#detach(node);
    this.#count();
    // Who did not say goodbye is alive until it is silent for too long: it may be dialling already.
    if (node.leaving) this.#down(node);
  }

  /** Decides about a session that stands already. False: the new one is refused. */
  #makeRoom(node: NodeRecord, session: SpeakerSession, hello: Hello): boolean {
    const standing = node.attachment;
    if (standing === undefined) return true;
    const admission = admit(
      {
        instanceId: standing.instanceId,
        podUid: standing.session.podUid,
        leaving: node.leaving,
        silentForMs: node.watch?.silentForMs ?? this.#deadAfterMs,
      },
      { instanceId: hello.instanceId, podUid: session.podUid },
      this.#deadAfterMs,
    );
    if (admission === 'refuse') {
      session.close('already-connected', `a speaker of node ${node.nodeName} is connected and well`);
      return false;
    }
    this.#detach(node);
    standing.session.close('replaced', 'a newer session of this node took over');
    return true;
  }

  #acked(node: NodeRecord, revision: number): void {
    const known = node.outbox.acked(revision);
    if (known === undefined) {
      this.#violation(node, `ack of revision ${revision}, which was never sent`);
      return;
    }
    if (!known) return;
    node.attachment?.patience?.cancel();
    this.#flush(node);
  }

  #rejected(node: NodeRecord, { revision, address, reason }: Extract<SpeakerMessage, { kind: 'reject' }>): void {
    this.#metrics.rejects.add({});
    this.#dependencies.log.warn('speaker-rejects', { node: node.nodeName, revision, reason });
    if (address !== undefined && node.outbox.get(address) !== undefined) node.rejects.set(address, reason);
    this.#tell((listener) => listener.rejected(node.nodeName, address, reason));
    this.#acked(node, revision);
  }

  #leaving(node: NodeRecord): void {
    if (node.leaving) return;
    node.leaving = true;
    this.#dependencies.log.info('speaker-leaving', { node: node.nodeName });
    this.#tell((listener) => listener.leaving(node.nodeName));
  }

  #claimsChanged(node: NodeRecord, addresses: readonly IpAddress[]): void {
    if (addresses.length > 0) this.#tell((listener) => listener.claimsChanged(node.nodeName, addresses));
  }

  #violation(node: NodeRecord, detail: string): void {
    node.attachment?.session.close('protocol-error', detail);
  }

  #watch(node: NodeRecord): SilenceWatch {
    const options = {
      deadAfterMs: this.#deadAfterMs,
      oversleptMs: this.#options.heartbeatIntervalMs,
      // One alone has nobody to lose its addresses to.
      reprieveMs: () => (this.#othersAlive(node) ? this.#deafness.reprieveMs : 0),
    };
    return new SilenceWatch(options, this.#dependencies, () => {
      const { attachment } = node;
      this.#detach(node);
      attachment?.session.close('silent', `no message for ${this.#deadAfterMs} ms`);
      this.#down(node);
    });
  }

  #othersAlive(node: NodeRecord): boolean {
    for (const other of this.alive()) if (other !== node) return true;
    return false;
  }

  #down(node: NodeRecord): void {
    if (!node.alive) return;
    node.watch?.stop();
    node.watch = undefined;
    node.leaving = false;
    node.claims.clear();
    node.rejects.clear();
    this.#dependencies.log.warn('speaker-down', { node: node.nodeName });
    this.#count();
    this.#tell((listener) => listener.speakerDown(node.nodeName));
    this.#forgetIfEmpty(node);
  }

  #detach(node: NodeRecord): void {
    node.attachment?.heartbeat?.cancel();
    node.attachment?.patience?.cancel();
    node.attachment = undefined;
  }

  #sendSnapshot(node: NodeRecord): void {
    if (node.attachment === undefined) return;
    node.attachment.begun = true;
    this.#update(node, node.attachment, node.outbox.snapshot());
  }

  #flush(node: NodeRecord): void {
    const { attachment } = node;
    if (attachment?.begun !== true || !attachment.writable) return;
    const delta = node.outbox.delta(this.#options.deltaLimit);
    if (delta !== undefined) this.#update(node, attachment, delta);
  }

  #update(node: NodeRecord, attachment: Attachment, update: ControllerMessage): void {
    this.#metrics.updates.add({ kind: update.kind });
    attachment.patience?.cancel();
    const { ackTimeoutMs } = this.#options;
    attachment.patience = this.#dependencies.timers.start(ackTimeoutMs, () =>
      attachment.session.close('too-slow', `no ack of revision ${node.outbox.awaited} for ${ackTimeoutMs} ms`),
    );
    this.#send(attachment, update);
  }

  #send(attachment: Attachment, message: ControllerMessage): void {
    attachment.writable = attachment.session.send(message);
  }

  #beat(attachment: Attachment): void {
    attachment.heartbeat = this.#dependencies.timers.start(this.#options.heartbeatIntervalMs, () => {
      this.#beat(attachment);
      if (attachment.writable) this.#send(attachment, { kind: 'heartbeat' });
    });
  }

  #node(nodeName: string): NodeRecord {
    const known = this.#nodes.get(nodeName);
    if (known !== undefined) return known;
    const node = new NodeRecord(nodeName);
    this.#nodes.set(nodeName, node);
    return node;
  }

  #forgetIfEmpty(node: NodeRecord): void {
    if (node.forgettable) this.#nodes.delete(node.nodeName);
  }

  #tell(news: (listener: SpeakerListener) => void): void {
    for (const listener of this.#listeners) news(listener);
  }

  #count(): void {
    let alive = 0;
    let connected = 0;
    for (const node of this.#nodes.values()) {
      alive += node.alive ? 1 : 0;
      connected += node.connected ? 1 : 0;
    }
    this.#metrics.speakers.set({ state: 'alive' }, alive);
    this.#metrics.speakers.set({ state: 'connected' }, connected);
  }
}
