import {
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GrpcHealthServer } from '../../src/adapters/grpc/health-server.ts';
import { eventually } from '../support/eventually.ts';

interface Answer {
  readonly status: string;
}

/** gRPC's own client, from gRPC's own proto file. */
interface HealthClient {
  Check(request: { service: string }, callback: (error: ServiceError | null, answer?: Answer) => void): void;
  List(
    request: object,
    callback: (error: ServiceError | null, answer?: { statuses: Record<string, Answer> }) => void,
  ): void;
  Watch(request: { service: string }): ClientReadableStream<Answer>;
  close(): void;
}

describe('grpc.health.v1', () => {
  let stopping: AbortController;
  let health: GrpcHealthServer;
  let client: HealthClient;

  beforeEach(async () => {
    stopping = new AbortController();
    health = new GrpcHealthServer({ host: '127.0.0.1', port: 0 });
    const port = await health.listen(stopping.signal);
    const { Health } = loadPackageDefinition({ Health: healthService }) as unknown as {
      Health: new (target: string, credentials: unknown) => HealthClient;
    };
    client = new Health(`127.0.0.1:${port}`, credentials.createInsecure());
  });

  afterEach(() => {
    client.close();
    stopping.abort();
  });

  const check = (service: string): Promise<string | number> =>
    new Promise((resolve) =>
      client.Check({ service }, (error, answer) => resolve(error?.code ?? answer?.status ?? '')),
    );

  it('says NOT_SERVING for each of its services before anything was reported', async () => {
    for (const service of ['', 'liveness', 'readiness', 'leader']) expect(await check(service)).toBe('NOT_SERVING');
  });

  it('says what was reported last, each service by itself', async () => {
    health.set('liveness', true);
    health.set('', true);
    health.set('', false);
    expect([await check('liveness'), await check(''), await check('leader')]).toEqual([
      'SERVING',
      'NOT_SERVING',
      'NOT_SERVING',
    ]);
  });

  it('answers NOT_FOUND for a service that it does not know', async () => {
    expect(await check('elsewhere')).toBe(status.NOT_FOUND);
    expect(await check('toString')).toBe(status.NOT_FOUND);
  });

  it('lists all of its services', async () => {
    health.set('readiness', true);
    const answer = await new Promise((resolve) => client.List({}, (_error, list) => resolve(list?.statuses)));
    expect(answer).toEqual({
      '': { status: 'NOT_SERVING' },
      liveness: { status: 'NOT_SERVING' },
      readiness: { status: 'SERVING' },
      leader: { status: 'NOT_SERVING' },
    });
  });

  it('tells a watcher at once and then each change, and nothing when nothing changed', async () => {
    const told: string[] = [];
    const watch = client.Watch({ service: 'leader' });
    watch.on('error', () => undefined);
    watch.on('data', (answer: Answer) => told.push(answer.status));
    await eventually(() => expect(told).toEqual(['NOT_SERVING']));
    health.set('leader', true);
    health.set('leader', true);
    health.set('liveness', true);
    health.set('leader', false);
    await eventually(() => expect(told).toEqual(['NOT_SERVING', 'SERVING', 'NOT_SERVING']));
    watch.cancel();
  });

  it('tells a watcher of an unknown service SERVICE_UNKNOWN, and leaves the stream open', async () => {
    const told: string[] = [];
    let ended = false;
    const watch = client.Watch({ service: 'elsewhere' });
    watch.on('error', () => undefined);
    watch.on('data', (answer: Answer) => told.push(answer.status));
    watch.on('end', () => {
      ended = true;
    });
    await eventually(() => expect(told).toEqual(['SERVICE_UNKNOWN']));
    await check('');
    expect(ended).toBe(false);
    watch.cancel();
  });

  it('takes no more than 64 watchers', async () => {
    const watches = Array.from({ length: 65 }, () => client.Watch({ service: '' }));
    const ends: number[] = [];
    let first = 0;
    for (const watch of watches) {
      watch.on('error', (error: ServiceError) => ends.push(error.code));
      watch.on('data', () => {
        first += 1;
      });
    }
    await eventually(() => expect([first, ends]).toEqual([64, [status.RESOURCE_EXHAUSTED]]));
    for (const watch of watches) watch.cancel();
  });
});
