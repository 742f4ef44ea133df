import { createSecureContext } from 'node:tls';
import { Client, type ClientDuplexStream, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';
import type { ControllerLinkHandler, SessionEnd } from '../../ports/channel.ts';
import { messageOf } from '../../ports/error-message.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import type { ControllerFrame } from './controller-frames.ts';
import { sessionEndOf } from './session-end.ts';
import { MAX_MESSAGE_BYTES, sessionMethod } from './session-method.ts';
import { SnapshotAssembly } from './snapshot-parts.ts';
import type { SpeakerFrame } from './speaker-frames.ts';
import type { MalformedFrame } from './wire-values.ts';

export interface LinkSessionOptions {
  readonly target: string;
  readonly serverName: string;
  readonly ca: Buffer;
  readonly token: string;
  readonly welcomeTimeoutMs: number;
  readonly missedHeartbeats: number;
}

export interface LinkOutcome {
  readonly welcomed: boolean;
  readonly end: SessionEnd;
  readonly detail: string;
}

export interface LinkSessionHandler extends ControllerLinkHandler {
  /** What of a message was left out, and why. */
  refused(parts: readonly string[]): void;
}

type SessionStream = ClientDuplexStream<SpeakerFrame | MalformedFrame, ControllerFrame | MalformedFrame>;

/** Messages that may wait for a controller that does not read; the next hello says it all anyway. */
const MAX_UNSENT = 256;

/** One dial and, if all goes well, one session. */
export class LinkSession {
  readonly #options: LinkSessionOptions;
  readonly #time: { readonly clock: Clock; readonly timers: Timers };
  readonly #handler: LinkSessionHandler;
  #stream: SessionStream | undefined;
  #welcomed = false;
  #heardAtMs = 0;
  #watch: Timer | undefined;
  #heartbeat: Timer | undefined;
  readonly #snapshots = new SnapshotAssembly();
  /** Why we ended it ourselves. */
  #verdict: { readonly end: SessionEnd; readonly detail: string } | undefined;

  constructor(
    options: LinkSessionOptions,
    time: { readonly clock: Clock; readonly timers: Timers },
    handler: LinkSessionHandler,
  ) {
    this.#options = options;
    this.#time = time;
    this.#handler = handler;
  }

  /** Resolves when the session is over, whoever ended it. Never rejects. */
  async run(signal: AbortSignal): Promise<LinkOutcome> {
    let client: Client;
    try {
      client = this.#connect();
    } catch (error) {
      return { welcomed: false, end: 'transport', detail: `the CA bundle is unusable: ${String(error)}` };
    }
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${this.#options.token}`);
    const { path, requestSerialize, responseDeserialize } = sessionMethod;
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, {});
    this.#stream = stream;
    const abort = (): void => this.#end('shutting-down', 'the speaker stops');
    signal.addEventListener('abort', abort, { once: true });
    this.#watch = this.#time.timers.start(this.#options.welcomeTimeoutMs, () =>
      this.#end('silent', 'no welcome in time'),
    );
    stream.on('data', (frame: ControllerFrame | MalformedFrame) => this.#receive(frame));
    stream.write(this.#handler.hello());
    const status = await new Promise<StatusObject>((resolve) => {
      stream.on('error', () => undefined);
      stream.on('status', resolve);
    });
    signal.removeEventListener('abort', abort);
    this.#watch.cancel();
    this.#heartbeat?.cancel();
    this.#stream = undefined;
    client.close();
    if (this.#welcomed) this.#handler.connected(false);
    const end = this.#verdict?.end ?? sessionEndOf(status.details);
    return { welcomed: this.#welcomed, end, detail: this.#verdict?.detail ?? status.details };
  }

  send(frame: Exclude<SpeakerFrame, { kind: 'hello' }>): void {
    if (this.#stream === undefined || this.#verdict !== undefined) return;
    if (this.#stream.writableLength >= MAX_UNSENT) {
      this.#end('too-slow', 'the controller does not read');
      return;
    }
    this.#stream.write(frame);
  }

  #connect(): Client {
    const { ca, serverName, target } = this.#options;
    const context = createSecureContext({ ca, minVersion: 'TLSv1.3' });
    return new Client(target, credentials.createFromSecureContext(context), {
      'grpc.ssl_target_name_override': serverName,
      'grpc.default_authority': serverName,
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      // A dial is a new connection: with the certificates of now, to whoever leads now.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.enable_retries': 0,
    });
  }

  #receive(frame: ControllerFrame | MalformedFrame): void {
    if (this.#verdict !== undefined) return;
    this.#heardAtMs = this.#time.clock.nowMs();
    if (frame.kind === 'malformed') {
      this.#end('protocol-error', frame.reason);
      return;
    }
    if (frame.kind === 'welcome') {
      this.#welcome(frame.heartbeatIntervalMs);
      return;
    }
    if (!this.#welcomed) {
      this.#end('protocol-error', `the first message is ${frame.kind}, not welcome`);
      return;
    }
    if (frame.kind === 'heartbeat') return;
    if ('refused' in frame) this.#handler.refused(frame.refused);
    const message = this.#wholeOf(frame);
    if (message !== undefined) this.#handler.received(message);
  }

  #wholeOf(frame: Parameters<SnapshotAssembly['add']>[0]): ReturnType<SnapshotAssembly['add']> {
    try {
      return this.#snapshots.add(frame);
    } catch (error) {
      this.#end('protocol-error', messageOf(error));
      return undefined;
    }
  }

  #welcome(intervalMs: number): void {
    if (this.#welcomed) {
      this.#end('protocol-error', 'a second welcome');
      return;
    }
    this.#welcomed = true;
    this.#watch?.cancel();
    this.#expectWithin(intervalMs * this.#options.missedHeartbeats, intervalMs);
    this.#beat(intervalMs);
    this.#handler.connected(true);
  }

  #beat(intervalMs: number): void {
    this.#heartbeat = this.#time.timers.start(intervalMs, () => {
      this.#beat(intervalMs);
      if (this.#stream?.writableNeedDrain === false) this.send({ kind: 'heartbeat' });
    });
  }

  /** Looks for silence. A timer that fires late means that we slept ourselves: what was said meanwhile is not read yet. */
  #expectWithin(delayMs: number, intervalMs: number): void {
    const dueMs = this.#time.clock.nowMs() + delayMs;
    this.#watch = this.#time.timers.start(delayMs, () => {
      const nowMs = this.#time.clock.nowMs();
      const silentForMs = nowMs - this.#heardAtMs;
      const deadAfterMs = intervalMs * this.#options.missedHeartbeats;
      if (nowMs - dueMs > intervalMs) return this.#expectWithin(intervalMs, intervalMs);
      if (silentForMs >= deadAfterMs) return this.#end('silent', `no message for ${Math.round(silentForMs)} ms`);
      this.#expectWithin(deadAfterMs - silentForMs, intervalMs);
    });
  }

  #end(end: SessionEnd, detail: string): void {
    if (this.#verdict !== undefined) return;
    this.#verdict = { end, detail };
    this.#stream?.cancel();
  }
}
