import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NODES } from '../../../src/adapters/kube/resource-types.ts';
import { systemTime } from '../../../src/cli/system-time.ts';
import { Configuration } from '../../../src/controller/configuration/configuration.ts';
import { ConfigurationStates } from '../../../src/controller/configuration/configuration-states.ts';
import { SpeakerRegistry } from '../../../src/controller/speakers/speaker-registry.ts';
import { configurationState } from '../../../src/core/config/schema/configuration-state.ts';
import { CONFIG_RESOURCES, resourcesOf } from '../../../src/core/config/schema/resource-names.ts';
import type { KubeObject } from '../../../src/lab/api/kube-object.ts';
import { readKustomization } from '../../../src/lab/manifests.ts';
import type { Condition } from '../../../src/ports/kubernetes.ts';
import { ModelSpeaker } from '../../support/channel/model-speaker.ts';
import { type ApiUnderTest, eventually, startApiUnderTest } from '../../support/kube/api-under-test.ts';

const MANIFESTS = join(import.meta.dirname, '..', '..', '..', 'manifests');
const NAMESPACE = 'heraldlb-system';
const CONTROLLER = { token: 'controller', name: 'system:serviceaccount:heraldlb-system:heraldlb-controller' };
const TYPES = resourcesOf(configurationState);
const STATE = { group: 'metallb.io', version: 'v1beta1', kind: 'ConfigurationState', plural: 'configurationstates' };
const POOL = { group: 'metallb.io', version: 'v1beta1', kind: 'IPAddressPool', plural: 'ipaddresspools' };

interface State {
  readonly metadata: {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels: object;
    readonly ownerReferences?: readonly object[];
  };
  readonly status: {
    readonly result: string;
    readonly errorSummary?: string;
    readonly conditions: readonly Condition[];
  };
}

/** The API with the CRDs and the roles that we ship, and a node whose speaker has a session. */
async function lead(): Promise<ApiUnderTest> {
  const user = { name: CONTROLLER.name, groups: ['system:serviceaccounts', 'system:authenticated'], extra: {} };
  const api = await startApiUnderTest({ tokens: { [CONTROLLER.token]: user } });
  for (const folder of ['namespace', 'controller', 'crds/heraldlb.io', 'crds/metallb.io']) {
    for (const object of await readKustomization(join(MANIFESTS, folder))) api.server.seed(object as KubeObject);
  }
  api.server.seed({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } });
  const connection = await api.connect({ token: CONTROLLER.token });
  const { log, metrics, signal } = api;
  const common = { clock: systemTime, timers: systemTime, log, metrics };
  const registry = new SpeakerRegistry({}, common);
  const nodes = connection.nodeInformer();
  const groups = TYPES.map((type) => ({ type, objects: connection.configInformer(type, NAMESPACE) }));
  const configuration = new Configuration(
    { namespaces: [NAMESPACE], fixed: [] },
    {
      ...common,
      objects: CONFIG_RESOURCES.map((type) => connection.configInformer(type)),
      namespaces: connection.namespaceInformer(),
    },
  );
  api.run(connection);
  await Promise.all([nodes, ...groups.map(({ objects }) => objects)].map((informer) => informer.synced(signal)));
  await configuration.start(signal);
  const peers = { peerStatus: () => undefined, onChange: () => undefined };
  new ConfigurationStates(
    { namespace: NAMESPACE, gatherMs: 20, paceMs: 5, speakersWithinMs: 60_000 },
    { ...common, groups, store: connection.statusObjects, configuration, nodes, peers, speakers: registry },
  ).start(signal);
  const speaker = new ModelSpeaker('node-a');
  speaker.dial(registry);
  const beat = setInterval(() => speaker.beat(), 200);
  signal.addEventListener('abort', () => {
    clearInterval(beat);
    registry.stop();
  });
  return api;
}

async function stateOf(api: ApiUnderTest, name: string): Promise<State | undefined> {
  const path = { type: { ...STATE, namespaced: true }, namespace: NAMESPACE, name };
  return (await api.user.send({ verb: 'get', path }).catch(() => undefined)) as State | undefined;
}

async function putPool(api: ApiUnderTest, verb: 'create' | 'patch', addresses: readonly string[]): Promise<void> {
  const [type, name] = [{ ...POOL, namespaced: true }, 'first'];
  const body = { apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', metadata: { name }, spec: { addresses } };
  const path = { type, namespace: NAMESPACE, ...(verb === 'patch' ? { name } : {}) };
  const contentType = verb === 'patch' ? { contentType: 'application/merge-patch+json' } : {};
  await api.user.send({ verb, path, body, ...contentType });
}

const says = (api: ApiUnderTest, name: string, result: string) =>
  eventually(`${name} is ${result}`, async () => (await stateOf(api, name))?.status?.result === result);

test('ConfigurationState objects follow the configuration, by the rights that we ship, and are made again', async () => {
  await using api = await lead();
  await says(api, 'controller', 'Valid');
  await says(api, 'speaker-node-a', 'Valid');
  const speaker = await stateOf(api, 'speaker-node-a');
  expect(speaker?.metadata).toMatchObject({
    labels: { 'metallb.io/component-type': 'speaker', 'metallb.io/node-name': 'node-a' },
    ownerReferences: [{ kind: 'Node', name: 'node-a' }],
  });
  expect(speaker?.status.conditions).toMatchObject([{ type: 'configReconcilerValid', status: 'True' }]);

  await putPool(api, 'create', ['10.1.0.9-10.1.0.1']);
  await says(api, 'controller', 'Invalid');
  const wrong = await stateOf(api, 'controller');
  expect(wrong?.status).toMatchObject({
    errorSummary:
      'IPAddressPool heraldlb-system/first: spec.addresses[0] "10.1.0.9-10.1.0.1": runs backwards; write "10.1.0.1-10.1.0.9".',
    conditions: [{ type: 'poolReconcilerValid', status: 'False', reason: 'ConfigurationError' }],
  });
  await putPool(api, 'patch', ['10.1.0.1-10.1.0.9']);
  await says(api, 'controller', 'Valid');
  expect((await stateOf(api, 'controller'))?.status).not.toHaveProperty('errorSummary');

  for (const name of ['controller', 'speaker-node-a']) {
    const before = await stateOf(api, name);
    const path = { type: { ...STATE, namespaced: true }, namespace: NAMESPACE, name };
    await api.user.send({ verb: 'delete', path });
    await says(api, name, 'Valid');
    expect((await stateOf(api, name))?.metadata.uid).not.toBe(before?.metadata.uid);
  }
  expect((await stateOf(api, 'speaker-node-a'))?.metadata.resourceVersion).not.toBe(speaker?.metadata.resourceVersion);

  await api.user.send({
    verb: 'delete',
    path: { type: NODES, name: 'node-a' },
  });
  await eventually('it goes with its Node', async () => (await stateOf(api, 'speaker-node-a')) === undefined);
});
