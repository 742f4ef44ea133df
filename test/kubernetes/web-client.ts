import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PageAttempt } from '../../src/lab/page-attempt.ts';
import type { Lan } from './lan.ts';

/** A page of the test backends, as somebody on the LAN gets it. */
export interface Page {
  readonly node: string;
  readonly pod: string;
  /** Who asked, as the Pod sees it. */
  readonly client: string;
}

const FETCH = join(import.meta.dirname, 'fetch-page.ts');
const PROBE = join(import.meta.dirname, '..', '..', 'src', 'lab', 'page-client.ts');

/** Long enough for two more tries of TCP: a page that comes late did come. */
const PAGE_TIMEOUT_MS = 5_000;

/** Somebody on the LAN who reads web pages. */
export class WebClient {
  readonly #lan: Lan;
  readonly #host: string;

  constructor(lan: Lan, host: string) {
    this.#lan = lan;
    this.#host = host;
  }

  /** @returns undefined when no page comes within a second */
  async fetch(url: string): Promise<Page | undefined> {
    const answer = await this.#lan.run(this.#host, [process.execPath, FETCH, url]).catch(() => '');
    return answer === '' ? undefined : (JSON.parse(answer) as Page);
  }

  /** Fetches a page each `everyMs` until it is stopped. */
  probe(url: string, everyMs: number): PageProbe {
    const [probe] = this.probes([url], everyMs);
    if (probe === undefined) throw new Error('a page without a probe');
    return probe;
  }

  /** As many clients as there are pages, each as `probe`; to stop one stops all. */
  probes(urls: readonly string[], everyMs: number): readonly PageProbe[] {
    const command = [process.execPath, PROBE, urls.join(), String(everyMs), String(PAGE_TIMEOUT_MS)];
    const child = this.#lan.spawner(this.#host)(command, { stdio: ['ignore', 'pipe', 'inherit'] });
    if (child.stdout === null) throw new Error('the probe has no output');
    const probes = new Map(urls.map((url) => [url, new PageProbe(() => child.kill('SIGKILL'))]));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const attempt = JSON.parse(line) as PageAttempt;
      probes.get(attempt.url)?.ended(attempt);
    });
    return [...probes.values()];
  }
}

/** A running series of fetches. */
export class PageProbe {
  /** BOUNDED: by the length of a test. */
  readonly #attempts: PageAttempt[] = [];
  readonly #stop: () => void;

  constructor(stop: () => void) {
    this.#stop = stop;
  }

  /** To be told of each fetch. */
  ended(attempt: PageAttempt): void {
    this.#attempts.push(attempt);
  }

  /** In the order in which they ended. */
  get attempts(): readonly PageAttempt[] {
    return this.#attempts;
  }

  /**
   * The least number of instants that explain every page that did not come: each was being fetched at one of them. What is
   * open while its address moves to another node ends, so each move may cost one; how busy this machine is does not matter.
   */
  get interruptions(): number {
    const failed = this.#attempts.filter((attempt) => attempt.node === undefined);
    failed.sort((a, b) => a.endedAtMs - b.endedAtMs);
    let count = 0;
    let instantMs = Number.NEGATIVE_INFINITY;
    for (const { startedAtMs, endedAtMs } of failed) {
      if (startedAtMs <= instantMs) continue;
      instantMs = endedAtMs;
      count += 1;
    }
    return count;
  }

  /** Waits until a page came that was asked for after now. */
  async nextPage(withinMs = 30_000): Promise<PageAttempt> {
    const fromMs = Date.now();
    while (Date.now() < fromMs + withinMs) {
      const page = this.#attempts.find((attempt) => attempt.node !== undefined && attempt.startedAtMs >= fromMs);
      if (page !== undefined) return page;
      await sleep(5);
    }
    throw new Error(`no page came within ${withinMs / 1000} s`);
  }

  stop(): void {
    this.#stop();
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
