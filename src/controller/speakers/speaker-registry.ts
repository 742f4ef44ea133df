import type { IpAddress } from '../../core/net/index.ts';
import type {
  Grant,
  HelloKey,
  NeighbourState,
  SessionEnd,
  SpeakerMessage,
  SpeakerSession,
  SpeakerSessionHandler,
} from '../../ports/channel.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Metrics } from '../../ports/metrics.ts';
import type { Clock, Timers } from '../../ports/time.ts';
import { admit } from './admission.ts';
import { REJECTS, SESSION_ENDS, UPDATES } from './metrics.ts';
import { Neighbourhood } from './neighbourhood.ts';
import { NodeRecord } from './node-record.ts';
import { SessionLine, type SessionLineOptions } from './session-line.ts';
import type { SessionRider } from './session-rider.ts';
import type { SilenceWatch } from './silence-watch.ts';
import type { ObservationListener, Speaker, SpeakerListener, Speakers } from './speaker-listener.ts';
import { SpeakerNews } from './speaker-news.ts';
import type { SurroundingsMessage } from './surroundings.ts';
import { Vigil, type VigilOptions } from './vigil.ts';

export interface SpeakerRegistryOptions extends SessionLineOptions, VigilOptions {}

export const DEFAULT_SPEAKER_REGISTRY_OPTIONS: SpeakerRegistryOptions = {
  heartbeatIntervalMs: 250,
  // On a small machine that is busy a process may get no turn for a second: that is no death.
  missedHeartbeats: 8,
  ackTimeoutMs: 30_000,
  deltaLimit: 1000,
  // Longer than speakers stand in: then one of them has taken over, and says so.
  standInPatienceMs: 90_000,
};

export interface SpeakerRegistryDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

type Hello = Extract<SpeakerMessage, { kind: 'hello' }>;
type LaterMessage = Exclude<SpeakerMessage, { kind: 'hello' }>;

/**
 * Who speaks for which node, what each is to announce, and what each says that it announces. A change of one address costs
 * the nodes that may announce it one small message each, whatever else they have.
 *
 * A session that ends proves nothing: a node is gone only when it is silent and none of its neighbours hears it either.
 */
