import { HEADER_LENGTH } from './constants.ts';
import { BEFORE_OPEN } from './context.ts';
import { readHeader } from './header.ts';

/**
 * Cuts the octets of a connection into messages. What comes in one chunk is cut out of it without a copy; only what is spread over
 * two or more is put together.
 */
export class MessageFramer {
  /** Longest message that is taken, in octets: set it when the OPENs have agreed. */
  maxLength = BEFORE_OPEN.maxReceivedLength;
  /** BOUNDED: by the reads that the owner pushes before it has asked `next` for everything; else by one message. */
  #rest: Uint8Array = new Uint8Array();

  push(chunk: Uint8Array): void {
    if (this.#rest.length === 0) {
      this.#rest = chunk;
      return;
    }
    const joined = new Uint8Array(this.#rest.length + chunk.length);
    joined.set(this.#rest);
    joined.set(chunk, this.#rest.length);
    this.#rest = joined;
  }

  /**
   * The next whole message, or undefined when there is none yet. It shares memory with the chunk that was pushed.
   * @throws BgpError 1/1, 1/2 or 1/3 as soon as the header shows it. Nothing after it can be read.
   */
  next(): Uint8Array | undefined {
    if (this.#rest.length < HEADER_LENGTH) return undefined;
    const { length } = readHeader(this.#rest, this.maxLength);
    if (this.#rest.length < length) return undefined;
    const message = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return message;
  }
}
