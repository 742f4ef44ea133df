const FIRST_CAPACITY = 64;

/**
 * Writes big-endian fields one after the other. A value that does not fit its field is a RangeError: a defect of the caller.
 * Without a DataView, as ByteReader.
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = FIRST_CAPACITY) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#bytes[at] = checked(value, 0xff);
    return this;
  }

  u16(value: number): this {
    this.#u16At(this.#grow(2), checked(value, 0xffff));
    return this;
  }

  u32(value: number): this {
    this.#u32At(this.#grow(4), checked(value, 0xffff_ffff));
    return this;
  }

  u64(value: bigint): this {
    if (BigInt.asUintN(64, value) !== value) throw new RangeError(`${value} does not fit 64 bits`);
    const at = this.#grow(8);
    this.#u32At(at, Number(value >> 32n));
    this.#u32At(at + 4, Number(value & 0xffff_ffffn));
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** Writes over a 16-bit field that was written before, for lengths and checksums known only at the end. */
  patchU16(offset: number, value: number): this {
    if (offset + 2 > this.#length) throw new RangeError(`octet ${offset} is not written yet`);
    this.#u16At(offset, checked(value, 0xffff));
    return this;
  }

  /** What was written, without a copy: valid until something else is. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins anew, in the same memory. */
  clear(): this {
    this.#length = 0;
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #u16At(at: number, value: number): void {
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
  }

  #u32At(at: number, value: number): void {
    this.#u16At(at, value >>> 16);
    this.#u16At(at + 2, value);
  }

  /** May replace the bytes: to be called before they are looked at. */
  #grow(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
    }
    return start;
  }
}

function checked(value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) throw new RangeError(`${value} is not within 0 to ${max}`);
  return value;
}
