import type { ControllerMessage, SessionEnd, SpeakerSession } from '../../ports/channel.ts';
import type { Counter } from '../../ports/metrics.ts';
import type { Timer, Timers } from '../../ports/time.ts';
import type { GrantOutbox } from './grant-outbox.ts';
import type { Surroundings } from './surroundings.ts';

export interface SessionLineOptions {
  /** Each end says something at least this often. */
  readonly heartbeatIntervalMs: number;
  /** A speaker that does not ack for so long is too slow, and starts anew. */
  readonly ackTimeoutMs: number;
  /** Addresses in one delta. */
  readonly deltaLimit: number;
}

export interface SessionLineDependencies {
  readonly session: SpeakerSession;
  readonly outbox: GrantOutbox;
  readonly surroundings: Surroundings;
  readonly timers: Timers;
  readonly updates: Counter<'kind'>;
}

/** What is told on one session, in which order and at the pace of the speaker: the next update waits for the ack of the last. */
export class SessionLine {
  readonly #options: SessionLineOptions;
  readonly #dependencies: SessionLineDependencies;
  /** The snapshot is sent: only then do deltas mean anything. */
  #begun = false;
  /** False between a send that filled the transport and its drain. */
  #writable = true;
  #heartbeat: Timer | undefined;
  /** Runs while an update is not acked. */
  #patience: Timer | undefined;

  constructor(options: SessionLineOptions, dependencies: SessionLineDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    const { heartbeatIntervalMs } = options;
    this.#send({ kind: 'welcome', heartbeatIntervalMs });
    this.#beat(heartbeatIntervalMs);
  }

  get session(): SpeakerSession {
    return this.#dependencies.session;
  }

  /** Tells the node all that it is to have: from now on what it was told before is void. */
  begin(): void {
    this.#begun = true;
    this.#dependencies.surroundings.begin();
    this.#tellSurroundings();
    this.#update(this.#dependencies.outbox.snapshot());
  }

  /** Tells what changed, as soon as the speaker is ready for it. */
  flush(): void {
    const { outbox } = this.#dependencies;
    if (!this.#begun || !this.#writable || outbox.awaited !== undefined) return;
    this.#tellSurroundings();
    const delta = outbox.delta(this.#options.deltaLimit);
    if (delta !== undefined) this.#update(delta);
  }

  drained(): void {
    this.#writable = true;
    this.flush();
  }

  acked(revision: number): void {
    const known = this.#dependencies.outbox.acked(revision);
    if (known === undefined) {
      this.session.close('protocol-error', `ack of revision ${revision}, which was never sent`);
      return;
    }
    if (!known) return;
    this.#patience?.cancel();
    this.flush();
  }

  /** Says something that is no state, if there is room. False: it was not said. */
  say(message: Extract<ControllerMessage, { kind: 'probe' | 'reclaim' }>): boolean {
    if (!this.#begun || !this.#writable) return false;
    this.#send(message);
    return true;
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#heartbeat?.cancel();
    this.#patience?.cancel();
  }

  close(end: SessionEnd, detail: string): void {
    this.stop();
    this.session.close(end, detail);
  }

  #tellSurroundings(): void {
    for (const message of this.#dependencies.surroundings.take()) this.#send(message);
  }

  #update(update: Extract<ControllerMessage, { kind: 'snapshot' | 'delta' }>): void {
    const { timers, updates } = this.#dependencies;
    updates.add({ kind: update.kind });
    this.#patience?.cancel();
    const { ackTimeoutMs } = this.#options;
    this.#patience = timers.start(ackTimeoutMs, () =>
      this.session.close('too-slow', `no ack of revision ${update.revision} for ${ackTimeoutMs} ms`),
    );
    this.#send(update);
  }

  #send(message: ControllerMessage): void {
    this.#writable = this.session.send(message);
  }

  #beat(intervalMs: number): void {
    this.#heartbeat = this.#dependencies.timers.start(intervalMs, () => {
      this.#beat(intervalMs);
      if (this.#writable) this.#send({ kind: 'heartbeat' });
    });
  }
}
