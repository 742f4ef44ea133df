import { setTimeout as sleep } from 'node:timers/promises';
import type { Lan } from '../../kubernetes/lan.ts';
import type { Page, WebClient } from '../../kubernetes/web-client.ts';

const PATIENCE_MS = 60_000;

/** What others on the LAN see of an address; each question waits until the answer is the wanted one. */
export class LanView {
  readonly #lan: Lan;
  readonly #client: WebClient;

  constructor(lan: Lan, client: WebClient) {
    this.#lan = lan;
    this.#client = client;
  }

  /** A page that the client gets from port 80 of the address. */
  page(address: string): Promise<Page> {
    return patiently(
      () => `a page from ${address}`,
      () => this.#client.fetch(`http://${address}/`),
    );
  }

  /** The one node that answers ARP for the address. @param notThis a node that must not be it any more */
  async owner(address: string, notThis?: string): Promise<string> {
    let owners: readonly string[] = [];
    const isDecided = async (): Promise<true | undefined> => {
      owners = await this.#lan.whoHas(address);
      return owners.length === 1 && owners[0] !== notThis ? true : undefined;
    };
    await patiently(() => `one owner of ${address}, but ${owners.join(' and ') || 'nobody'} answers`, isDecided);
    return owners[0] ?? '';
  }

  /** Waits until nobody answers ARP for the address. */
  async silence(address: string): Promise<void> {
    const isSilent = async (): Promise<true | undefined> =>
      (await this.#lan.whoHas(address)).length === 0 ? true : undefined;
    await patiently(() => `silence about ${address}`, isSilent);
  }
}

async function patiently<T>(what: () => string, ask: () => Promise<T | undefined>): Promise<T> {
  for (const untilMs = Date.now() + PATIENCE_MS; Date.now() < untilMs; ) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(50);
  }
  throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what()}`);
}
