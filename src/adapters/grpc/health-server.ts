import {
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { HealthReporter, HealthService } from '../../ports/channel.ts';
import { healthServiceDefinition } from './schema.ts';

type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

interface CheckRequest {
  readonly service: string;
}

interface CheckResponse {
  readonly status: ServingStatus;
}

type WatchCall = ServerWritableStream<CheckRequest, CheckResponse>;

/** Streams of Watch at one time; the kubelet needs none. */
const MAX_WATCHERS = 64;
const STOP_MS = 500;

/**
 * `grpc.health.v1` on a plaintext port of its own, for the kubelet's probes: they can show no certificate and check none.
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export class GrpcHealthServer implements HealthReporter {
  readonly #address: { readonly host: string; readonly port: number };
  readonly #statuses = new Map<string, ServingStatus>(
    (['', 'liveness', 'readiness', 'leader'] satisfies HealthService[]).map((service) => [service, 'NOT_SERVING']),
  );
  /** BOUNDED: by MAX_WATCHERS. */
  readonly #watchers = new Map<WatchCall, { readonly service: string; told: ServingStatus }>();

  /** Port 0 lets the kernel choose. */
  constructor(address: { readonly host: string; readonly port: number }) {
    this.#address = address;
  }

  /** Resolves with the port once bound. @throws Error when the port is taken. */
  async listen(signal: AbortSignal): Promise<number> {
    const server = new Server({ 'grpc.max_receive_message_length': 4096 });
    server.addService(healthServiceDefinition as Record<string, MethodDefinition<object, object>>, {
      Check: (call: ServerUnaryCall<CheckRequest, CheckResponse>, answer: sendUnaryData<CheckResponse>) =>
        this.#check(call.request.service, answer),
      Watch: (call: WatchCall) => this.#watch(call),
      List: (_call: unknown, answer: sendUnaryData<object>) => answer(null, { statuses: this.#list() }),
    });
    const { host, port } = this.#address;
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(
        `${host.includes(':') ? `[${host}]` : host}:${port}`,
        ServerCredentials.createInsecure(),
        (error, at) => (error === null ? resolve(at) : reject(error)),
      );
    });
    signal.addEventListener(
      'abort',
      () => {
        const force = setTimeout(() => server.forceShutdown(), STOP_MS);
        for (const call of this.#watchers.keys()) call.end();
        server.tryShutdown(() => clearTimeout(force));
      },
      { once: true },
    );
    return bound;
  }

  set(service: HealthService, serving: boolean): void {
    const now: ServingStatus = serving ? 'SERVING' : 'NOT_SERVING';
    this.#statuses.set(service, now);
    for (const [call, watcher] of this.#watchers) {
      // A reader that is behind hears of the newest status once it has read.
      if (watcher.service === service && !call.writableNeedDrain) this.#tell(call, watcher);
    }
  }

  #check(service: string, answer: sendUnaryData<CheckResponse>): void {
    const known = this.#statuses.get(service);
    if (known === undefined) answer({ code: status.NOT_FOUND, details: `no service ${JSON.stringify(service)}` });
    else answer(null, { status: known });
  }

  #list(): Record<string, CheckResponse> {
    return Object.fromEntries([...this.#statuses].map(([service, now]) => [service, { status: now }]));
  }

  #watch(call: WatchCall): void {
    call.on('error', () => undefined);
    if (this.#watchers.size >= MAX_WATCHERS) {
      call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: `${MAX_WATCHERS} streams of Watch` });
      return;
    }
    const { service } = call.request;
    const watcher = { service, told: this.#statusOf(service) };
    this.#watchers.set(call, watcher);
    call.on('drain', () => this.#tell(call, watcher));
    for (const over of ['cancelled', 'close', 'error']) call.on(over, () => this.#watchers.delete(call));
    call.write({ status: watcher.told });
  }

  #tell(call: WatchCall, watcher: { readonly service: string; told: ServingStatus }): void {
    const now = this.#statusOf(watcher.service);
    if (now === watcher.told) return;
    watcher.told = now;
    call.write({ status: now });
  }

  #statusOf(service: string): ServingStatus {
    return this.#statuses.get(service) ?? 'SERVICE_UNKNOWN';
  }
}
