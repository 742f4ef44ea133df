import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseYaml } from '../../../src/adapters/yaml/positioned-yaml.ts';
import { systemTime } from '../../../src/cli/system-time.ts';
import { ClusterAddresses } from '../../../src/controller/configuration/cluster-addresses.ts';
import { Configuration } from '../../../src/controller/configuration/configuration.ts';
import { LegacyConfigMap } from '../../../src/controller/configuration/legacy-config-map.ts';
import { type ApiUnderTest, eventually, startApiUnderTest } from '../../support/kube/api-under-test.ts';

const REF = { namespace: 'metallb-system', name: 'config' };
const CONFIG_MAPS = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const EXAMPLE = join(import.meta.dirname, '..', '..', '..', 'manifests', 'examples', 'legacy-config.yaml');

const text = (range: string): string => `address-pools:\n- {name: home, protocol: layer2, addresses: [${range}]}\n`;

async function put(api: ApiUnderTest, verb: 'create' | 'update', config: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: REF, data: { config } };
  const name = verb === 'update' ? { name: REF.name } : {};
  await api.user.send({ verb, path: { type: CONFIG_MAPS, namespace: REF.namespace, ...name }, body });
}

async function follow(api: ApiUnderTest): Promise<Configuration> {
  const connection = await api.connect();
  const nodes = connection.nodeInformer();
  const services = connection.serviceInformer();
  const configuration = new Configuration(
    { namespaces: [REF.namespace], fixed: [] },
    {
      objects: [],
      namespaces: connection.namespaceInformer(),
      legacy: new LegacyConfigMap(REF, { configMaps: connection.configMapInformer(REF), parse: parseYaml }),
      clusterAddresses: new ClusterAddresses({ nodes, services, serviceCidrs: connection.serviceCidrInformer() }),
      timers: systemTime,
      log: api.log,
      metrics: api.metrics,
    },
  );
  api.run(connection);
  await configuration.start(api.signal);
  return configuration;
}

test('the legacy ConfigMap is followed, and no pool reaches into the addresses of Pods', async () => {
  await using api = await startApiUnderTest();
  api.server.seed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: REF.namespace } });
  api.server.seed({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'a' },
    spec: { podCIDR: '10.42.0.0/24', podCIDRs: ['10.42.0.0/24'] },
  });
  await put(api, 'create', text('10.0.0.0/28'));
  const configuration = await follow(api);
  const ranges = (): number | undefined => configuration.current().pools[0]?.ranges.length;
  expect(ranges()).toBe(1);
  await put(api, 'update', text('10.0.0.0/28, 10.0.1.0/28'));
  await eventually('the change is in force', () => ranges() === 2);
  await put(api, 'update', text('10.42.0.0/28'));
  await eventually('the pool is out', () => ranges() === undefined);
  expect(configuration.verdicts().find(({ valid }) => !valid)?.message).toContain(
    'overlaps "10.42.0.0-10.42.0.255", where the Pods of node "a" have their addresses (spec.podCIDRs)',
  );
});

test('the example grants to read this one ConfigMap', async () => {
  const documents = parseAllDocuments(await readFile(EXAMPLE, 'utf8')).map((each) => each.toJS() as unknown);
  expect(documents).toMatchObject([
    {
      kind: 'Role',
      metadata: { namespace: REF.namespace },
      rules: [{ resources: ['configmaps'], resourceNames: [REF.name], verbs: ['get', 'list', 'watch'] }],
    },
    { kind: 'RoleBinding', subjects: [{ kind: 'ServiceAccount', name: 'heraldlb-controller' }] },
  ]);
});
