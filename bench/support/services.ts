import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import type { ApiAccess, ApiClient, KubernetesObject } from '../../src/lab/api-client.ts';

const CONCURRENCY = 8;
const SERVICES = '/api/v1/namespaces/default/services';

/** Creates objects, several at a time over kept connections. @returns the seconds that it took */
export async function createAll(client: ApiClient, objects: readonly KubernetesObject[]): Promise<number> {
  const startedAt = performance.now();
  const rest = objects.values();
  const work = async (): Promise<void> => {
    for (const object of rest) await client.create(object);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return (performance.now() - startedAt) / 1000;
}

/** The address in a Service's status. */
export async function addressOf(client: ApiClient, name: string): Promise<string | undefined> {
  const service = await client.get('Service', name, 'default');
  const status = service?.status as { loadBalancer?: { ingress?: { ip?: string }[] } } | undefined;
  return status?.loadBalancer?.ingress?.[0]?.ip;
}

/** Sees by a watch of its own when Services get their addresses. */
export class AddressWatch {
  readonly #response: IncomingMessage;
  /** When the status of a Service first showed an address, by name. BOUNDED: by the Services of a run. */
  readonly #seenAt = new Map<string, number>();
  #news = Promise.withResolvers<void>();

  private constructor(response: IncomingMessage) {
    this.#response = response;
    createInterface({ input: response }).on('line', (line) => this.#line(line));
    response.on('error', () => {});
  }

  static async open(access: ApiAccess, client: ApiClient): Promise<AddressWatch> {
    const { body } = await client.call('GET', `${SERVICES}?limit=1`);
    const { resourceVersion } = body.metadata as { resourceVersion: string };
    const path = `${SERVICES}?watch=true&timeoutSeconds=3600&resourceVersion=${resourceVersion}`;
    const { url, ca, token } = access;
    const headers = { authorization: `Bearer ${token}` };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(new URL(path, url), { ca, headers, agent: false }, resolve).on('error', reject).end();
    });
    if (response.statusCode !== 200) throw new Error(`the watch was refused: ${response.statusCode}`);
    return new AddressWatch(response);
  }

  /** Waits until all of these have addresses. @returns when the first and the last one got its own, as performance.now() */
  async all(names: readonly string[], withinMs = 300_000): Promise<{ readonly first: number; readonly last: number }> {
    const deadline = new Promise<'late'>((resolve) => setTimeout(resolve, withinMs, 'late').unref());
    for (;;) {
      const left = names.filter((name) => !this.#seenAt.has(name)).length;
      if (left === 0) break;
      if ((await Promise.race([this.#next(left), deadline])) === 'late') {
        throw new Error(`${left} of ${names.length} Services still have no address after ${withinMs / 1000} s`);
      }
    }
    const times = names.map((name) => this.#seenAt.get(name) ?? Number.NaN);
    return { first: times.reduce((a, b) => Math.min(a, b)), last: times.reduce((a, b) => Math.max(a, b)) };
  }

  close(): void {
    this.#response.destroy();
  }

  /** Wakes after as many more Services as are waited for: each name is looked up a few times only. */
  async #next(count: number): Promise<void> {
    for (const wanted = this.#seenAt.size + count; this.#seenAt.size < wanted; ) await this.#news.promise;
  }

  #line(line: string): void {
    // Most events of a run show no address: those are not worth parsing.
    if (!line.includes('"ingress":[{"ip":')) return;
    const { object } = JSON.parse(line) as { object: { metadata: { name: string } } };
    if (this.#seenAt.has(object.metadata.name)) return;
    this.#seenAt.set(object.metadata.name, performance.now());
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
