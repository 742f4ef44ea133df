import { readFile } from 'node:fs/promises';
import type { Clock } from '../../../ports/time.ts';

/** The kubelet replaces a projected token when 80 % of its life is over: minutes before it ends. */
const REREAD_AFTER_MS = 10_000;

/** A bearer token in a file that somebody else rotates. */
export class TokenFile {
  readonly #path: string;
  readonly #clock: Clock;
  #token: string | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** The token; an unreadable file keeps the one that was read last. */
  async token(): Promise<string> {
    if (this.#token !== undefined && this.#clock.nowMs() - this.#readAtMs < REREAD_AFTER_MS) return this.#token;
    try {
      this.#token = (await readFile(this.#path, 'utf8')).trim();
      this.#readAtMs = this.#clock.nowMs();
    } catch (error) {
      if (this.#token === undefined) throw error;
    }
    return this.#token;
  }
}
