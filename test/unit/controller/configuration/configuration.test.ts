import { expect, it } from 'vitest';
import { Configuration } from '../../../../src/controller/configuration/configuration.ts';
import type { Config } from '../../../../src/core/config/config.ts';
import { poolsOfFlags } from '../../../../src/core/config/pool-flags.ts';
import { describeProblem } from '../../../../src/core/config/problem.ts';
import type { ConfigObject } from '../../../../src/ports/informer.ts';
import type { Namespace } from '../../../../src/ports/kubernetes.ts';
import { configObject, pool } from '../../../support/config-objects.ts';
import { FakeInformer } from '../../../support/fake-informer.ts';
import { ManualTime, settle } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

const keyOf = ({ meta }: ConfigObject): string => `${meta.namespace}/${meta.name}`;
const put = (informer: FakeInformer<ConfigObject>, object: ConfigObject): void => informer.set(keyOf(object), object);
const everything = configObject('L2Advertisement', 'everything', {});

function bed(options: { objects?: ConfigObject[]; flags?: string[]; synced?: boolean; namespaces?: string[] } = {}) {
  const objects = new FakeInformer<ConfigObject>(
    (options.objects ?? []).map((object) => [keyOf(object), object]),
    { synced: options.synced ?? true },
  );
  const namespaces = new FakeInformer<Namespace>();
  const time = new ManualTime();
  const log = new RecordingLog();
  const metrics = new RecordingMetrics();
  const flags = poolsOfFlags(options.flags ?? []);
  const configuration = new Configuration(
    { namespaces: options.namespaces ?? ['metallb-system'], fixed: flags.kind === 'ok' ? flags.values : [] },
    { objects: [objects], namespaces, timers: time, log, metrics },
  );
  const changes: Config[] = [];
  configuration.onChange((config) => changes.push(config));
  return { objects, namespaces, time, log, metrics, configuration, changes };
}

const names = (config: Config): string[] => config.pools.map(({ name }) => name);

it('the configuration is empty and not ready until every informer has its first list', async () => {
  const { configuration, changes, objects } = bed({ objects: [pool('first', ['10.0.0.0/24'])], synced: false });
  const started = configuration.start(new AbortController().signal);
  await settle();
  expect([configuration.ready(), names(configuration.current()), changes.length]).toEqual([false, [], 0]);
  objects.sync();
  await started;
  expect([configuration.ready(), names(configuration.current()), changes.length]).toEqual([true, ['first'], 1]);
});

it('an object that is deleted and made anew within two seconds is in force all the time', async () => {
  const { configuration, objects, time, changes } = bed({ objects: [pool('first', ['10.0.0.0/24']), everything] });
  await configuration.start(new AbortController().signal);
  objects.delete('metallb-system/first');
  objects.delete('metallb-system/everything');
  await time.advance(1_900);
  put(objects, pool('first', ['10.0.0.0/24'], { uid: 'anew' }));
  put(objects, configObject('L2Advertisement', 'everything', {}, { uid: 'anew too' }));
  await time.advance(10_000);
  expect([names(configuration.current()), configuration.current().l2Advertisements.length]).toEqual([['first'], 1]);
  expect(changes).toHaveLength(1);
});

it('an object that lingers gives way to others, and is seen by nobody', async () => {
  const { configuration, objects, time } = bed({ objects: [pool('first', ['10.0.0.0/24'])] });
  await configuration.start(new AbortController().signal);
  objects.delete('metallb-system/first');
  put(objects, pool('renamed', ['10.0.0.0/24']));
  await time.advance(100);
  expect(names(configuration.current())).toEqual(['renamed']);
  expect(configuration.verdicts().map(({ origin, valid }) => [origin.name, valid])).toEqual([['renamed', true]]);
});

it('is settled when what was heard of is looked at, and when it stops', async () => {
  const { configuration, objects, time } = bed();
  const stop = new AbortController();
  await configuration.start(stop.signal);
  await configuration.settled();
  put(objects, pool('first', ['10.0.0.0/24']));
  const seen = configuration.settled().then(() => names(configuration.current()));
  await time.advance(100);
  expect(await seen).toEqual(['first']);
  put(objects, pool('second', ['10.0.1.0/24']));
  const stopped = configuration.settled();
  stop.abort();
  await stopped;
  expect(time.armed).toBe(0);
});

it('is ready without any object, when no CRD is there', async () => {
  const { configuration, changes, metrics } = bed();
  await configuration.start(new AbortController().signal);
  expect([configuration.ready(), changes.length]).toEqual([true, 0]);
  expect(metrics.value('metallb_k8s_client_config_loaded_bool')).toBe(1);
});

