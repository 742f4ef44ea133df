import { type BfdKey, type BfdPacket, encodeBfdPacket, type Hash, signBfdPacket } from '../../core/codec/bfd/index.ts';
import {
  type AuthenticSequence,
  authenticated,
  type BfdAction,
  type BfdConfig,
  type BfdEvent,
  type BfdSession,
  detectionTimeMs,
  initialBfd,
  stepBfd,
} from '../../core/fsm/bfd/index.ts';
import type { BfdSender, BfdSessionReport, BfdSessionSettings } from '../../ports/bfd.ts';
import type { Clock, Random, Timer, Timers } from '../../ports/time.ts';
import { type Rate, TokenBucket } from '../token-bucket.ts';
import type { BfdCounting } from './counting.ts';
import { keyOf } from './key.ts';

/** A neighbour may send thrice what was agreed on, and repeat itself while intervals change. */
const EXCESS = 3;
const BURST = 20;

/** Packets that say that a session ends. @see RFC 5880 §6.8.16 */
const FAREWELLS = 3;
/** Longer than a turn of the event loop, and little against any Detection Time. */
const LOOK_AGAIN_MS = 10;

export interface SessionDriverDependencies {
  readonly sender: BfdSender;
  readonly counting: BfdCounting;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly hash: Hash;
  readonly changed: (report: BfdSessionReport) => void;
}

export interface SessionDriverOptions {
  readonly settings: BfdSessionSettings;
  /** Not 0, and of no other session. */
  readonly discriminator: number;
}

/** Carries out what the machine of one session decides. */
export class SessionDriver {
  readonly #dependencies: SessionDriverDependencies;
  #settings: BfdSessionSettings;
  #config: BfdConfig;
  #key: BfdKey | undefined;
  #session: BfdSession;
  #sequence: number;
  #heard: AuthenticSequence | undefined;
  #limit: TokenBucket;
  #timer: Timer | undefined;
  #lookedAgain = false;
  #closed = false;

  constructor(options: SessionDriverOptions, dependencies: SessionDriverDependencies) {
    this.#dependencies = dependencies;
    this.#settings = options.settings;
    this.#config = configOf(options.settings);
    this.#key = keyOf(options.settings.authentication);
    this.#session = initialBfd(options.discriminator, this.#config);
    this.#sequence = Math.floor(dependencies.random.next() * 2 ** 32);
    this.#limit = new TokenBucket(rateOf(options.settings), dependencies.clock.nowMs());
  }

  get settings(): BfdSessionSettings {
    return this.#settings;
  }

  get discriminator(): number {
    return this.#session.localDiscriminator;
  }

  start(): void {
    this.#tell('start');
  }

  /** New intervals, multiplier, role or key; the path is the same. */
  reconfigure(settings: BfdSessionSettings): void {
    this.#settings = settings;
    this.#config = configOf(settings);
    this.#key = keyOf(settings.authentication);
    this.#limit = new TokenBucket(rateOf(settings), this.#dependencies.clock.nowMs());
    this.#tell('reconfigured');
  }

  /** A packet that was decoded from these octets and belongs to this session. */
  received(packet: BfdPacket, octets: Uint8Array): void {
    this.#dependencies.counting.recognised(this.#settings.name);
    const nowMs = this.#dependencies.clock.nowMs();
    if (!this.#limit.take(nowMs)) {
      this.#dependencies.counting.dropped('rate-limit');
      return;
    }
    const verdict = authenticated(packet, octets, this.#heard, {
      key: this.#key,
      nowMs,
      hash: this.#dependencies.hash,
    });
    if (verdict.kind === 'refused') {
      this.#dependencies.counting.dropped(verdict.reason);
      return;
    }
    if (verdict.sequenceNumber !== undefined) {
      const untilMs = nowMs + 2 * detectionTimeMs(packet, this.#session);
      this.#heard = { sequenceNumber: verdict.sequenceNumber, untilMs };
    }
    this.#step({ kind: 'received', packet, nowMs, draw: this.#dependencies.random.next() });
  }

  /** Says that it ends by plan, and ends. Once more and again, since whoever misses it takes the silence for a failure. */
  close(): void {
    for (let count = 0; count < FAREWELLS; count += 1) this.#tell('disable');
    this.#closed = true;
    this.#timer?.cancel();
    this.#dependencies.sender.close();
  }

  #tell(kind: 'start' | 'due' | 'reconfigured' | 'disable'): void {
    this.#step({ kind, nowMs: this.#dependencies.clock.nowMs(), draw: this.#dependencies.random.next() });
  }

  #step(event: BfdEvent): void {
    if (this.#closed) return;
    const { state, actions } = stepBfd(this.#session, event, this.#config);
    this.#session = state;
    for (const action of actions) this.#carryOut(action);
  }

  #carryOut(action: BfdAction): void {
    switch (action.kind) {
      case 'send':
        this.#dependencies.counting.sent(
          this.#settings.name,
          this.#dependencies.sender.send(this.#octetsOf(action.packet)),
        );
        return;
      case 'report': {
        const { state, diagnostic, remoteState } = action.report;
        this.#dependencies.changed({
          name: this.#settings.name,
          state,
          diagnostic,
          ...(remoteState === undefined ? {} : { remoteState }),
        });
        return;
      }
      case 'drop':
        this.#dependencies.counting.dropped(action.reason);
        return;
      case 'wake':
        this.#lookedAgain = false;
        this.#wakeAt(action.atMs);
        return;
      default:
        action satisfies never;
    }
  }

  #wakeAt(atMs: number | undefined): void {
    this.#timer?.cancel();
    if (atMs === undefined) return;
    this.#timer = this.#dependencies.timers.start(Math.max(0, atMs - this.#dependencies.clock.nowMs()), () =>
      this.#due(),
    );
  }

  /**
   * It may be this thread that was late, not the neighbour: what waits in the socket is read between two timers, and only then
   * silence is believed.
   */
  #due(): void {
    const { remote } = this.#session;
    if (remote !== undefined && remote.detectAtMs <= this.#dependencies.clock.nowMs() && !this.#lookedAgain) {
      this.#lookedAgain = true;
      this.#wakeAt(this.#dependencies.clock.nowMs() + LOOK_AGAIN_MS);
      return;
    }
    this.#tell('due');
  }

  #octetsOf(packet: BfdPacket): Uint8Array {
    if (this.#key === undefined) return encodeBfdPacket(packet);
    this.#sequence = (this.#sequence + 1) >>> 0;
    return signBfdPacket(packet, this.#key, this.#sequence, this.#dependencies.hash);
  }
}

function configOf(settings: BfdSessionSettings): BfdConfig {
  return {
    role: settings.passive ? 'passive' : 'active',
    desiredMinTxIntervalUs: settings.transmitIntervalMs * 1000,
    requiredMinRxIntervalUs: settings.receiveIntervalMs * 1000,
    detectMultiplier: settings.detectMultiplier,
  };
}

function rateOf({ receiveIntervalMs }: BfdSessionSettings): Rate {
  return { perSecond: (EXCESS * 1000) / (receiveIntervalMs * 0.75), burst: BURST };
}
