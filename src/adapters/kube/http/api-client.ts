import type { IncomingMessage, RequestOptions } from 'node:http';
import { urlToHttpOptions } from 'node:url';
import { ApiError, isApiError } from '../../../ports/api-error.ts';
import type { Counter, Histogram, Metrics } from '../../../ports/metrics.ts';
import type { Clock, Timers } from '../../../ports/time.ts';
import type { ClusterAccess } from '../access/cluster-access.ts';
import { ConnectionPool } from './connection-pool.ts';
import { type Exchange, exchange, NoAnswerError, readBody } from './exchange.ts';
import { REST_CLIENT_REQUEST_DURATION_SECONDS, REST_CLIENT_REQUESTS_TOTAL } from './metrics.ts';
import { RateLimiter } from './rate-limiter.ts';
import { describeRequest, formatResourcePath, type ResourcePath } from './resource-path.ts';
import { errorFromStatus } from './status-error.ts';

export interface ApiRequest {
  /** As RBAC calls it: errors name it. */
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  readonly path: ResourcePath;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Of the body; for patches it says which kind of patch. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** For what must not wait behind other requests: the Lease. */
  readonly unlimited?: boolean;
}

export interface ApiClientOptions {
  readonly access: ClusterAccess;
  /** 0 or less = no limit. */
  readonly qps: number;
  readonly burst: number;
  readonly userAgent: string;
}

const METHODS = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
} as const;
const READ_TIMEOUT_MS = 30_000;
const WRITE_TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const TLS_FAILURE = /CERT|SIGNATURE|SSL|TLS/;
const TLS_REREAD_AFTER_MS = 10_000;

/** Speaks to one API server: JSON over HTTPS with bounded connections, a request rate and errors that say what failed. */
export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #dependencies: { readonly clock: Clock; readonly timers: Timers; readonly metrics: Metrics };
  readonly #pool: ConnectionPool;
  readonly #limiter: RateLimiter;
  readonly #requests: Counter<'code' | 'method'>;
  readonly #durations: Histogram<'verb'>;
  readonly #server: Pick<RequestOptions, 'protocol' | 'hostname' | 'port'>;
  /** What comes before `/api`, without a slash at its end. */
  readonly #basePath: string;
  #refreshedAtMs = 0;

  constructor(
    options: ApiClientOptions,
    dependencies: { readonly clock: Clock; readonly timers: Timers; readonly metrics: Metrics },
  ) {
    const { protocol, hostname, port } = urlToHttpOptions(options.access.server);
    this.#options = options;
    this.#server = { protocol, hostname, ...(port === undefined ? {} : { port }) };
    this.#basePath = options.access.server.pathname.replace(/\/$/, '');
    this.#dependencies = dependencies;
    this.#pool = new ConnectionPool(options.access);
    this.#limiter = new RateLimiter({ qps: options.qps, burst: options.burst }, dependencies);
    this.#requests = dependencies.metrics.counter(REST_CLIENT_REQUESTS_TOTAL);
    this.#durations = dependencies.metrics.histogram(REST_CLIENT_REQUEST_DURATION_SECONDS);
  }

  /** Where the API server is, for messages. */
  get server(): string {
    return this.#options.access.server.href;
  }

  /** Sends a request and parses its answer. Rejects with an ApiError. */
  async send(request: ApiRequest): Promise<unknown> {
    const response = await this.#open(request);
    const body = await this.#explained(request, () => readBody(response, MAX_BODY_BYTES));
    if (body === '') return undefined;
    try {
      return JSON.parse(body) as unknown;
    } catch {
      throw new ApiError('unavailable', `${describe(request)}: the answer is not JSON`);
    }
  }

  /** Opens a stream whose body the caller reads. Rejects with an ApiError. */
  async stream(request: ApiRequest): Promise<IncomingMessage> {
    return await this.#open(request);
  }

  /** The plural names of the resources that a group version serves; none when it is not installed. */
  async resources(group: string, version: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const path = { type: { group, version, plural: '' } };
    const list = await this.send({ verb: 'get', path, signal }).catch((error: unknown) => {
      if (isApiError(error, 'not-found')) return undefined;
      throw error;
    });
    const resources = (list as { readonly resources?: readonly { readonly name: string }[] } | undefined)?.resources;
    return new Set(resources?.map((resource) => resource.name));
  }

  /** Closes the connections that nobody uses. */
  close(): void {
    this.#pool.close();
  }

  async #open(request: ApiRequest): Promise<IncomingMessage> {
    if (!request.unlimited) await this.#limiter.acquire(request.signal);
    const { clock } = this.#dependencies;
    const startedAtMs = clock.nowMs();
    const response = await this.#explained(request, async () => {
      const attempt = await this.#exchangeOf(request);
      return await exchange(attempt, this.#dependencies.timers).catch((error: unknown) => {
        if (error instanceof NoAnswerError && error.staleConnection)
          return exchange(attempt, this.#dependencies.timers);
        throw error;
      });
    });
    this.#durations.observe({ verb: request.verb }, (clock.nowMs() - startedAtMs) / 1000);
    const code = response.statusCode ?? 0;
    this.#requests.add({ code: String(code), method: METHODS[request.verb] });
    if (code >= 200 && code < 300) return response;
    if (code === 401) this.#reread();
    const body = await this.#explained(request, () => readBody(response, MAX_BODY_BYTES));
    throw errorFromStatus(describe(request), code, body, response.headers['retry-after']);
  }

  async #exchangeOf(request: ApiRequest): Promise<Exchange> {
    const { access, userAgent } = this.#options;
    const [agent, authorization] = await Promise.all([
      this.#pool.agent(request.verb === 'watch' || request.unlimited ? 'own' : 'request'),
      access.authorization(),
    ]);
    const { query } = request;
    const path = `${this.#basePath}${formatResourcePath(request.path)}`;
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(authorization === undefined ? {} : { authorization }),
      ...(body === undefined
        ? {}
        : { 'content-type': request.contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const headTimeoutMs = METHODS[request.verb] === 'GET' ? READ_TIMEOUT_MS : WRITE_TIMEOUT_MS;
    const options = {
      ...this.#server,
      path: query === undefined ? path : `${path}?${new URLSearchParams(query).toString()}`,
      method: METHODS[request.verb],
      agent,
      headers,
    };
    return { options, body, headTimeoutMs, signal: request.signal };
  }

  /** Turns what is not an answer into an ApiError; an abort stays what it is. */
  async #explained<T>(request: ApiRequest, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      request.signal?.throwIfAborted();
      this.#requests.add({ code: '<error>', method: METHODS[request.verb] });
      const { message, code } = error as NodeJS.ErrnoException;
      if (TLS_FAILURE.test(code ?? '')) this.#reread();
      throw new ApiError('unavailable', `${describe(request)}: no answer from ${this.server}: ${message}`);
    }
  }

  /** Credentials may have been rotated under us: the next connection reads their files again. */
  #reread(): void {
    const nowMs = this.#dependencies.clock.nowMs();
    if (nowMs - this.#refreshedAtMs < TLS_REREAD_AFTER_MS) return;
    this.#refreshedAtMs = nowMs;
    this.#pool.refresh();
  }
}

function describe(request: ApiRequest): string {
  return describeRequest(request.verb, request.path);
}
