import { Server } from '@grpc/grpc-js';
import type {
  SessionEnd,
  SpeakerIdentity,
  SpeakerServer,
  SpeakerSessionHandler,
  TokenVerifier,
} from '../../ports/channel.ts';
import type { Log } from '../../ports/log.ts';
import type { Counter, Metrics } from '../../ports/metrics.ts';
import type { Timers } from '../../ports/time.ts';
import { Listener } from './listener.ts';
import { REFUSED_SESSIONS } from './metrics.ts';
import type { ServerIdentity } from './server-identity.ts';
import { statusOf } from './session-end.ts';
import { MAX_MESSAGE_BYTES, sessionMethod } from './session-method.ts';
import type { SpeakerFrame } from './speaker-frames.ts';
import { type SessionCall, SpeakerStream } from './speaker-stream.ts';
import type { MalformedFrame } from './wire-values.ts';

export interface SpeakerServerOptions {
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** Above it, connections are dropped unanswered. */
  readonly maxConnections: number;
  /** Time from the first octet of a call to its hello. */
  readonly helloTimeoutMs: number;
  /** How long a session outlives its token, waiting for a fresh one. */
  readonly tokenGraceMs: number;
}

export const DEFAULT_SPEAKER_SERVER_OPTIONS: SpeakerServerOptions = {
  host: '::',
  port: 0,
  maxConnections: 4096,
  helloTimeoutMs: 5_000,
  tokenGraceMs: 60_000,
};

export interface SpeakerServerDependencies {
  readonly identity: ServerIdentity;
  readonly verifier: TokenVerifier;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
}

type Hello = Extract<SpeakerFrame, { kind: 'hello' }>;

/** Time for far ends that read to get their status when the process stops. */
const STOP_MS = 500;

/** The gRPC side of `SpeakerServer`: who may speak for which node. What a session is good for, the handler decides. */
export class GrpcSpeakerServer implements SpeakerServer {
  readonly #options: SpeakerServerOptions;
  readonly #dependencies: SpeakerServerDependencies;
  readonly #refused: Counter<'reason'>;
  /** Sessions with their handler. BOUNDED: by maxConnections, times the streams of a connection. */
  readonly #streams = new Set<SpeakerStream>();
  #listener: Listener | undefined;
  #handler: SpeakerSessionHandler | undefined;
  #stopping = false;

  constructor(options: Partial<SpeakerServerOptions>, dependencies: SpeakerServerDependencies) {
    this.#options = { ...DEFAULT_SPEAKER_SERVER_OPTIONS, ...options };
    this.#dependencies = dependencies;
    this.#refused = dependencies.metrics.counter(REFUSED_SESSIONS);
  }

  /** Connections of now, with a session or not. */
  get connections(): number {
    return this.#listener?.connections ?? 0;
  }

  async listen(signal: AbortSignal): Promise<number> {
    const server = new Server({
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_concurrent_streams': 2,
    });
    const injector = server.createConnectionInjector(this.#dependencies.identity);
    const listener = new Listener(this.#options, (socket) => injector.injectConnection(socket));
    server.addService(
      { Session: sessionMethod },
      {
        Session: (call: SessionCall) => this.#accept(call, () => listener.cut(call.getPeer())),
      },
    );
    this.#listener = listener;
    const port = await listener.bind();
    signal.addEventListener(
      'abort',
      () => {
        this.#stopping = true;
        listener.close();
        this.#closeAll('shutting-down', 'the controller stops');
        this.#dependencies.timers.start(STOP_MS, () => {
          listener.cutAll();
          server.forceShutdown();
        });
      },
      { once: true },
    );
    return port;
  }

