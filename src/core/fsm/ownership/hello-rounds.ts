import {
  entryDigest,
  type HeardNeighbour,
  type Hello,
  type HelloEntry,
  type HelloInterface,
  MAX_HEARD,
  MAX_INTERFACES,
  roomForEntries,
} from '../../codec/hello/index.ts';
import type { IpAddress } from '../../net/index.ts';
import { isHeardDirectly, NEVER } from './liveness.ts';
import type { Neighbour } from './neighbour.ts';
import { echoOf } from './proof.ts';
import { HELLOS_AT_ONCE, PROMPT_PAUSE_MS, RESYNC_AFTER_INTERVALS } from './timing.ts';
import type { OwnershipAction } from './types.ts';

const MAX_AGE_MS = 0xffff;
const NO_ORDER = { epoch: { generation: 0, counter: 0 }, term: 0, rank: 0 };

interface HelloRoundsOptions {
  readonly nodeName: string;
  readonly incarnation: number;
  readonly helloIntervalMs: number;
}

/** What this node says of itself in every hello. */
export interface Presence {
  readonly leaving: boolean;
  readonly starting: boolean;
  readonly alone: boolean;
  readonly interfaces: readonly HelloInterface[];
}

/** Says hello: to everybody each interval, and out of turn to whom there is something new to tell. */
export class HelloRounds {
  readonly #options: HelloRoundsOptions;
  /** BOUNDED: the neighbours of the node, which belong to their `Neighbourhood`. */
  readonly #neighbours: ReadonlyMap<string, Neighbour>;
  /** What this node holds. BOUNDED: by its grants. */
  readonly #held = new Map<IpAddress, HelloEntry>();
  #digest = 0;
  #presence: Presence = { leaving: false, starting: true, alone: false, interfaces: [] };
  #nextMs = NEVER;
  #promptedMs = NEVER;
  /** Everybody is to hear at once what this node says of itself. */
  #urgent = false;

  constructor(options: HelloRoundsOptions, neighbours: ReadonlyMap<string, Neighbour>) {
    this.#options = options;
    this.#neighbours = neighbours;
  }

  /** Says of this node what is true now. */
  present(presence: Presence): void {
    this.#presence = { ...presence, interfaces: presence.interfaces.slice(0, MAX_INTERFACES) };
    this.#urgent = true;
  }

  /** Holds an address from now on, or, with undefined, no longer. */
  hold(address: IpAddress, entry: HelloEntry | undefined): void {
    const before = this.#held.get(address);
    this.#held.delete(address);
    if (before !== undefined) this.#digest ^= entryDigest(before);
    if (entry !== undefined) {
      this.#held.set(address, entry);
      this.#digest ^= entryDigest(entry);
    }
    // The exclusive or is signed, the field of the hello is not.
    this.#digest >>>= 0;
    for (const neighbour of this.#neighbours.values()) if (neighbour.isKnown) neighbour.outbox.changed(address);
  }

  /** Tells a neighbour everything from the beginning. */
  restart(neighbour: Neighbour): void {
    neighbour.outbox.restart(this.#held.keys());
  }

  /** All hellos that are due. */
  send(nowMs: number): OwnershipAction[] {
    const isRound = nowMs >= this.#nextMs;
    if (!isRound && nowMs < this.nextMs()) return [];
    const everybody = isRound || this.#urgent;
    const heard = this.#heard(nowMs);
    const actions: OwnershipAction[] = [];
    for (const neighbour of this.#neighbours.values()) {
      const challenge = neighbour.takeChallenge();
      if (challenge !== undefined) actions.push(this.#hello(neighbour, { echo: challenge, heard }, nowMs));
      const before = actions.length;
      if (everybody) actions.push(this.#hello(neighbour, { echo: echoOf(neighbour.proof), heard }, nowMs));
      while (neighbour.outbox.isWaiting && actions.length - before < HELLOS_AT_ONCE)
        actions.push(this.#hello(neighbour, { echo: echoOf(neighbour.proof), heard }, nowMs));
    }
    this.#urgent = false;
    if (actions.length > 0) this.#promptedMs = nowMs;
    if (isRound) this.#nextMs = this.#following(nowMs);
    return actions;
  }

  /** When `send` has something to send next. */
  nextMs(): number {
    if (this.#neighbours.size === 0) return Number.POSITIVE_INFINITY;
    let waits = this.#urgent;
    for (const neighbour of this.#neighbours.values()) waits ||= neighbour.outbox.isWaiting || neighbour.isChallenged;
    return waits ? Math.min(this.#nextMs, this.#promptedMs + PROMPT_PAUSE_MS) : this.#nextMs;
  }

  /** Rounds keep their pace, unless this node overslept one. */
  #following(nowMs: number): number {
    const { helloIntervalMs } = this.#options;
    const dueMs = this.#nextMs + helloIntervalMs;
    return dueMs > nowMs ? dueMs : nowMs + helloIntervalMs;
  }

  #hello(neighbour: Neighbour, { echo, heard }: Pick<Hello, 'echo' | 'heard'>, nowMs: number): OwnershipAction {
    const { nodeName, incarnation, helloIntervalMs } = this.#options;
    const { differsSinceMs } = neighbour.inbox;
    const sequence = neighbour.nextSequence();
    const said = {
      ...this.#presence,
      sender: nodeName,
      receiver: neighbour.tag,
      incarnation,
      sequence,
      echo,
      intervalMs: helloIntervalMs,
      heard,
      exchange: neighbour.outbox.exchange,
      resync: differsSinceMs !== undefined && nowMs - differsSinceMs >= RESYNC_AFTER_INTERVALS * helloIntervalMs,
      digest: this.#digest,
    };
    const addresses = neighbour.outbox.fill({ sequence, room: roomForEntries(said) }, nowMs);
    const entries = addresses.map((address) => this.#held.get(address) ?? nothingHeld(address));
    return { kind: 'send-hello', to: neighbour.nodeName, hello: { ...said, entries } };
  }

  #heard(nowMs: number): HeardNeighbour[] {
    const heard: HeardNeighbour[] = [];
    for (const { tag, liveness } of this.#neighbours.values()) {
      if (heard.length === MAX_HEARD) break;
      if (isHeardDirectly(liveness, nowMs))
        heard.push({ tag, ageMs: Math.min(MAX_AGE_MS, Math.max(0, Math.round(nowMs - liveness.heardMs))) });
    }
    return heard;
  }
}

function nothingHeld(address: IpAddress): HelloEntry {
  return { address, holding: 'nothing', order: NO_ORDER };
}
