import { ECHO_WINDOW, entryLength, type HelloEcho } from '../../codec/hello/index.ts';
import type { IpAddress } from '../../net/index.ts';

/** A hello has room for no more. */
const MAX_ENTRIES = 255;
/** Intervals after which entries are sent again when nothing acknowledges them. */
const RESEND_AFTER_INTERVALS = 2;

interface Flight {
  readonly addresses: readonly IpAddress[];
  readonly sentMs: number;
}

/** What one neighbour has yet to hear of this node's holdings: each address until a hello that named it is acknowledged. */
export class Outbox {
  /** BOUNDED: by the addresses of this node. */
  readonly #waiting = new Set<IpAddress>();
  /** Under way, by the sequence of their hello. BOUNDED: as many as an echo can acknowledge. */
  readonly #flights = new Map<number, Flight>();
  readonly #resendAfterMs: number;
  #exchange = 0;

  constructor(intervalMs: number) {
    this.#resendAfterMs = RESEND_AFTER_INTERVALS * intervalMs;
  }

  get exchange(): number {
    return this.#exchange;
  }

  /** True when another hello has something to say. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0 && this.#flights.size < ECHO_WINDOW;
  }

  /** Begins a full exchange. */
  restart(held: Iterable<IpAddress>): void {
    this.#exchange = (this.#exchange + 1) % 0x1_0000;
    this.#flights.clear();
    this.#waiting.clear();
    for (const address of held) this.#waiting.add(address);
  }

  changed(address: IpAddress): void {
    this.#waiting.add(address);
  }

  /** Takes what fits into the hello of this sequence. */
  fill(hello: { readonly sequence: number; readonly room: number }, nowMs: number): IpAddress[] {
    for (const [sequence, { sentMs }] of this.#flights) {
      if (nowMs - sentMs >= this.#resendAfterMs) this.#lose(sequence);
    }
    const addresses: IpAddress[] = [];
    if (this.#flights.size >= ECHO_WINDOW) return addresses;
    let { room } = hello;
    for (const address of this.#waiting) {
      room -= entryLength(address);
      if (room < 0 || addresses.length === MAX_ENTRIES) break;
      this.#waiting.delete(address);
      addresses.push(address);
    }
    if (addresses.length > 0) this.#flights.set(hello.sequence, { addresses, sentMs: nowMs });
    return addresses;
  }

  acknowledged(echo: HelloEcho): void {
    for (const sequence of this.#flights.keys()) {
      const place = echo.sequence - sequence;
      if (place < 0) continue;
      if (place < ECHO_WINDOW && ((echo.accepted >>> place) & 1) === 1) this.#flights.delete(sequence);
      else this.#lose(sequence);
    }
  }

  #lose(sequence: number): void {
    for (const address of this.#flights.get(sequence)?.addresses ?? []) this.#waiting.add(address);
    this.#flights.delete(sequence);
  }
}