  serve(handler: SpeakerSessionHandler, signal: AbortSignal): void {
    this.#handler = handler;
    signal.addEventListener(
      'abort',
      () => {
        if (this.#handler === handler) this.#handler = undefined;
        this.#closeAll('not-leader', 'another replica leads');
      },
      { once: true },
    );
  }

  #closeAll(end: SessionEnd, detail: string): void {
    for (const stream of [...this.#streams]) stream.close(end, detail);
  }

  #accept(call: SessionCall, cut: () => void): void {
    const refuse = (end: SessionEnd, detail: string): void => {
      this.#refused.add({ reason: end });
      this.#dependencies.log.info('speaker-refused', { peer: call.getPeer(), reason: end, detail });
      call.emit('error', statusOf(end, detail));
      this.#dependencies.timers.start(STOP_MS, cut);
    };
    // Without a listener, an error of the stream would end the process.
    call.on('error', () => undefined);
    const handler = this.#handler;
    if (this.#stopping) {
      refuse('shutting-down', 'the controller stops');
      return;
    }
    if (handler === undefined) {
      refuse('not-leader', 'this replica does not lead');
      return;
    }
    const token = bearerToken(call);
    if (token === undefined) {
      refuse('unauthenticated', 'no bearer token');
      return;
    }
    void this.#open({ call, token, handler, cut }, refuse);
  }

  async #open(
    {
      call,
      token,
      handler,
      cut,
    }: { call: SessionCall; token: string; handler: SpeakerSessionHandler; cut: () => void },
    refuse: (end: SessionEnd, detail: string) => void,
  ): Promise<void> {
    const verdict = await this.#dependencies.verifier.verify(token);
    if (call.cancelled) return;
    if (verdict.kind === 'unverifiable') return refuse('unverifiable', verdict.reason);
    if (verdict.kind === 'refused') return refuse('unauthenticated', verdict.reason);
    if (verdict.kind === 'forbidden') return refuse('permission-denied', verdict.reason);
    const { identity } = verdict;
    let stream: SpeakerStream | undefined;
    let over = false;
    const end = (reason: SessionEnd, detail: string): void => {
      if (over) return;
      over = true;
      refuse(reason, detail);
    };
    const deadline = this.#dependencies.timers.start(this.#options.helloTimeoutMs, () =>
      end('silent', 'no hello in time'),
    );
    call.on('data', (frame: SpeakerFrame | MalformedFrame) => {
      if (over) return;
      if (stream !== undefined) return stream.receive(frame);
      deadline.cancel();
      if (this.#handler !== handler) return end('not-leader', 'this replica does not lead');
      const hello = helloOf(frame);
      if (hello === undefined) return end('protocol-error', protocolError(frame));
      if (hello.nodeName !== identity.nodeName) return end('permission-denied', wrongNode(hello, identity));
      stream = this.#opened(call, { identity, token, handler, cut });
      handler.opened(stream, hello);
    });
    const gone = (): void => {
      over = true;
      deadline.cancel();
      stream?.finish('transport');
    };
    call.on('cancelled', gone);
    call.on('end', () => {
      gone();
      call.end();
    });
    call.on('error', gone);
  }

  #opened(
    call: SessionCall,
    opening: { identity: SpeakerIdentity; token: string; handler: SpeakerSessionHandler; cut: () => void },
  ): SpeakerStream {
    const { identity, token, cut, handler } = opening;
    const streams = this.#streams;
    const stream = new SpeakerStream(
      call,
      { identity, token, tokenGraceMs: this.#options.tokenGraceMs },
      {
        verifier: this.#dependencies.verifier,
        timers: this.#dependencies.timers,
        cut,
        handler: {
          opened: (session, hello) => handler.opened(session, hello),
          received: (session, message) => handler.received(session, message),
          drained: (session) => handler.drained(session),
          closed: (session, end) => {
            streams.delete(stream);
            handler.closed(session, end);
          },
        },
      },
    );
    streams.add(stream);
    return stream;
  }
}

function bearerToken(call: SessionCall): string | undefined {
  const [value] = call.metadata.get('authorization');
  return typeof value === 'string' ? /^Bearer ([\x21-\x7e]+)$/i.exec(value)?.[1] : undefined;
}

function helloOf(frame: SpeakerFrame | MalformedFrame): Hello | undefined {
  return frame.kind === 'hello' ? frame : undefined;
}

function protocolError(frame: SpeakerFrame | MalformedFrame): string {
  return frame.kind === 'malformed' ? frame.reason : `the first message is ${frame.kind}, not hello`;
}

function wrongNode(hello: Hello, identity: SpeakerIdentity): string {
  return `the token is of node ${identity.nodeName}, the hello of ${hello.nodeName}`;
}
