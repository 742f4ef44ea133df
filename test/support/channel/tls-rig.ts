import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientDuplexStream, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';
import { type Authority, issueServerCertificate, makeAuthority } from '../../../src/adapters/grpc/certificates.ts';
import type { ControllerFrame } from '../../../src/adapters/grpc/controller-frames.ts';
import { GrpcControllerLink } from '../../../src/adapters/grpc/controller-link.ts';
import { ServerIdentity } from '../../../src/adapters/grpc/server-identity.ts';
import { sessionMethod } from '../../../src/adapters/grpc/session-method.ts';
import type { SpeakerFrame } from '../../../src/adapters/grpc/speaker-frames.ts';
import { GrpcSpeakerServer, type SpeakerServerOptions } from '../../../src/adapters/grpc/speaker-server.ts';
import type { MalformedFrame } from '../../../src/adapters/grpc/wire-values.ts';
import { systemRandom, systemTime } from '../../../src/cli/system-time.ts';
import type {
  ControllerLinkHandler,
  ControllerMessage,
  SpeakerMessage,
  SpeakerSessionHandler,
  TokenVerdict,
  TokenVerifier,
} from '../../../src/ports/channel.ts';
import { RecordingLog, RecordingMetrics } from '../recording-telemetry.ts';

export const SERVER_NAME = 'heraldlb-controller.heraldlb-system.svc';
const HOUR_MS = 3_600_000;

export function validNow(lifetimeMs = HOUR_MS): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + lifetimeMs) };
}

/** Says yes to `token-of-NODE`, or whatever `verdicts` holds for a token. */
export class FakeVerifier implements TokenVerifier {
  readonly verdicts = new Map<string, TokenVerdict>();
  readonly asked: string[] = [];

  verify(token: string): Promise<TokenVerdict> {
    this.asked.push(token);
    const nodeName = /^token-of-(.+)$/.exec(token)?.[1];
    const known: TokenVerdict =
      nodeName === undefined
        ? { kind: 'refused', reason: 'unknown token' }
        : { kind: 'accepted', identity: { nodeName, podName: 'speaker-1', podUid: 'uid-1', remainingMs: HOUR_MS } };
    return Promise.resolve(this.verdicts.get(token) ?? known);
  }
}

export function helloOf(nodeName: string, instanceId = 'instance-1'): Extract<SpeakerMessage, { kind: 'hello' }> {
  return { kind: 'hello', nodeName, instanceId, version: 'test', interfaces: [], claims: [] };
}

type RawStream = ClientDuplexStream<SpeakerFrame | MalformedFrame, ControllerFrame | MalformedFrame>;

/** A bare gRPC client: what it writes is what the test wants, right or wrong. */
export interface RawSpeaker {
  readonly stream: RawStream;
  readonly received: (ControllerFrame | MalformedFrame)[];
  readonly status: Promise<StatusObject>;
}

export interface Rig extends AsyncDisposable {
  readonly port: number;
  readonly authority: Authority;
  readonly identity: ServerIdentity;
  readonly server: GrpcSpeakerServer;
  readonly verifier: FakeVerifier;
  readonly metrics: RecordingMetrics;
  readonly log: RecordingLog;
  readonly directory: string;
  /** Ends leadership. */
  readonly leading: AbortController;
  serve(handler: SpeakerSessionHandler): void;
  raw(token: string | undefined, options?: { readonly metadata?: Record<string, string> }): RawSpeaker;
  /** A raw speaker whose messages are bytes. */
  rawBytes(token: string, ...messages: readonly Uint8Array[]): Promise<StatusObject>;
  /** The other server is known by this one's CA from now on. */
  shareAuthorityWith(other: Rig): void;
  /** A CA bundle and a token of the node. */
  filesFor(nodeName: string): Promise<{ readonly caBundlePath: string; readonly tokenPath: string }>;
  link(nodeName: string, handler: ControllerLinkHandler, signal: AbortSignal): Promise<GrpcControllerLink>;
}

