import type { Hello } from '../../codec/hello/index.ts';
import { nodeTag } from '../../codec/hello/index.ts';
import type { IpAddress } from '../../net/index.ts';
import { HelloRounds } from './hello-rounds.ts';
import { isHeardDirectly, type LivenessEvent, lastSignMs, NEVER, nextJudgementMs, nextQuestionMs } from './liveness.ts';
import { Neighbour } from './neighbour.ts';
import { ALONE_MEMORY_MS, ALONE_PROBE_MS, HUSH_AFTER_MS } from './timing.ts';
import type { HelloRefusal, OwnershipAction, OwnershipNeighbour } from './types.ts';

interface NeighbourhoodOptions {
  readonly nodeName: string;
  readonly incarnation: number;
  readonly helloIntervalMs: number;
}

/** What became known about others. */
interface News {
  /** Addresses that somebody holds otherwise than before. BOUNDED: by the entries of one hello. */
  readonly held: ReadonlySet<IpAddress>;
  /** Names of neighbours whose standing or ability changed. BOUNDED: by the neighbours. */
  readonly neighbours: ReadonlySet<string>;
}

/** The neighbours of this node: who lives, and who holds what. */
export class Neighbourhood {
  readonly rounds: HelloRounds;
  readonly #options: NeighbourhoodOptions;
  readonly #tag: number;
  /** BOUNDED: by the controller, which gives a node at most 32. */
  readonly #neighbours = new Map<string, Neighbour>();
  /** The same. Of two with one tag, which nobody has seen yet, only one is vouched for. */
  readonly #byTag = new Map<number, Neighbour>();
  /** The largest of a hello to one that is no neighbour any more, and may be named again. */
  #formerSequence = 0;
  /** When anybody was there last, in ms. */
  #lifeMs = NEVER;
  #askedGatewaysMs = NEVER;
  /** Since when this node has heard nobody of those that it once heard. */
  #aloneSinceMs: number | undefined;
  /** It counts as alone until then, in ms. */
  #aloneUntilMs = NEVER;
  #hushed = false;
  #heldNews = new Set<IpAddress>();
  #neighbourNews = new Set<string>();
  #actions: OwnershipAction[] = [];

