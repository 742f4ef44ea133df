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
import type { NodeRecord } from './node-record.ts';
import { NodeRecords } from './node-records.ts';
import { Presences } from './presences.ts';
import { SessionLine, type SessionLineOptions } from './session-line.ts';
import type { SessionRider } from './session-rider.ts';
import type { ObservationListener, Speaker, SpeakerListener, Speakers } from './speaker-listener.ts';
import { SpeakerNews } from './speaker-news.ts';
import type { SurroundingsMessage } from './surroundings.ts';
import type { VigilOptions } from './vigil.ts';

export interface SpeakerRegistryOptions extends SessionLineOptions, VigilOptions {}

export const DEFAULT_SPEAKER_REGISTRY_OPTIONS: SpeakerRegistryOptions = {
  heartbeatIntervalMs: 500,
  // On a small machine that is busy a process may get no turn for a second: that is no death.
  missedHeartbeats: 4,
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
 */
export class SpeakerRegistry implements SpeakerSessionHandler, Speakers {
  readonly #options: SpeakerRegistryOptions;
  readonly #dependencies: SpeakerRegistryDependencies;
  readonly #nodes = new NodeRecords();
  readonly #news: SpeakerNews;
  readonly #presences: Presences;
  readonly #metrics: {
    readonly ends: Counter<'end'>;
    readonly updates: Counter<'kind'>;
    readonly rejects: Counter;
  };
  #released = false;
  #stopped = false;

  constructor(options: Partial<SpeakerRegistryOptions>, dependencies: SpeakerRegistryDependencies) {
    this.#options = { ...DEFAULT_SPEAKER_REGISTRY_OPTIONS, ...options };
    this.#dependencies = dependencies;
    const { metrics } = dependencies;
    this.#news = new SpeakerNews(metrics);
    this.#presences = new Presences(this.#options, { ...dependencies, nodes: this.#nodes, news: this.#news });
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

  alive(): Iterable<Speaker> {
    return this.#nodes.alive();
  }

  witnessesOf(nodeName: string): ReadonlyMap<string, NeighbourState> {
    return this.#presences.witnessesOf(nodeName);
  }

  grant(nodeName: string, grant: Grant): void {
    const node = this.#nodes.of(nodeName);
    node.rejects.delete(grant.address);
    node.outbox.set(grant);
    node.line?.flush();
  }

  revoke(nodeName: string, address: IpAddress): void {
    const node = this.#nodes.get(nodeName);
    if (node === undefined || !node.outbox.delete(address)) return;
    node.rejects.delete(address);
    node.line?.flush();
    this.#nodes.forgetIfEmpty(node);
  }

  surround(nodeName: string, neighbours: Extract<SurroundingsMessage, { kind: 'neighbours' }>): void {
    const node = this.#nodes.of(nodeName);
    node.surroundings.set(neighbours);
    node.line?.flush();
    this.#nodes.forgetIfEmpty(node);
  }

  /** Every speaker is to have these, whenever it comes. */
  setHelloKeys(keys: readonly HelloKey[]): void {
    this.#nodes.tellAll({ kind: 'hello-keys', keys });
  }

  /** Whether every node that lives, by its own word or by that of others, can be told something now. */
  get reachesAll(): boolean {
    return this.#presences.reachesAll;
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
    for (const node of this.#nodes.all()) node.line?.begin();
  }

  hold(): void {
    this.#released = false;
  }

  /** Nothing is told or decided any more; whoever owns the sessions closes them. */
  stop(): void {
    this.#stopped = true;
    for (const node of this.#nodes.all()) {
      this.#presences.detach(node);
      node.watch?.stop();
    }
    this.#nodes.clear();
  }

  opened(session: SpeakerSession, hello: Hello): void {
    if (this.#stopped) {
      session.close('not-leader', 'this replica does not lead');
      return;
    }
    const node = this.#nodes.of(session.nodeName);
    const before = node.presence;
    if (!this.#makeRoom(node, session, hello)) return;
    const back = before === 'connected' || before === 'away';
    this.#presences.appeared(node);
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
    this.#news.count(this.#nodes.all());
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
    this.#presences.heard(node);
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
        this.#presences.leaves(node);
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
        this.#presences.tellsOf(node, message.neighbours);
        this.#news.observed(node.nodeName, message);
        return;
      case 'verified':
      case 'conflict':
      case 'conflict-over':
      case 'probed':
      case 'kernel-answers':
      case 'groups-refused':
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
    this.#presences.cutOff(node);
  }

  /** Decides about a session that stands already. False: the new one is refused. */
  #makeRoom(node: NodeRecord, session: SpeakerSession, hello: Hello): boolean {
    const standing = node.line;
    if (standing === undefined) return true;
    const { deadAfterMs } = this.#presences;
    const admission = admit(
      {
        instanceId: node.instanceId,
        podUid: standing.session.podUid,
        leaving: node.leaving,
        silentForMs: node.watch?.silentForMs ?? deadAfterMs,
      },
      { instanceId: hello.instanceId, podUid: session.podUid },
      deadAfterMs,
    );
    if (admission === 'refuse') {
      session.close('already-connected', `a speaker of node ${node.nodeName} is connected and well`);
      return false;
    }
    this.#presences.detach(node);
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

  #claimsChanged(node: NodeRecord, addresses: readonly IpAddress[]): void {
    if (addresses.length > 0) this.#news.tell((listener) => listener.claimsChanged(node.nodeName, addresses));
  }
}