/** A speaker server on loopback with real TLS, and ways to dial it. */
export async function startRig(options: Partial<SpeakerServerOptions> = {}): Promise<Rig> {
  const stopping = new AbortController();
  const leading = new AbortController();
  const directory = await mkdtemp(join(tmpdir(), 'heraldlb-grpc-'));
  const authority = makeAuthority('Test CA', validNow());
  const identity = new ServerIdentity();
  identity.use(issueServerCertificate(authority, SERVER_NAME, validNow()));
  const [verifier, metrics, log] = [new FakeVerifier(), new RecordingMetrics(), new RecordingLog()];
  const server = new GrpcSpeakerServer(
    { host: '127.0.0.1', ...options },
    { identity, verifier, timers: systemTime, log, metrics },
  );
  const port = await server.listen(stopping.signal);
  const caBundlePath = join(directory, 'ca.crt');
  await writeFile(caBundlePath, authority.certificate);
  const clients: Client[] = [];

  const connect = (): Client => {
    const client = new Client(`127.0.0.1:${port}`, credentials.createSsl(Buffer.from(authority.certificate)), {
      'grpc.ssl_target_name_override': SERVER_NAME,
      'grpc.use_local_subchannel_pool': 1,
    });
    clients.push(client);
    return client;
  };
  const metadataOf = (token: string | undefined, more: Record<string, string> = {}): Metadata => {
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    for (const [key, value] of Object.entries(more)) metadata.set(key, value);
    return metadata;
  };
  const statusOf = (stream: NodeJS.EventEmitter): Promise<StatusObject> => {
    stream.on('error', () => undefined);
    return new Promise((resolve) => stream.on('status', resolve));
  };

  const filesFor = async (nodeName: string) => {
    const tokenPath = join(directory, `token-${nodeName}`);
    await writeFile(tokenPath, `token-of-${nodeName}\n`);
    return { caBundlePath, tokenPath };
  };

  return {
    port,
    authority,
    identity,
    server,
    verifier,
    metrics,
    log,
    directory,
    leading,
    serve: (handler) => server.serve(handler, leading.signal),
    raw: (token, { metadata } = {}) => {
      const { path, requestSerialize, responseDeserialize } = sessionMethod;
      const stream = connect().makeBidiStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        metadataOf(token, metadata),
      );
      const received: (ControllerFrame | MalformedFrame)[] = [];
      stream.on('data', (frame: ControllerFrame | MalformedFrame) => received.push(frame));
      return { stream, received, status: statusOf(stream) };
    },
    rawBytes: (token, ...messages) => {
      const bytes = (value: Uint8Array): Buffer => Buffer.from(value);
      const stream = connect().makeBidiStreamRequest(sessionMethod.path, bytes, bytes, metadataOf(token));
      const status = statusOf(stream);
      stream.on('data', () => undefined);
      for (const message of messages) stream.write(message);
      return status;
    },
    shareAuthorityWith: (other) => other.identity.use(issueServerCertificate(authority, SERVER_NAME, validNow())),
    filesFor,
    link: async (nodeName, handler, signal) => {
      const { tokenPath } = await filesFor(nodeName);
      const link = new GrpcControllerLink(
        { target: `127.0.0.1:${port}`, serverName: SERVER_NAME, caBundlePath, tokenPath, tokenCheckMs: 50 },
        { clock: systemTime, timers: systemTime, random: systemRandom, log, metrics },
      );
      void link.start(handler, signal);
      return link;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      for (const client of clients) client.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A speaker's handler that keeps what it is told. */
export class RecordingLinkHandler implements ControllerLinkHandler {
  readonly messages: ControllerMessage[] = [];
  readonly connections: boolean[] = [];
  readonly #nodeName: string;
  readonly #instanceId: string;

  constructor(nodeName: string, instanceId = 'instance-1') {
    this.#nodeName = nodeName;
    this.#instanceId = instanceId;
  }

  hello(): Extract<SpeakerMessage, { kind: 'hello' }> {
    return helloOf(this.#nodeName, this.#instanceId);
  }

  received(message: ControllerMessage): void {
    this.messages.push(message);
  }

  connected(connected: boolean): void {
    this.connections.push(connected);
  }
}
