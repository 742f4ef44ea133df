import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { ClusterAccess } from '../access/cluster-access.ts';

/** Requests at once. More only queue in the API server, and each connection costs memory on both sides. */
const MAX_REQUEST_SOCKETS = 8;
/** A dead peer is noticed this long after the last byte, and ten probes one second apart. */
const TCP_KEEP_ALIVE_MS = 10_000;

type Purpose = 'request' | 'own';

/** Keep-alive connections to one API server, made anew when the TLS files changed. */
export class ConnectionPool {
  readonly #access: ClusterAccess;
  #agents: Promise<Record<Purpose, HttpAgent>> | undefined;

  constructor(access: ClusterAccess) {
    this.#access = access;
  }

  /**
   * `request` connections are few and shared. What may not wait for others has connections of its own: watches, which would
   * starve everything else, and the Lease, which everything else would starve.
   */
  async agent(purpose: Purpose): Promise<HttpAgent> {
    this.#agents ??= this.#make().catch((error: unknown) => {
      this.#agents = undefined;
      throw error;
    });
    return (await this.#agents)[purpose];
  }

  /** Reads the TLS files again for the connections from now on. Those in use live on. */
  refresh(): void {
    this.#closeIdle();
    this.#agents = undefined;
  }

  /** Closes the idle connections; those in use go with their requests. */
  close(): void {
    this.#closeIdle();
  }

  #closeIdle(): void {
    this.#agents?.then(
      (agents) => {
        for (const agent of Object.values(agents)) {
          for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
        }
      },
      () => undefined,
    );
  }

  async #make(): Promise<Record<Purpose, HttpAgent>> {
    const proxy = await this.#access.proxyAgent?.();
    if (proxy !== undefined) return { request: proxy, own: proxy };
    const common = { keepAlive: true, keepAliveMsecs: TCP_KEEP_ALIVE_MS, scheduling: 'lifo' } as const;
    if (this.#access.server.protocol === 'http:') {
      return { request: new HttpAgent({ ...common, maxSockets: MAX_REQUEST_SOCKETS }), own: new HttpAgent(common) };
    }
    const tls = await this.#access.tls();
    return {
      request: new HttpsAgent({ ...common, ...tls, maxSockets: MAX_REQUEST_SOCKETS }),
      own: new HttpsAgent({ ...common, ...tls }),
    };
  }
}
