const BLOCK_OCTETS = 64;
const ROUNDS = 64;
const DIGEST_OCTETS = 32;
/** A message ends with one octet 0x80 and its length in 8 octets. @see FIPS 180-4 §5.1.1 */
const LEAST_PADDING = 1 + 8;

/**
 * HMAC-SHA256 by one key. In JavaScript because whoever calls it a few times between two rests waits longer for the memory of a
 * large library than for the arithmetic. Takes as long for every key and every message of one length.
 * @see RFC 2104 §2, FIPS 180-4 §6.2
 */
export class HmacSha256 {
  /** What the first block, which is the same for all messages, leaves behind. */
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;
  readonly #state = new Int32Array(INITIAL_STATE);
  readonly #schedule = new Int32Array(ROUNDS);
  readonly #tail = new Uint8Array(2 * BLOCK_OCTETS);

  constructor(key: Uint8Array) {
    const short = key.length > BLOCK_OCTETS ? this.#digest(INITIAL_STATE, key, 0) : key;
    this.#inner = this.#afterPad(short, 0x36);
    this.#outer = this.#afterPad(short, 0x5c);
  }

  /** 32 octets. */
  digest(octets: Uint8Array): Uint8Array {
    return this.#digest(this.#outer, this.#digest(this.#inner, octets, BLOCK_OCTETS), BLOCK_OCTETS);
  }

  #afterPad(key: Uint8Array, pad: number): Int32Array {
    const block = new Uint8Array(BLOCK_OCTETS).fill(pad);
    for (let at = 0; at < key.length; at += 1) block[at] = pad ^ (key[at] ?? 0);
    this.#state.set(INITIAL_STATE);
    this.#compress(block, 0);
    return this.#state.slice();
  }

  /** @param before octets that made the state */
  #digest(state: Int32Array, octets: Uint8Array, before: number): Uint8Array {
    this.#state.set(state);
    const whole = octets.length - (octets.length % BLOCK_OCTETS);
    for (let at = 0; at < whole; at += BLOCK_OCTETS) this.#compress(octets, at);
    const rest = octets.length - whole;
    const padded = rest + LEAST_PADDING > BLOCK_OCTETS ? 2 * BLOCK_OCTETS : BLOCK_OCTETS;
    const tail = this.#tail.fill(0);
    for (let at = 0; at < rest; at += 1) tail[at] = octets[whole + at] ?? 0;
    tail[rest] = 0x80;
    writeWord(tail, padded - 4, (before + octets.length) * 8);
    for (let at = 0; at < padded; at += BLOCK_OCTETS) this.#compress(tail, at);
    const digest = new Uint8Array(DIGEST_OCTETS);
    for (let word = 0; word < this.#state.length; word += 1) writeWord(digest, 4 * word, this.#state[word] ?? 0);
    return digest;
  }

  /** @see FIPS 180-4 §6.2.2; the names are the ones there */
  #compress(octets: Uint8Array, from: number): void {
    const w = this.#schedule;
    for (let t = 0; t < 16; t += 1) w[t] = readWord(octets, from + 4 * t);
    for (let t = 16; t < ROUNDS; t += 1) {
      const x = w[t - 15] ?? 0;
      const y = w[t - 2] ?? 0;
      const sigma0 = turned(x, 7) ^ turned(x, 18) ^ (x >>> 3);
      const sigma1 = turned(y, 17) ^ turned(y, 19) ^ (y >>> 10);
      w[t] = sigma1 + (w[t - 7] ?? 0) + sigma0 + (w[t - 16] ?? 0);
    }
    const state = this.#state;
    // Swapped at each round by hand: a list of them would be made anew each time.
    let a = state[0] ?? 0;
    let b = state[1] ?? 0;
    let c = state[2] ?? 0;
    let d = state[3] ?? 0;
    let e = state[4] ?? 0;
    let f = state[5] ?? 0;
    let g = state[6] ?? 0;
    let h = state[7] ?? 0;
    for (let t = 0; t < ROUNDS; t += 1) {
      const sum1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
      const t1 = (h + sum1 + ((e & f) ^ (~e & g)) + (ROUND_CONSTANTS[t] ?? 0) + (w[t] ?? 0)) | 0;
      const sum0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
      const t2 = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0] = (state[0] ?? 0) + a;
    state[1] = (state[1] ?? 0) + b;
    state[2] = (state[2] ?? 0) + c;
    state[3] = (state[3] ?? 0) + d;
    state[4] = (state[4] ?? 0) + e;
    state[5] = (state[5] ?? 0) + f;
    state[6] = (state[6] ?? 0) + g;
    state[7] = (state[7] ?? 0) + h;
  }
}

function turned(word: number, right: number): number {
  return (word >>> right) | (word << (32 - right));
}

function readWord(octets: Uint8Array, at: number): number {
  return (
    ((octets[at] ?? 0) << 24) | ((octets[at + 1] ?? 0) << 16) | ((octets[at + 2] ?? 0) << 8) | (octets[at + 3] ?? 0)
  );
}

function writeWord(octets: Uint8Array, at: number, word: number): void {
  octets[at] = word >>> 24;
  octets[at + 1] = word >>> 16;
  octets[at + 2] = word >>> 8;
  octets[at + 3] = word;
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate += 1)
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  return primes;
}

/** The first 32 bits of what is behind the point. */
function fraction(root: number): number {
  return Math.floor((root % 1) * 2 ** 32) | 0;
}
const PRIMES = firstPrimes(ROUNDS);
/** Of the square roots of the first 8 primes. @see FIPS 180-4 §5.3.3 */
const INITIAL_STATE = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
/** Of the cube roots of the first 64 primes. @see FIPS 180-4 §4.2.2 */
const ROUND_CONSTANTS = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
