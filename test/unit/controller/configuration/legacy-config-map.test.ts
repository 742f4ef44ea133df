import { expect, it } from 'vitest';
import { parseYaml } from '../../../../src/adapters/yaml/positioned-yaml.ts';
import { Configuration } from '../../../../src/controller/configuration/configuration.ts';
import { LegacyConfigEvents } from '../../../../src/controller/configuration/legacy-config-events.ts';
import { LegacyConfigMap } from '../../../../src/controller/configuration/legacy-config-map.ts';
import type { ConfigObject } from '../../../../src/ports/informer.ts';
import type { KubernetesEvent, Namespace } from '../../../../src/ports/kubernetes.ts';
import type { ConfigMap } from '../../../../src/ports/stores.ts';
import { configObject, pool } from '../../../support/config-objects.ts';
import { FakeInformer } from '../../../support/fake-informer.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { RecordingLog, RecordingMetrics } from '../../../support/recording-telemetry.ts';

const KEY = 'metallb-system/config';

function configMap(data: Readonly<Record<string, string>>): ConfigMap {
  return { meta: configObject('ConfigMap', 'config', undefined).meta, data };
}

const home = (addresses: string, protocol = 'layer2'): string =>
  `address-pools:\n- name: home\n  protocol: ${protocol}\n  addresses: [${addresses}]\n`;
const SLIP = 'address-pools:\n- name: home\nprotocol: layer2\n';

async function bed(first: ConfigMap | undefined, objects: readonly ConfigObject[] = []) {
  const configMaps = new FakeInformer<ConfigMap>(first === undefined ? [] : [[KEY, first]]);
  const time = new ManualTime();
  const log = new RecordingLog();
  const legacy = new LegacyConfigMap({ namespace: 'metallb-system', name: 'config' }, { configMaps, parse: parseYaml });
  const configuration = new Configuration(
    { namespaces: ['heraldlb-system'], fixed: [] },
    {
      objects: [new FakeInformer<ConfigObject>(objects.map((object) => [object.meta.uid, object]))],
      namespaces: new FakeInformer<Namespace>(),
      legacy,
      timers: time,
      log,
      metrics: new RecordingMetrics(),
    },
  );
  const events: KubernetesEvent[] = [];
  const stop = new AbortController();
  await configuration.start(stop.signal);
  const sink = { record: (_object: unknown, event: KubernetesEvent) => events.push(event) };
  new LegacyConfigEvents({ configuration, legacy, events: sink }).start(stop.signal);
  const put = async (data: Readonly<Record<string, string>>): Promise<void> => {
    configMaps.set(KEY, configMap(data));
    await time.advance(100);
  };
  const pools = (): string[] => configuration.current().pools.map(({ name }) => name);
  return { configMaps, configuration, events, log, pools, put, stop, time };
}

it('a legacy ConfigMap is in force unedited, with its advertisements', async () => {
  const it = await bed(configMap({ config: home('10.0.0.0/24') }));
  expect(it.pools()).toEqual(['home']);
  expect(it.configuration.current().l2Advertisements).toMatchObject([{ ipAddressPools: ['home'] }]);
  expect(it.events).toEqual([]);
});

it('it is watched', async () => {
  const it = await bed(configMap({ config: home('10.0.0.0/24') }));
  await it.put({ config: `${home('10.0.0.0/24')}- {name: more, protocol: bgp, addresses: [10.0.1.0/24]}\n` });
  expect(it.pools()).toEqual(['home', 'more']);
});

it('while its text is wrong, the last sound one stays in force, and an event says what is wrong where', async () => {
  const it = await bed(configMap({ config: home('10.0.0.0/24') }));
  await it.put({ config: SLIP });
  expect(it.pools()).toEqual(['home']);
  expect(it.events).toEqual([
    {
      type: 'Warning',
      reason: 'Invalid',
      message:
        'line 3, column 1, protocol: stands outside the entry of "address-pools" that begins on line 2, to which it belongs; indent it, with all that is below it, so that it stands below "name" in column 3; what was written before stays in force until this is put right or the controller restarts.',
    },
  ]);
  await it.put({ config: home('10.0.9.0/24') });
  expect(it.configuration.current().pools[0]?.ranges[0]?.first).toBe(0x0a000900);
  expect(it.events.at(-1)).toEqual({ type: 'Normal', reason: 'InForce', message: 'All of it is in force' });
});

it('while it is away, the last sound text stays in force', async () => {
  const it = await bed(configMap({ config: home('10.0.0.0/24') }));
  it.configMaps.delete(KEY);
  await it.time.advance(100);
  expect(it.pools()).toEqual(['home']);
  expect(it.log.lines.at(-1)?.fields).toMatchObject({ object: 'ConfigMap metallb-system/config' });
});

it('at a start with a wrong text its sound parts are in force', async () => {
  const it = await bed(
    configMap({ config: `${home('10.0.0.0/24')}- {name: bad, protocol: layer2, addresses: [10.0.1.7]}\n` }),
  );
  expect(it.pools()).toEqual(['home']);
  expect(it.events[0]?.message).toBe(
    'line 5, column 45, address-pools[1].addresses[0] "10.0.1.7": is a single address without a prefix length; write "10.0.1.7/32".',
  );
});

it.each([
  [undefined, 'metadata.name: there is no such ConfigMap; create it, or start the controller without --legacy-config.'],
  [
    configMap({ 'config.yaml': '' }),
    'data ["config.yaml"]: has no key "config"; write the configuration under "config: |".',
  ],
])('a ConfigMap without a configuration is told so', async (first, message) => {
  const it = await bed(first);
  expect(it.configuration.verdicts().map((verdict) => verdict.message)).toEqual([message]);
});

it('objects beside it that say the same are told that the ConfigMap is in force', async () => {
  const object = pool('home', ['10.0.0.0/24'], { namespace: 'heraldlb-system' });
  const it = await bed(configMap({ config: home('10.0.0.0/24') }), [object]);
  expect(it.configuration.assessed()[0]?.verdict.message).toBe(
    'metadata.name "home": ConfigMap metallb-system/config (address-pools[0]) (v1) is in force under this name, and names count across namespaces; rename or delete one of the two.',
  );
});

it('nothing is told after the end', async () => {
  const it = await bed(configMap({ config: home('10.0.0.0/24') }));
  it.stop.abort();
  await it.put({ config: SLIP });
  expect(it.events).toEqual([]);
});
