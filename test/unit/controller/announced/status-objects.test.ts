import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layer2Statuses } from '../../../../src/controller/announced/layer2-statuses.ts';
import { StatusObjects } from '../../../../src/controller/announced/status-objects.ts';
import type { AnnouncementState } from '../../../../src/controller/announcer/service-announcement.ts';
import { ApiError } from '../../../../src/ports/api-error.ts';
import type { ResourceType } from '../../../../src/ports/informer.ts';
import { ip, nodeOf } from '../../../support/channel/announcer-bed.ts';
import { FakeInformer } from '../../../support/fake-informer.ts';
import { FakeStatusStore } from '../../../support/fake-status-store.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

const NAMESPACE = 'heraldlb-system';
const typeOf = (group: string): ResourceType => ({
  group,
  version: 'v1',
  kind: 'ServiceL2Status',
  plural: 'servicel2statuses',
  namespaced: true,
});
const OURS = typeOf('heraldlb.io');
const METALLB = typeOf('metallb.io');
const owned = (address: string, node: string, interfaces?: readonly string[]): AnnouncementState => ({
  address: ip(address),
  candidates: [node],
  claimed: true,
  ownership: { node, since: new Date('2026-11-21T15:31:28Z'), reason: 'neighbour-down', gapMs: 412 },
  ...(interfaces === undefined ? {} : { interfaces }),
});

