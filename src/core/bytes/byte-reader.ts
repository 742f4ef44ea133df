import { DecodeError } from './decode-error.ts';

/**
 * Reads big-endian fields off a message, front to back. Every read is checked: past the end it throws DecodeError `truncated`.
 * Without a DataView, whose making costs more than all reads of a short message.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #base: number;
  #at = 0;

  /** @param base offset of `bytes` in the whole message, so that errors of a sub-reader name the true octet. */
  constructor(bytes: Uint8Array, base = 0) {
    this.#bytes = bytes;
    this.#base = base;
  }

  /** Octets from the start of the whole message. */
  get offset(): number {
    return this.#base + this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(field: string): number {
    return this.#octet(this.#take(1, field));
  }

  /** The next octet, which stays to be read; undefined at the end. */
  peekU8(): number | undefined {
    return this.#bytes[this.#at];
  }

  u16(field: string): number {
    const at = this.#take(2, field);
    return (this.#octet(at) << 8) | this.#octet(at + 1);
  }

  u32(field: string): number {
    return this.#u32At(this.#take(4, field));
  }

  u64(field: string): bigint {
    const at = this.#take(8, field);
    return (BigInt(this.#u32At(at)) << 32n) | BigInt(this.#u32At(at + 4));
  }

  /** A view of the next `length` octets: it shares memory with the message. */
  bytes(length: number, field: string): Uint8Array {
    const start = this.#take(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  /** Passes over the next `length` octets, without a view of them. */
  skip(length: number, field: string): void {
    this.#take(length, field);
  }

  /** A reader of just the next `length` octets, for a part that says its own length. */
  sub(length: number, field: string): ByteReader {
    const base = this.offset;
    return new ByteReader(this.bytes(length, field), base);
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining, 'rest');
  }

  /** @throws DecodeError `trailing-bytes` when something is left. */
  expectEnd(field: string): void {
    if (this.remaining > 0) throw new DecodeError('trailing-bytes', field, this.offset);
  }

  fail(field: string): DecodeError {
    return new DecodeError('bad-value', field, this.offset);
  }

  #u32At(at: number): number {
    const low = (this.#octet(at + 1) << 16) | (this.#octet(at + 2) << 8) | this.#octet(at + 3);
    return this.#octet(at) * 0x100_0000 + low;
  }

  #octet(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  #take(length: number, field: string): number {
    if (length < 0 || length > this.remaining) throw new DecodeError('truncated', field, this.offset);
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
