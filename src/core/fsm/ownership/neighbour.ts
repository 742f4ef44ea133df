import {
  type HeardNeighbour,
  type Hello,
  type HelloEcho,
  type HelloInterface,
  nodeTag,
} from '../../codec/hello/index.ts';
import type { IpAddress } from '../../net/index.ts';
import { Inbox } from './inbox.ts';
import { type Liveness, type LivenessEvent, NEVER, stepLiveness, unknownLiveness } from './liveness.ts';
import { Outbox } from './outbox.ts';
import { challengeOf, NOTHING_PROVEN, type Proof, stepProof } from './proof.ts';
import { DOWN_AFTER_INTERVALS, UNHEARING_AFTER_INTERVALS } from './timing.ts';
import type { HelloRefusal, OwnershipNeighbour } from './types.ts';

/** Where a hello came from, and to whom it came. */
interface Envelope {
  readonly from: IpAddress;
  readonly own: { readonly tag: number; readonly incarnation: number };
}

/** How this node begins with a neighbour. */
interface Introduction {
  readonly intervalMs: number;
  readonly nowMs: number;
  /**
   * No smaller than that of any hello which this node has sent to one of that name. A neighbour that was named all the time takes
   * smaller ones for replayed; and nothing that it was once told proves that it lives now.
   */
  readonly afterSequence: number;
}

/** What changed with a hello that was believed. */
interface Received {
  /** Addresses about whose holding it said something new. */
  readonly changed: ReadonlySet<IpAddress>;
  /** Something else changed that decisions depend on. */
  readonly otherwise: boolean;
  /** It has to be told everything: it has just started, or misses something. */
  readonly untold: boolean;
}

/** All that this node knows of one neighbour, and has told it. */
export class Neighbour {
  readonly nodeName: string;
  readonly tag: number;
  readonly inbox = new Inbox();
  readonly outbox: Outbox;
  /** When it was first named to this node, in ms. */
  readonly namedMs: number;
  /** BOUNDED: by the addresses of a node that the controller sends. */
  #addresses: ReadonlySet<IpAddress>;
  #liveness: Liveness;
  #proof: Proof;
  #sequence: number;
  /** The last believed hello, without its entries. */
  #said: Hello | undefined;
  /** Since when it has said in every hello that it hears others, but not this node, in ms. */
  #unhearingSinceMs: number | undefined;
  #unhearing = false;
  /** What a start that is not believed needs to hear. */
  #challenge: HelloEcho | undefined;

  constructor({ nodeName, addresses }: OwnershipNeighbour, { intervalMs, nowMs, afterSequence }: Introduction) {
    this.nodeName = nodeName;
    this.namedMs = nowMs;
    this.#sequence = afterSequence;
    this.#proof = { ...NOTHING_PROVEN, provenSequence: afterSequence };
    this.tag = nodeTag(nodeName);
    this.#addresses = new Set(addresses);
    this.#liveness = unknownLiveness(intervalMs);
    this.outbox = new Outbox(intervalMs);
  }

  get liveness(): Liveness {
    return this.#liveness;
  }

  get proof(): Proof {
    return this.#proof;
  }

  /** Some start of it was believed. */
  get isKnown(): boolean {
    return this.#said !== undefined;
  }

  /** Until when this node has to expect that it does not know yet what the neighbour holds, in ms. */
  untoldUntilMs(settleMs: number): number {
    if (!this.isKnown) return this.namedMs + settleMs;
    const { differsSinceMs } = this.inbox;
    return differsSinceMs === undefined ? NEVER : differsSinceMs + settleMs;
  }

  get interfaces(): readonly HelloInterface[] {
    return this.#said?.interfaces ?? [];
  }

  get starting(): boolean {
    return this.#said?.starting ?? false;
  }

  /** It hears nobody, or did not until just now. */
  get alone(): boolean {
    return this.#said?.alone ?? false;
  }