describe('the objects that say which node announces a Service', () => {
  let time: ManualTime;
  let kind: FakeStatusStore;
  let leading: AbortController;
  let states: Map<string, AnnouncementState[]>;
  let tell: (key: string) => void;

  beforeEach(() => {
    time = new ManualTime();
    kind = new FakeStatusStore([OURS, METALLB]);
    leading = new AbortController();
    states = new Map();
  });
  afterEach(() => {
    leading.abort();
    expect(time.armed).toBe(0);
  });

  function lead(): void {
    const groups = [OURS, METALLB].map((type) => ({ type, objects: kind.informer(type.group) }));
    new StatusObjects(
      { namespace: NAMESPACE, prefix: 'l2' },
      {
        groups,
        store: kind,
        nodes: new FakeInformer([['node-a', nodeOf('node-a')] as const]),
        statusesOf: (key, type) => layer2Statuses(states.get(key) ?? [], type),
        onChange: (listener) => {
          tell = listener;
        },
        clock: time,
        timers: time,
        log: new RecordingLog(),
        metrics: new RecordingMetrics(),
      },
    ).start(leading.signal);
  }
  function announce(...all: AnnouncementState[]): void {
    states.set('default/web', all);
    tell('default/web');
  }
  const statusesIn = (group: string) =>
    kind
      .informer(group)
      .list()
      .map(({ status }) => status);

  it('are one for each node, with MetalLB labels and fields in its group and more in ours', async () => {
    lead();
    announce(owned('10.0.0.1', 'node-a', ['eth1', 'eth0']), owned('fd00::1', 'node-b'), owned('10.0.0.2', 'node-a'));
    await time.advance(10_000);
    const subject = { serviceName: 'web', serviceNamespace: 'default' };
    expect(statusesIn('metallb.io')).toEqual([
      { node: 'node-a', ...subject, interfaces: [{ name: 'eth0' }, { name: 'eth1' }] },
      { node: 'node-b', ...subject, interfaces: [] },
    ]);
    const how = { since: '2026-11-21T15:31:28Z', reason: 'neighbour-down', gapMilliseconds: 412 };
    expect(statusesIn('heraldlb.io')[0]).toMatchObject({
      node: 'node-a',
      addresses: [
        { address: '10.0.0.1', ...how },
        { address: '10.0.0.2', ...how },
      ],
    });
    const [object] = kind.informer('metallb.io').list();
    expect(object?.meta.name).toMatch(/^l2-[a-z0-9]{8,13}$/);
    expect(object?.meta.labels).toEqual({
      'app.kubernetes.io/managed-by': 'heraldlb',
      'metallb.io/node': 'node-a',
      'metallb.io/service-name': 'web',
      'metallb.io/service-namespace': 'default',
    });
  });

  it('follow the owner, are not written twice, and go with the Service', async () => {
    lead();
    announce(owned('10.0.0.1', 'node-a'));
    await time.advance(10_000);
    tell('default/web');
    await time.advance(10_000);
    expect(kind.requests.splice(0)).toEqual(['create heraldlb.io node-a', 'create metallb.io node-a']);
    announce(owned('10.0.0.1', 'node-b'));
    await time.advance(10_000);
    expect(kind.requests.splice(0)).toEqual([
      'delete heraldlb.io',
      'create heraldlb.io node-b',
      'delete metallb.io',
      'create metallb.io node-b',
    ]);
    announce();
    await time.advance(10_000);
    expect([statusesIn('heraldlb.io'), statusesIn('metallb.io')]).toEqual([[], []]);
  });

  it('are put right when somebody deletes or changes them, and when an earlier leader left them', async () => {
    lead();
    announce(owned('10.0.0.1', 'node-a'));
    await time.advance(10_000);
    const [object] = kind.informer('metallb.io').list();
    if (object === undefined) throw new Error('no object');
    const key = `${NAMESPACE}/${object.meta.name}`;
    kind.informer('metallb.io').delete(key);
    await time.advance(10_000);
    kind.informer('metallb.io').set(key, { ...object, status: { node: 'x' } });
    await time.advance(10_000);
    expect(statusesIn('metallb.io')).toEqual([object.status]);
    leading.abort();
    leading = new AbortController();
    states.clear();
    lead();
    await time.advance(10_000);
    expect(statusesIn('metallb.io')).toEqual([]);
  });

  it('leave those of a MetalLB beside us alone', async () => {
    const labels = { 'metallb.io/service-name': 'web', 'metallb.io/service-namespace': 'default' };
    kind.put(METALLB, { ref: { namespace: NAMESPACE, name: 'l2-abcde' }, labels, status: { node: 'node-z' } });
    lead();
    await time.advance(10_000);
    expect(kind.requests).toEqual([]);
  });

  it('cost one request a minute where a kind is not installed, and are made when it is', async () => {
    kind.absent.add('metallb.io');
    lead();
    announce(owned('10.0.0.1', 'node-a'));
    for (const name of ['two', 'three']) {
      states.set(`default/${name}`, [owned('10.0.0.1', 'node-a')]);
      tell(`default/${name}`);
    }
    await time.advance(50_000);
    expect(kind.requests.splice(0).filter((request) => request.includes('metallb.io'))).toHaveLength(1);
    await time.advance(60_000);
    expect(kind.requests.splice(0)).toEqual(['create metallb.io node-a']);
    kind.absent.clear();
    await time.advance(70_000);
    expect(statusesIn('metallb.io')).toHaveLength(3);
  });

  it('stay as they are while the controller starts', async () => {
    lead();
    announce(owned('10.0.0.1', 'node-a'));
    await time.advance(10_000);
    kind.requests.length = 0;
    const { ownership: _, ...starting } = owned('10.0.0.1', 'node-a');
    announce({ ...starting, obstacle: { reason: 'Starting', message: 'wait' } });
    await time.advance(60_000);
    expect(kind.requests).toEqual([]);
    expect(statusesIn('heraldlb.io')).toHaveLength(1);
  });

  it('are tried again when a write fails', async () => {
    lead();
    kind.failures.push(new ApiError('unavailable', 'away'), new ApiError('already-exists', 'there'));
    announce(owned('10.0.0.1', 'node-a'));
    await time.advance(60_000);
    expect(statusesIn('heraldlb.io')).toHaveLength(1);
    expect(statusesIn('metallb.io')).toHaveLength(1);
  });
});