it('objects that come together are told as one change', async () => {
  const { configuration, objects, time, changes } = bed();
  await configuration.start(new AbortController().signal);
  put(objects, pool('first', ['10.0.0.0/24']));
  put(objects, pool('second', ['10.0.1.0/24']));
  put(objects, everything);
  await time.advance(100);
  expect(changes.map(names)).toEqual([['first', 'second']]);
  objects.delete('metallb-system/first');
  await time.advance(2_100);
  expect(changes.map(names)).toEqual([['first', 'second'], ['second']]);
});

it('nobody is told when an object changes in a way that changes nothing in force', async () => {
  const { configuration, objects, time, changes, log, metrics } = bed({ objects: [pool('first', ['10.0.0.0/24'])] });
  await configuration.start(new AbortController().signal);
  put(objects, pool('bad', ['10.0.0.5']));
  put(objects, { ...pool('first', ['10.0.0.0/24']), status: { assignedIPv4: 1 } });
  await time.advance(100);
  expect(changes).toHaveLength(1);
  expect(log.lines.filter(({ event }) => event === 'config-object-not-in-force').map(({ fields }) => fields)).toEqual([
    {
      object: 'IPAddressPool metallb-system/bad',
      reason: 'Invalid',
      message: 'spec.addresses[0] "10.0.0.5": is a single address without a prefix length; write "10.0.0.5/32".',
    },
  ]);
  expect(metrics.value('metallb_k8s_client_config_stale_bool')).toBe(1);
  expect(metrics.value('heraldlb_config_objects', { kind: 'IPAddressPool', valid: 'false' })).toBe(1);
});

it('the labels of namespaces decide for which of them a pinned pool is', async () => {
  const pinned = configObject('IPAddressPool', 'pinned', {
    addresses: ['10.0.0.0/24'],
    serviceAllocation: { namespaceSelectors: [{ matchLabels: { team: 'a' } }] },
  });
  const { configuration, namespaces, time } = bed({ objects: [pinned] });
  await configuration.start(new AbortController().signal);
  const admitted = () => configuration.current().pools[0]?.serviceAllocation?.namespaces;
  expect(admitted()).toEqual([]);
  const { namespace: _, ...meta } = pool('shop', []).meta;
  namespaces.set('shop', { meta: { ...meta, labels: { team: 'a' } } });
  await time.advance(100);
  expect(admitted()).toEqual(['shop']);
});

it('a range given as a flag is a pool that is announced, and precedes every object', async () => {
  const { configuration } = bed({
    flags: ['192.168.1.240-192.168.1.250', 'fd00::/120'],
    objects: [pool('overlapping', ['192.168.1.0/24'])],
  });
  await configuration.start(new AbortController().signal);
  expect(names(configuration.current())).toEqual(['command-line']);
  expect(configuration.current().l2Advertisements).toMatchObject([{ ipAddressPools: ['command-line'] }]);
  expect(configuration.assessed()[0]?.verdict.message).toBe(
    'spec.addresses[0] "192.168.1.0-192.168.1.255": overlaps "192.168.1.240-192.168.1.250" of --pool 192.168.1.240-192.168.1.250,fd00::/120, which is in force; take these addresses out of one of the two.',
  );
});

it('a bad range given as a flag is refused with the flag, the value and the remedy', () => {
  const flags = poolsOfFlags(['10.0.0.0/24', '10.1.0.5']);
  expect(flags.kind === 'problems' ? flags.problems.map(describeProblem) : []).toEqual([
    '--pool "10.1.0.5": is a single address without a prefix length; write "10.1.0.5/32"',
  ]);
});

it('objects of every namespace count with *', async () => {
  const elsewhere = pool('first', ['10.0.0.0/24'], { namespace: 'elsewhere' });
  const { configuration } = bed({ objects: [elsewhere], namespaces: ['*'] });
  await configuration.start(new AbortController().signal);
  expect(names(configuration.current())).toEqual(['first']);
});

it('nothing runs on after the signal aborts', async () => {
  const { configuration, objects, time, changes } = bed();
  const stop = new AbortController();
  await configuration.start(stop.signal);
  put(objects, pool('first', ['10.0.0.0/24']));
  stop.abort();
  put(objects, pool('second', ['10.0.1.0/24']));
  await time.advance(1_000);
  expect([changes.length, time.armed]).toEqual([0, 0]);
});