export class SpeakerRegistry implements SpeakerSessionHandler, Speakers {
  readonly #options: SpeakerRegistryOptions;
  readonly #dependencies: SpeakerRegistryDependencies;
  /** BOUNDED: by the nodes of the cluster: only proven ones have a session, and the rest have a grant. */
  readonly #nodes = new Map<string, NodeRecord>();
  readonly #neighbourhood = new Neighbourhood();
  readonly #news: SpeakerNews;
  readonly #metrics: {
    readonly ends: Counter<'end'>;
    readonly updates: Counter<'kind'>;
    readonly rejects: Counter;
  };
  readonly #vigil: Vigil;
  #helloKeys: SurroundingsMessage | undefined;
  #released = false;
  #stopped = false;

  constructor(options: Partial<SpeakerRegistryOptions>, dependencies: SpeakerRegistryDependencies) {
    this.#options = { ...DEFAULT_SPEAKER_REGISTRY_OPTIONS, ...options };
    this.#dependencies = dependencies;
    const { metrics } = dependencies;
    const hasOthers = (nodeName: string) => this.#hasOthers(nodeName);
    this.#vigil = new Vigil(this.#options, { ...dependencies, neighbourhood: this.#neighbourhood, hasOthers });
    this.#news = new SpeakerNews(metrics);
    this.#metrics = {
      ends: metrics.counter(SESSION_ENDS),
      updates: metrics.counter(UPDATES),
      rejects: metrics.counter(REJECTS),
    };
  }

  listen(listener: SpeakerListener): void {
    this.#news.listen(listener);
  }

  observe(listener: ObservationListener): void {
    this.#news.observe(listener);
  }

  /** Adds somebody with messages of his own on the sessions that are admitted here. */
  ride(rider: SessionRider): void {
    this.#news.ride(rider);
  }

  speaker(nodeName: string): Speaker | undefined {
    return this.#nodes.get(nodeName);
  }

  *alive(): Iterable<Speaker> {
    for (const node of this.#nodes.values()) if (node.presence !== 'gone') yield node;
  }

  witnessesOf(nodeName: string): ReadonlyMap<string, NeighbourState> {
    return this.#neighbourhood.of(nodeName);
  }

  grant(nodeName: string, grant: Grant): void {
    const node = this.#node(nodeName);
    node.rejects.delete(grant.address);
    node.outbox.set(grant);
    node.line?.flush();
  }

  revoke(nodeName: string, address: IpAddress): void {
    const node = this.#nodes.get(nodeName);
    if (node === undefined || !node.outbox.delete(address)) return;
    node.rejects.delete(address);
    node.line?.flush();
    this.#forgetIfEmpty(node);
  }

  surround(nodeName: string, neighbours: Extract<SurroundingsMessage, { kind: 'neighbours' }>): void {
    const node = this.#node(nodeName);
    node.surroundings.set(neighbours);
    node.line?.flush();
    this.#forgetIfEmpty(node);
  }

  /** Every speaker is to have these, whenever it comes. */
  setHelloKeys(keys: readonly HelloKey[]): void {
    this.#helloKeys = { kind: 'hello-keys', keys };
    for (const { surroundings, line } of this.#nodes.values()) {
      surroundings.set(this.#helloKeys);
      line?.flush();
    }
  }

  /** Whether every node that lives, by its own word or by that of others, can be told something now. */
  get reachesAll(): boolean {
    const names = [...this.alive()].map(({ nodeName }) => nodeName);
    const heard = [...this.#neighbourhood.nodes()].filter((name) => this.#neighbourhood.isHeard(name));
    return names.length > 0 && [...names, ...heard].every((name) => this.speaker(name)?.presence === 'connected');
  }

  probe(nodeName: string, request: { readonly requestId: number; readonly addresses: readonly IpAddress[] }): boolean {
    return this.#nodes.get(nodeName)?.line?.say({ kind: 'probe', ...request }) === true;
  }

  reclaim(nodeName: string, addresses: readonly IpAddress[]): boolean {
    return this.#nodes.get(nodeName)?.line?.say({ kind: 'reclaim', addresses }) === true;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const node of this.#nodes.values()) node.line?.begin();
  }

  hold(): void {
    this.#released = false;
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
    const before = node.presence;
    if (!this.#makeRoom(node, session, hello)) return;
    const back = before === 'connected' || before === 'away';
    node.leaving = false;
    node.watch?.stop();
    node.watch = this.#watch(node);
    this.#vigil.heard();
    node.rejects.clear();
    this.#dependencies.log.info('speaker-connected', { node: node.nodeName, version: hello.version, back });
    const { outbox, surroundings } = node;
    const { timers } = this.#dependencies;
    node.line = new SessionLine(this.#options, {
      session,
      outbox,
      surroundings,
      timers,
      updates: this.#metrics.updates,
    });
    const changed = node.introduce(hello);
    this.#news.count(this.#nodes.values());
    if (!back) this.#news.tell((listener) => listener.speakerUp(node.nodeName));
    else if (before !== 'connected') this.#news.tell((listener) => listener.presenceChanged(node.nodeName));
    if (back && changed.interfaces) this.#news.tell((listener) => listener.interfacesChanged(node.nodeName));
    if (changed.claims.length > 0) this.#news.tell((listener) => listener.claimsChanged(node.nodeName, changed.claims));
    // After the listeners, so that what they grant to the newcomer is in it.
    if (this.#released) node.line.begin();
    this.#news.riders((rider) => rider.attached(session, hello));
  }

  received(session: SpeakerSession, message: LaterMessage): void {
    const node = this.#nodes.get(session.nodeName);
    if (node?.line?.session !== session) return;
    node.watch?.heard();
    this.#vigil.heard();
    switch (message.kind) {
      case 'heartbeat':
        return;
      case 'ack':
        node.line.acked(message.revision);
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
          this.#news.tell((listener) => listener.interfacesChanged(node.nodeName));
        }
        this.#claimsChanged(node, claims);
        return;
      }
      case 'claims':
        this.#claimsChanged(node, node.changeClaims(message.made, message.dropped));
        return;
      case 'neighbourhood':
        this.#spokenOf(this.#neighbourhood.replace(node.nodeName, message.neighbours));
        this.#news.observed(node.nodeName, message);
        return;
      case 'verified':
      case 'conflict':
      case 'conflict-over':
      case 'probed':
        this.#news.observed(node.nodeName, message);
        return;
      default:
        this.#news.riders((rider) => rider.received(session, message));
    }
  }

  drained(session: SpeakerSession): void {
    const node = this.#nodes.get(session.nodeName);
    if (node?.line?.session !== session) return;
    node.line.drained();
    this.#news.riders((rider) => rider.drained(session));
  }

  closed(session: SpeakerSession, end: SessionEnd): void {
    this.#metrics.ends.add({ end });
    const node = this.#nodes.get(session.nodeName);
    if (node?.line?.session !== session) return;
    this.#dependencies.log.info('speaker-disconnected', { node: node.nodeName, end });
    this.#detach(node);
    this.#news.count(this.#nodes.values());
    // Who did not say goodbye is alive until it is silent for too long: it may be dialling already.
    if (node.presence === 'leaving') this.#down(node);
    else this.#news.tell((listener) => listener.presenceChanged(node.nodeName));
  }

  /** Decides about a session that stands already. False: the new one is refused. */
  #makeRoom(node: NodeRecord, session: SpeakerSession, hello: Hello): boolean {
    const standing = node.line;
    if (standing === undefined) return true;
    const admission = admit(
      {
        instanceId: node.instanceId,
        podUid: standing.session.podUid,
        leaving: node.leaving,
        silentForMs: node.watch?.silentForMs ?? this.#vigil.deadAfterMs,
      },
      { instanceId: hello.instanceId, podUid: session.podUid },
      this.#vigil.deadAfterMs,
    );
    if (admission === 'refuse') {
      session.close('already-connected', `a speaker of node ${node.nodeName} is connected and well`);
      return false;
    }
    this.#detach(node);
    standing.close('replaced', 'a newer session of this node took over');
    return true;
  }

  #rejected(node: NodeRecord, { revision, address, reason }: Extract<SpeakerMessage, { kind: 'reject' }>): void {
    this.#metrics.rejects.add({});
    this.#dependencies.log.warn('speaker-rejects', { node: node.nodeName, revision, reason });
    if (address !== undefined && node.outbox.get(address) !== undefined) node.rejects.set(address, reason);
    this.#news.tell((listener) => listener.rejected(node.nodeName, address, reason));
    node.line?.acked(revision);
  }

  #leaving(node: NodeRecord): void {
    if (node.leaving) return;
    node.leaving = true;
    node.cared = this.#neighbourhood.isCared(node.nodeName);
    this.#dependencies.log.info('speaker-leaving', { node: node.nodeName, stoodInFor: node.cared });
    this.#news.tell((listener) => listener.presenceChanged(node.nodeName));
  }

  #claimsChanged(node: NodeRecord, addresses: readonly IpAddress[]): void {
    if (addresses.length > 0) this.#news.tell((listener) => listener.claimsChanged(node.nodeName, addresses));
  }

  /** Others say something else of these than before. */
  #spokenOf(nodeNames: readonly string[]): void {
    for (const nodeName of nodeNames) {
      const node = this.#nodes.get(nodeName);
      if (node === undefined) continue;
      const before = node.presence;
      node.cared = this.#neighbourhood.isCared(nodeName);
      if (node.presence === before) continue;
      if (node.presence === 'leaving' && node.line === undefined) this.#down(node);
      else this.#news.tell((listener) => listener.presenceChanged(nodeName));
    }
  }

  #watch(node: NodeRecord): SilenceWatch {
    return this.#vigil.watch(node.nodeName, {
      away: () => {
        this.#cut(node);
        this.#news.tell((listener) => listener.presenceChanged(node.nodeName));
      },
      gone: () => {
        this.#cut(node);
        this.#down(node);
      },
    });
  }

  /** Ends the session of a node that is silent. */
  #cut(node: NodeRecord): void {
    const { line } = node;
    if (line === undefined) return;
    this.#detach(node);
    line.close('silent', `no message for ${this.#vigil.deadAfterMs} ms`);
    this.#news.count(this.#nodes.values());
  }

  #hasOthers(nodeName: string): boolean {
    for (const other of this.alive()) if (other.nodeName !== nodeName) return true;
    return false;
  }

  #down(node: NodeRecord): void {
    if (node.presence === 'gone') return;
    node.watch?.stop();
    node.watch = undefined;
    node.leaving = false;
    node.claims.clear();
    node.rejects.clear();
    this.#dependencies.log.warn('speaker-down', { node: node.nodeName });
    this.#news.count(this.#nodes.values());
    this.#news.tell((listener) => listener.speakerDown(node.nodeName));
    this.#news.riders((rider) => rider.down(node.nodeName));
    this.#forgetIfEmpty(node);
  }

  /** Its session is over, and with it what it knew of its neighbours. */
  #detach(node: NodeRecord): void {
    const { line } = node;
    if (line === undefined) return;
    line.stop();
    node.line = undefined;
    this.#news.riders((rider) => rider.detached(line.session));
    this.#spokenOf(this.#neighbourhood.forget(node.nodeName));
  }

  #node(nodeName: string): NodeRecord {
    const known = this.#nodes.get(nodeName);
    if (known !== undefined) return known;
    const node = new NodeRecord(nodeName);
    if (this.#helloKeys !== undefined) node.surroundings.set(this.#helloKeys);
    this.#nodes.set(nodeName, node);
    return node;
  }

  #forgetIfEmpty(node: NodeRecord): void {
    if (node.forgettable) this.#nodes.delete(node.nodeName);
  }
}