  /** It is heard and hears others, but has not heard this node for a while. */
  isUnhearing(nowMs: number): boolean {
    return this.#unhearing && this.#spokeLately(nowMs);
  }

  moveTo(addresses: readonly IpAddress[]): void {
    this.#addresses = new Set(addresses);
  }

  /** Of the last hello to it. */
  get sequence(): number {
    return this.#sequence;
  }

  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** A start of it that is not believed waits for an answer. */
  get isChallenged(): boolean {
    return this.#challenge !== undefined;
  }

  /** What has to be echoed to a start that is not believed yet; once. */
  takeChallenge(): HelloEcho | undefined {
    const challenge = this.#challenge;
    this.#challenge = undefined;
    return challenge;
  }

  /** Believes a hello, or says why not. */
  receive(hello: Hello, { from, own }: Envelope, nowMs: number): Received | HelloRefusal {
    if (hello.receiver !== own.tag) return 'other-receiver';
    if (!this.#addresses.has(from)) return 'foreign-address';
    const step = stepProof(this.#proof, hello, { incarnation: own.incarnation, sequence: this.#sequence });
    if (step.kind === 'refused') {
      if (step.reason === 'unproven') this.#challenge = challengeOf(hello);
      return step.reason;
    }
    this.#proof = step.proof;
    if (step.kind === 'overtaken')
      return { changed: this.inbox.receiveOvertaken(hello, nowMs), otherwise: false, untold: false };
    if (!step.newIncarnation) this.outbox.acknowledged(hello.echo);
    // What it asks for in many hellos is begun once.
    const untold = step.newIncarnation || (hello.resync && this.#said?.resync === false);
    const otherwise =
      this.#noteHearing(hello.heard, own.tag, nowMs) || this.#said === undefined || !saysTheSame(this.#said, hello);
    // What it holds is kept in the inbox.
    this.#said = hello.entries.length === 0 ? hello : { ...hello, entries: [] };
    const { intervalMs, leaving, starting } = hello;
    this.step({ kind: 'hello', intervalMs, deaf: hello.heard.length === 0, away: leaving || starting }, nowMs);
    const changed = this.inbox.receive(hello, nowMs);
    return { changed, otherwise, untold };
  }

  /** True when that changes something. */
  #noteHearing(heard: readonly HeardNeighbour[], ownTag: number, nowMs: number): boolean {
    const before = this.#unhearing;
    // Who hears nobody at all is deaf, or was cut off.
    const hears = heard.length === 0 || heard.some(({ tag }) => tag === ownTag);
    // What it said before it was silent for a while counts no more: it may have slept.
    const sinceMs = this.#spokeLately(nowMs) ? this.#unhearingSinceMs : undefined;
    this.#unhearingSinceMs = hears ? undefined : (sinceMs ?? nowMs);
    const patienceMs = UNHEARING_AFTER_INTERVALS * this.#liveness.intervalMs;
    this.#unhearing = this.#unhearingSinceMs !== undefined && nowMs - this.#unhearingSinceMs >= patienceMs;
    return this.#unhearing !== before;
  }

  #spokeLately(nowMs: number): boolean {
    const { heardMs, intervalMs } = this.#liveness;
    return nowMs - heardMs < DOWN_AFTER_INTERVALS * intervalMs;
  }

  step(event: LivenessEvent, nowMs: number): void {
    this.#liveness = stepLiveness(this.#liveness, event, nowMs);
  }

  /** Some link of it is up that may carry the address. */
  canCarry(interfaces: readonly string[] | undefined): boolean {
    return this.interfaces.some(({ name, up }) => up && (interfaces?.includes(name) ?? true));
  }
}

function saysTheSame(a: Hello, b: Hello): boolean {
  return (
    a.starting === b.starting &&
    a.alone === b.alone &&
    a.interfaces.length === b.interfaces.length &&
    a.interfaces.every(({ name, mac, up }, at) => {
      const other = b.interfaces[at];
      return other?.name === name && other.mac === mac && other.up === up;
    })
  );
}
