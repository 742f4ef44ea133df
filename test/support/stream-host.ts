import { loadLibc } from '../../src/adapters/linux/libc.ts';
import { TcpStreams } from '../../src/adapters/linux/tcp-streams.ts';
import type {
  ByteStream,
  ConnectAttempt,
  ConnectOptions,
  ListenOptions,
  StreamEnds,
  StreamHandler,
  StreamListener,
  StreamSettings,
} from '../../src/ports/stream-connector.ts';
import { inNamespace, throwLater } from './network-namespace.ts';

/** One end of a connection, with what it was told. */
export class RecordingEnd implements StreamHandler {
  stream: ByteStream | undefined;
  why: string | undefined;
  #text = '';

  get text(): string {
    return this.#text;
  }

  connected(stream: ByteStream): void {
    this.stream = stream;
  }

  received(octets: Uint8Array): void {
    this.#text += new TextDecoder().decode(octets);
  }

  sent(): void {}

  closed(why: string): void {
    this.why = why;
  }
}

const streams = new TcpStreams(loadLibc(throwLater));

/** Connects from inside a namespace. */
export function connectFrom(host: string, options: ConnectOptions): { end: RecordingEnd; attempt: ConnectAttempt } {
  const end = new RecordingEnd();
  return { end, attempt: inNamespace(host, () => streams.connect(options, end)) };
}

/** Listens inside a namespace, and takes whoever `settings` has settings for. */
export function listenAt(
  host: string,
  port: number,
  settings: (ends: StreamEnds) => StreamSettings | undefined,
): { listener: StreamListener; ends: RecordingEnd[]; asked: StreamEnds[] } {
  const ends: RecordingEnd[] = [];
  const asked: StreamEnds[] = [];
  const accept: ListenOptions['accept'] = (from) => {
    asked.push(from);
    const taken = settings(from);
    if (taken === undefined) return undefined;
    const end = new RecordingEnd();
    ends.push(end);
    return { ...taken, handler: end };
  };
  return { listener: inNamespace(host, () => streams.listen({ port, accept })), ends, asked };
}