  constructor(options: NeighbourhoodOptions) {
    this.#options = options;
    this.#tag = nodeTag(options.nodeName);
    this.rounds = new HelloRounds(options, this.#neighbours);
  }

  /** This node itself. */
  get nodeName(): string {
    return this.#options.nodeName;
  }

  get(nodeName: string): Neighbour | undefined {
    return this.#neighbours.get(nodeName);
  }

  all(): Iterable<Neighbour> {
    return this.#neighbours.values();
  }

  takeActions(): OwnershipAction[] {
    return this.#actions.splice(0);
  }

  takeNews(): News {
    const news = { held: this.#heldNews, neighbours: this.#neighbourNews };
    if (news.held.size > 0) this.#heldNews = new Set();
    if (news.neighbours.size > 0) this.#neighbourNews = new Set();
    return news;
  }

  /** Names all neighbours. This node may be among them. */
  set(list: readonly OwnershipNeighbour[], nowMs: number): void {
    const named = new Set(list.map(({ nodeName }) => nodeName));
    for (const [nodeName, { sequence }] of this.#neighbours) {
      if (named.has(nodeName)) continue;
      this.#formerSequence = Math.max(this.#formerSequence, sequence);
      this.#neighbours.delete(nodeName);
      this.#neighbourNews.add(nodeName);
    }
    for (const neighbour of list) {
      const { nodeName } = neighbour;
      if (nodeName === this.#options.nodeName) continue;
      const known = this.#neighbours.get(nodeName);
      if (known !== undefined) known.moveTo(neighbour.addresses);
      else {
        this.#neighbours.set(nodeName, this.#introduced(neighbour, nowMs));
        this.#neighbourNews.add(nodeName);
        this.#actions.push({ kind: 'standing', nodeName, standing: 'never-heard' });
      }
    }
    this.#byTag.clear();
    for (const neighbour of this.#neighbours.values()) this.#byTag.set(neighbour.tag, neighbour);
  }

  receive(from: IpAddress, hello: Hello, nowMs: number): void {
    const neighbour = this.#neighbours.get(hello.sender);
    if (neighbour === undefined) {
      this.#refuse(hello.sender, 'unknown-sender');
      return;
    }
    const { standing } = neighbour.liveness;
    const own = { incarnation: this.#options.incarnation, tag: this.#tag };
    const received = neighbour.receive(hello, { from, own }, nowMs);
    if (typeof received === 'string') {
      this.#refuse(hello.sender, received);
      return;
    }
    this.#lifeMs = nowMs;
    if (received.untold) this.rounds.restart(neighbour);
    for (const address of received.changed) this.#heldNews.add(address);
    if (received.otherwise) this.#neighbourNews.add(neighbour.nodeName);
    this.#compare(neighbour, standing);
    for (const { tag, ageMs } of hello.heard) this.#vouch(tag, nowMs - ageMs, nowMs);
  }

  kernelAnswered(nodeName: string, nowMs: number): void {
    this.#lifeMs = nowMs;
    const neighbour = this.#neighbours.get(nodeName);
    if (neighbour !== undefined) this.#step(neighbour, { kind: 'kernel-answered' }, nowMs);
  }

  gatewayAnswered(nowMs: number): void {
    this.#lifeMs = nowMs;
  }

  /** @param forLong others may have called this node down meanwhile */
  overslept(forLong: boolean, nowMs: number): void {
    if (forLong) this.#aloneUntilMs = nowMs + ALONE_MEMORY_MS;
    for (const neighbour of this.#neighbours.values()) this.#step(neighbour, { kind: 'overslept' }, nowMs);
  }

  /** Judges everybody by the time, and asks kernels. */
  turn(nowMs: number): void {
    const alone = this.#aloneSinceMs !== undefined;
    for (const neighbour of this.#neighbours.values()) {
      if (nowMs >= nextQuestionMs(neighbour.liveness, alone)) {
        this.#actions.push({ kind: 'probe-kernel', nodeName: neighbour.nodeName });
        this.#step(neighbour, { kind: 'asked' }, nowMs);
      } else this.#step(neighbour, { kind: 'turn' }, nowMs);
    }
    this.#listen(nowMs);
  }

  /**
   * It hears nobody of those whom it once heard, or did not until just now; or it slept so long that others may have called it
   * down.
   */
  get isAlone(): boolean {
    return this.#aloneSinceMs !== undefined || this.#aloneUntilMs !== NEVER;
  }

  /** When the next turn is due. */
  nextTurnMs(): number {
    const alone = this.#aloneSinceMs !== undefined;
    let nextMs = alone ? this.#askedGatewaysMs + ALONE_PROBE_MS : Number.POSITIVE_INFINITY;
    if (this.#aloneUntilMs !== NEVER) nextMs = Math.min(nextMs, this.#aloneUntilMs);
    for (const { liveness } of this.#neighbours.values())
      nextMs = Math.min(nextMs, nextQuestionMs(liveness, alone), nextJudgementMs(liveness));
    return nextMs;
  }

  #introduced(neighbour: OwnershipNeighbour, nowMs: number): Neighbour {
    const intervalMs = this.#options.helloIntervalMs;
    return new Neighbour(neighbour, { intervalMs, nowMs, afterSequence: this.#formerSequence });
  }

  /** Somebody whom this node hears says when it heard the bearer of the tag. */
  #vouch(tag: number, atMs: number, nowMs: number): void {
    const neighbour = this.#byTag.get(tag);
    if (neighbour?.isKnown !== true || atMs <= lastSignMs(neighbour.liveness)) return;
    this.#step(neighbour, { kind: 'vouched', atMs }, nowMs);
  }

  #step(neighbour: Neighbour, event: LivenessEvent, nowMs: number): void {
    const { standing } = neighbour.liveness;
    neighbour.step(event, nowMs);
    this.#compare(neighbour, standing);
  }

  #compare({ nodeName, liveness: { standing } }: Neighbour, before: string): void {
    if (standing === before) return;
    this.#neighbourNews.add(nodeName);
    this.#actions.push({ kind: 'standing', nodeName, standing });
    if (before === 'down') this.#askThoseDown();
  }

  /** Where one is back, others may be within reach as well, whose kernels live while their speakers do not. */
  #askThoseDown(): void {
    for (const { nodeName, liveness } of this.#neighbours.values())
      if (liveness.standing === 'down') this.#actions.push({ kind: 'probe-kernel', nodeName });
  }

  /** A node that hears nobody may be the one that is cut off: it asks around, and keeps quiet until anybody answers. */
  #listen(nowMs: number): void {
    if (nowMs >= this.#aloneUntilMs) this.#aloneUntilMs = NEVER;
    let heardOnce = false;
    let hears = false;
    for (const { isKnown, liveness } of this.#neighbours.values()) {
      heardOnce ||= isKnown;
      hears ||= isHeardDirectly(liveness, nowMs);
    }
    if (this.#aloneSinceMs !== undefined && hears) this.#aloneUntilMs = nowMs + ALONE_MEMORY_MS;
    this.#aloneSinceMs = heardOnce && !hears ? (this.#aloneSinceMs ?? nowMs) : undefined;
    if (this.#aloneSinceMs !== undefined && nowMs >= this.#askedGatewaysMs + ALONE_PROBE_MS) {
      this.#askedGatewaysMs = nowMs;
      this.#actions.push({ kind: 'probe-gateways' });
    }
    const hushed =
      this.#aloneSinceMs !== undefined && nowMs >= Math.max(this.#aloneSinceMs, this.#lifeMs) + HUSH_AFTER_MS;
    if (hushed === this.#hushed) return;
    this.#hushed = hushed;
    this.#actions.push({ kind: 'hush', hushed });
  }

  #refuse(sender: string, reason: HelloRefusal): void {
    this.#actions.push({ kind: 'refused', sender, reason });
  }
}
