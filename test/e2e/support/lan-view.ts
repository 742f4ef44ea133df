import type { Lan } from '../../kubernetes/lan.ts';
import type { Page, WebClient } from '../../kubernetes/web-client.ts';

const PATIENCE_MS = 30_000;

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
    return patiently(`a page from ${address}`, () => this.#client.fetch(`http://${address}/`));
  }

  /** The one node that answers ARP for the address. @param notThis a node that must not be it any more */
  owner(address: string, notThis?: string): Promise<string> {
    return patiently(`one owner of ${address}`, async () => {
      const [owner, ...others] = await this.#lan.whoHas(address);
      return owner !== undefined && others.length === 0 && owner !== notThis ? owner : undefined;
    });
  }

  /** Waits until nobody answers ARP for the address. */
  async silence(address: string): Promise<void> {
    await patiently(`silence about ${address}`, async () =>
      (await this.#lan.whoHas(address)).length === 0 ? true : undefined,
    );
  }
}

async function patiently<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (const untilMs = Date.now() + PATIENCE_MS; Date.now() < untilMs; ) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`);
}
