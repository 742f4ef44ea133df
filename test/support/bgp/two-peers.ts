// Two machines and the TCP between them, in virtual time: what one sends reaches the other in order, after a while.

import type { ReceivedMessage } from '../../../src/core/codec/bgp/index.ts';
import {
  type ConnectionId,
  initialPeer,
  type PeerAction,
  type PeerConfig,
  type PeerEvent,
  type PeerState,
  sessionStateOf,
  stepPeer,
} from '../../../src/core/fsm/bgp/index.ts';
import type { Random } from '../../../src/ports/time.ts';

interface End {
  readonly owner: Speaker;
  readonly id: ConnectionId;
  other?: End;
  open: boolean;
  /** When the last of what was sent arrives: nothing overtakes. */
  arrivesMs: number;
}

/** One machine with its timers and connections. */
class Speaker {
  state: PeerState;
  readonly ends = new Map<ConnectionId, End>();
  readonly timers = new Map<string, number>();
  /** Counts attempts, so that an aborted one is not answered. */
  attempt = 0;
  nextId = 1;
  readonly config: PeerConfig;

  constructor(config: PeerConfig) {
    this.config = config;
    this.state = initialPeer(config);
  }

  get established(): End | undefined {
    const up = this.state.connections.find(({ kind }) => kind === 'established');
    return up === undefined ? undefined : this.ends.get(up.id);
  }
}

export class TwoPeers {
  readonly speakers: readonly [Speaker, Speaker];
  readonly #random: Random;
  readonly #longestDelayMs: number;
  readonly #queue: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = [];
  #order = 0;
  nowMs = 0;

  constructor(configs: readonly [PeerConfig, PeerConfig], random: Random, longestDelayMs: number) {
    this.speakers = [new Speaker(configs[0]), new Speaker(configs[1])];
    this.#random = random;
    this.#longestDelayMs = longestDelayMs;
    for (const speaker of this.speakers) this.#after(this.#delay(), () => this.#tell(speaker, { kind: 'start' }));
  }

  /** Both have their session on the two ends of one connection. */
  get areUp(): boolean {
    const [a, b] = this.speakers;
    return a.established !== undefined && a.established.other === b.established;
  }

  get shown(): readonly string[] {
    return this.speakers.map(({ state }) => sessionStateOf(state));
  }

  until(atMs: number): void {
    for (;;) {
      const next = this.#queue.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (next === undefined || next.atMs > atMs) break;
      this.#queue.splice(this.#queue.indexOf(next), 1);
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = atMs;
  }

  /** Cuts every connection, as a router between them that restarts. */
  reset(): void {
    for (const speaker of this.speakers) for (const end of [...speaker.ends.values()]) this.#lose(end, 'reset');
  }

  #tell(speaker: Speaker, event: PeerEvent): void {
    const { state, actions } = stepPeer(speaker.state, event, speaker.config);
    speaker.state = state;
    if (state.connections.length > 2) throw new Error('three connections');
    if (state.connections.filter(({ kind }) => kind === 'established').length > 1) throw new Error('two sessions');
    for (const action of actions) this.#carryOut(speaker, action);
  }

  #carryOut(speaker: Speaker, action: PeerAction): void {
    switch (action.kind) {
      case 'connect':
        speaker.attempt += 1;
        this.#dial(speaker, speaker.attempt);
        break;
      case 'abortConnect':
        speaker.attempt += 1;
        break;
      case 'send': {
        const end = speaker.ends.get(action.connection);
        if (end === undefined) throw new Error('sent on a connection that is gone');
        // Routes are none of the machine's business: an UPDATE is never among its actions.
        const message = action.message as ReceivedMessage;
        this.#deliver(end, (other) => ({ kind: 'received', connection: other.id, message }));
        break;
      }
      case 'close': {
        const end = speaker.ends.get(action.connection);
        if (end === undefined) break;
        this.#forget(end);
        this.#deliver(end, (other) => ({ kind: 'closed', connection: other.id, why: 'end' }));
        break;
      }
      case 'startTimer':
      case 'stopTimer':
        this.#setTimer(speaker, action);
        break;
      default:
    }
  }

  #dial(speaker: Speaker, attempt: number): void {
    const other = this.speakers[0] === speaker ? this.speakers[1] : this.speakers[0];
    this.#after(this.#delay(), () => {
      const theirs = this.#end(other);
      this.#tell(other, { kind: 'accepted', connection: theirs.id });
      this.#after(this.#delay(), () => {
        if (speaker.attempt !== attempt) return this.#lose(theirs, 'aborted');
        const ours = this.#end(speaker);
        ours.other = theirs;
        theirs.other = ours;
        this.#tell(speaker, { kind: 'connected', connection: ours.id });
        this.#after(0, () => this.#flush(theirs));
      });
    });
  }

  /** What was sent before the dialler knew of the connection. */
  #flush(end: End): void {
    const waiting = this.#early.get(end) ?? [];
    this.#early.delete(end);
    for (const event of waiting) this.#deliver(end, event);
  }

  readonly #early = new Map<End, ((other: End) => PeerEvent)[]>();

  #deliver(end: End, event: (other: End) => PeerEvent): void {
    const { other } = end;
    if (other === undefined) {
      this.#early.set(end, [...(this.#early.get(end) ?? []), event]);
      return;
    }
    end.arrivesMs = Math.max(end.arrivesMs, this.nowMs + this.#delay());
    this.#at(end.arrivesMs, () => {
      if (!other.open) return;
      const told = event(other);
      if (told.kind === 'closed') this.#forget(other);
      this.#tell(other.owner, told);
    });
  }

  #lose(end: End, why: string): void {
    if (!end.open) return;
    this.#forget(end);
    this.#tell(end.owner, { kind: 'closed', connection: end.id, why });
  }

  #forget(end: End): void {
    end.open = false;
    end.owner.ends.delete(end.id);
    for (const key of [...end.owner.timers.keys()]) if (key.endsWith(` ${end.id}`)) end.owner.timers.delete(key);
  }

  #setTimer(speaker: Speaker, action: Extract<PeerAction, { kind: 'startTimer' | 'stopTimer' }>): void {
    const key = 'connection' in action ? `${action.timer} ${action.connection}` : action.timer;
    speaker.timers.delete(key);
    if (action.kind === 'stopTimer') return;
    const dueMs = this.nowMs + action.afterMs * (action.jittered ? 0.75 + 0.25 * this.#random.next() : 1);
    speaker.timers.set(key, dueMs);
    const { kind, afterMs, jittered, ...named } = action;
    this.#at(dueMs, () => {
      if (speaker.timers.get(key) !== dueMs) return;
      speaker.timers.delete(key);
      this.#tell(speaker, { kind: 'expired', ...named });
    });
  }

  #end(owner: Speaker): End {
    const end: End = { owner, id: owner.nextId, open: true, arrivesMs: 0 };
    owner.nextId += 1;
    owner.ends.set(end.id, end);
    return end;
  }

  #delay(): number {
    return this.#random.next() * this.#longestDelayMs;
  }

  #after(delayMs: number, run: () => void): void {
    this.#at(this.nowMs + delayMs, run);
  }

  #at(atMs: number, run: () => void): void {
    this.#queue.push({ atMs, order: this.#order, run });
    this.#order += 1;
  }
}
