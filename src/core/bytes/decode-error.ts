/** Why bytes are no message: bounded, so that it may label a counter. */
export type DecodeErrorCode =
  | 'truncated'
  | 'trailing-bytes'
  | 'bad-length'
  | 'bad-value'
  | 'bad-checksum'
  /** Not made by who knows the key. */
  | 'unauthenticated';

/** Where and why a decoder stopped. The only error that a decoder throws. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code: DecodeErrorCode;
  /** The field in the words of its RFC. */
  readonly field: string;
  /** Octets from the start of the message. */
  readonly offset: number;

  constructor(code: DecodeErrorCode, field: string, offset: number) {
    super(`${code} at octet ${offset} (${field})`);
    this.code = code;
    this.field = field;
    this.offset = offset;
  }
}
