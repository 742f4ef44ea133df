import { loadLibc } from '../../src/adapters/linux/libc.ts';
import { UdpSockets } from '../../src/adapters/linux/udp-sockets.ts';
import type { Ipv4 } from '../../src/core/net/index.ts';
import type { DatagramSocket } from '../../src/ports/datagrams.ts';
import { inNamespace, ip, throwLater } from '../../test/support/network-namespace.ts';

const PORT = 9000;
/** A probe that is not answered by then is lost. */
const LOST_AFTER_MS = 500;

const sockets = new UdpSockets(loadLibc(throwLater));

/** A service behind all addresses of one node: it sends back what it gets, and its node's name. */
export class EchoNode {
  readonly #socket: DatagramSocket;

  constructor(node: string) {
    const name = new TextEncoder().encode(node);
    this.#socket = inNamespace(node, () =>
      sockets.open({
        address: ANY,
        port: PORT,
        received: (octets, from) => this.#socket.send(Uint8Array.from([...octets.subarray(0, 4), ...name]), from),
      }),
    );
  }

  close(): void {
    this.#socket.close();
  }
}

interface Answer {
  readonly node: string;
  readonly atMs: number;
}

/** Sends a numbered probe at each tick, to one address after the other, and keeps note of what comes back. */
export class EchoClient implements AsyncDisposable {
  readonly #socket: DatagramSocket;
  readonly #timer: NodeJS.Timeout;
  /** When each probe without an answer was sent, by number. BOUNDED: by LOST_AFTER_MS. */
  readonly #open = new Map<number, number>();
  /** BOUNDED: by the length of the benchmark. */
  readonly #answers: Answer[] = [];
  #number = 0;
  /** Probes that were not answered in time. */
  lost = 0;

  private constructor(host: string, addresses: readonly Ipv4[], everyMs: number) {
    this.#socket = inNamespace(host, () =>
      sockets.open({ address: ANY, port: PORT, received: (octets) => this.#answered(octets) }),
    );
    this.#timer = setInterval(() => this.#probe(addresses), everyMs);
  }

  static async start(host: string, addresses: readonly Ipv4[], everyMs: number): Promise<EchoClient> {
    // What it believes moves as on any host: by claims and by its own probes.
    await ip(`-n ${host} neigh flush all`);
    return new EchoClient(host, addresses, everyMs);
  }

  /** Whether an answer came in the last so many ms. */
  answeredWithin(ms: number): boolean {
    return (this.#answers.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) > performance.now() - ms;
  }

  /** @returns when the first answer came after a moment that is not of this node, as performance.now() */
  async answerAfter(fromMs: number, node: string, withinMs: number): Promise<number> {
    for (const endMs = performance.now() + withinMs; performance.now() < endMs; ) {
      const answer = this.#answers.findLast(({ atMs }) => atMs > fromMs);
      const first =
        answer === undefined ? undefined : this.#answers.find((each) => each.atMs > fromMs && each.node !== node);
      if (first !== undefined) return first.atMs;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error(`nobody but ${node} answered within ${withinMs / 1000} s`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #probe(addresses: readonly Ipv4[]): void {
    const nowMs = performance.now();
    for (const [number, sentAtMs] of this.#open) {
      if (sentAtMs > nowMs - LOST_AFTER_MS) break;
      this.#open.delete(number);
      this.lost += 1;
    }
    this.#number += 1;
    this.#open.set(this.#number, nowMs);
    const octets = new Uint8Array(4);
    new DataView(octets.buffer).setUint32(0, this.#number);
    this.#socket.send(octets, addresses[this.#number % addresses.length] ?? ANY);
  }

  #answered(octets: Uint8Array): void {
    const number = new DataView(octets.buffer, octets.byteOffset).getUint32(0);
    if (!this.#open.delete(number)) return;
    this.#answers.push({ node: new TextDecoder().decode(octets.subarray(4)), atMs: performance.now() });
  }
}

const ANY = 0 as Ipv4;
