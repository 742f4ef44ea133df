import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANNOUNCED } from '../../../../src/controller/announced/announced-condition.ts';
import type { AddressNews } from '../../../../src/controller/announced/announcement-source.ts';
import { ConditionWriter } from '../../../../src/controller/announced/condition-writer.ts';
import { ApiError } from '../../../../src/ports/api-error.ts';
import type { Condition, Service } from '../../../../src/ports/kubernetes.ts';
import type { ServiceChange } from '../../../../src/ports/stores.ts';
import { ip } from '../../../support/channel/announcer-bed.ts';
import { FakeInformer } from '../../../support/fake-informer.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

const serviceOf = (name: string, conditions: readonly Condition[] = []): Service =>
  ({ meta: { namespace: 'default', name, uid: name }, status: { conditions, ingress: [] } }) as unknown as Service;

describe('the writer of the condition heraldlb.io/Announced', () => {
  let time: ManualTime;
  let services: FakeInformer<Service>;
  let leading: AbortController;
  let writes: { readonly name: string; readonly atMs: number; readonly change: ServiceChange }[];
  let failures: Error[];
  let news: Map<string, AddressNews[]>;
  let tell: (key: string) => void;

  beforeEach(() => {
    time = new ManualTime();
    services = new FakeInformer<Service>();
    leading = new AbortController();
    writes = [];
    failures = [];
    news = new Map();
  });
  afterEach(() => {
    leading.abort();
    expect(time.armed).toBe(0);
  });

  function lead(): void {
    const store = {
      patchStatus: async (service: Service, change: ServiceChange) => {
        writes.push({ name: service.meta.name, atMs: time.nowMs(), change });
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        const removed = change.removeConditions ?? [];
        const kept = service.status.conditions.filter(({ type }) => type !== ANNOUNCED || removed.length === 0);
        const made = [...kept.filter(({ type }) => type !== ANNOUNCED || change.conditions === undefined)];
        const stored = serviceOf(service.meta.name, [...made, ...(change.conditions ?? [])]);
        services.set(`default/${service.meta.name}`, stored);
        return stored;
      },
    };
    const source = {
      newsOf: (key: string) => news.get(key) ?? [],
      onChange: (listener: (key: string) => void) => {
        tell = listener;
      },
    };
    new ConditionWriter(
      {},
      {
        services,
        store,
        sources: [source],
        clock: time,
        timers: time,
        log: new RecordingLog(),
        metrics: new RecordingMetrics(),
      },
    ).start(leading.signal);
  }
  function announce(name: string, node: string): void {
    const key = `default/${name}`;
    if (services.get(key) === undefined) services.set(key, serviceOf(name));
    const sentence = `from ${node}`;
    news.set(key, [
      { kind: 'announced', address: ip('10.0.0.1'), protocol: 'layer2', sentence, from: node, how: 'granted' },
    ]);
    tell(key);
  }
  const messageOf = (name: string) => services.get(`default/${name}`)?.status.conditions[0]?.message;

  it('writes once for all that happens within half a second, and not again when nothing is different', async () => {
    lead();
    for (const node of ['node-a', 'node-b', 'node-c']) announce('web', node);
    await time.advance(499);
    expect(writes).toEqual([]);
    await time.advance(60_000);
    announce('web', 'node-c');
    await time.advance(60_000);
    expect(writes).toHaveLength(1);
    expect(messageOf('web')).toBe('10.0.0.1 from node-c');
  });

  it('shows a takeover of 1,000 addresses at 20 writes a second, in order, each Service once', async () => {
    lead();
    for (let at = 0; at < 1_000; at += 1) announce(`s-${at}`, 'node-a');
    await time.advance(60_000);
    expect(writes).toHaveLength(1_000);
    expect(writes.map(({ name }) => name)).toEqual(Array.from({ length: 1_000 }, (_, at) => `s-${at}`));
    for (const [at, { atMs }] of writes.entries()) {
      const later = writes[at + 20];
      if (later !== undefined) expect(later.atMs - atMs).toBeGreaterThanOrEqual(1_000);
    }
  });

  it('repairs a condition that somebody took off or wrote over', async () => {
    lead();
    announce('web', 'node-a');
    await time.advance(1_000);
    services.set('default/web', serviceOf('web'));
    await time.advance(1_000);
    expect(messageOf('web')).toBe('10.0.0.1 from node-a');
    const { conditions = [] } = services.get('default/web')?.status ?? {};
    services.set(
      'default/web',
      serviceOf(
        'web',
        conditions.map((one) => ({ ...one, message: 'nonsense' })),
      ),
    );
    await time.advance(1_000);
    expect(messageOf('web')).toBe('10.0.0.1 from node-a');
  });

  it('takes it off a Service that is not announced any more, one from before its time too', async () => {
    const left = {
      type: ANNOUNCED,
      status: 'True',
      reason: 'Announced',
      message: 'x',
      lastTransitionTime: '',
    } as const;
    services.set('default/old', serviceOf('old', [left]));
    lead();
    announce('web', 'node-a');
    await time.advance(1_000);
    news.delete('default/web');
    tell('default/web');
    await time.advance(1_000);
    expect(services.list().map(({ status }) => status.conditions)).toEqual([[], []]);
  });

  it('leaves what is written as it is while nothing can be said', async () => {
    lead();
    announce('web', 'node-a');
    await time.advance(1_000);
    news.set('default/web', [{ kind: 'pending', address: ip('10.0.0.1') }]);
    tell('default/web');
    await time.advance(60_000);
    expect(messageOf('web')).toBe('10.0.0.1 from node-a');
  });

  it('tries again later and later what fails, holds nobody else up, and forgets a Service that is gone', async () => {
    lead();
    failures.push(...Array.from({ length: 3 }, () => new ApiError('unavailable', 'away')));
    announce('web', 'node-a');
    await time.advance(1_600);
    announce('other', 'node-b');
    await time.advance(10_000);
    expect(messageOf('web')).toBe('10.0.0.1 from node-a');
    expect(messageOf('other')).toBe('10.0.0.1 from node-b');
    const before = writes.length;
    failures.push(new ApiError('not-found', 'gone'));
    announce('web', 'node-c');
    await time.advance(60_000);
    expect(writes).toHaveLength(before + 1);
  });
});
