import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemTime } from '../../../src/cli/system-time.ts';
import { BgpAnnouncer } from '../../../src/controller/bgp/bgp-announcer.ts';
import { BgpSessions } from '../../../src/controller/bgp/bgp-sessions.ts';
import { PeerPasswords } from '../../../src/controller/bgp/peer-passwords.ts';
import { PeerStatuses } from '../../../src/controller/bgp/peer-statuses.ts';
import { SessionBook } from '../../../src/controller/bgp/session-book.ts';
import { SessionEvents } from '../../../src/controller/bgp/session-events.ts';
import { Configuration } from '../../../src/controller/configuration/configuration.ts';
import { StatusWriter } from '../../../src/controller/configuration/status-writer.ts';
import { CONFIG_RESOURCES } from '../../../src/core/config/schema/resource-names.ts';
import type { KubeObject } from '../../../src/lab/api/kube-object.ts';
import { readKustomization } from '../../../src/lab/manifests.ts';
import type { Condition } from '../../../src/ports/kubernetes.ts';
import { ModelBgpSpeaker } from '../../support/bgp/model-bgp-speaker.ts';
import { ip } from '../../support/channel/announcer-bed.ts';
import { type ApiUnderTest, eventually, startApiUnderTest } from '../../support/kube/api-under-test.ts';

const MANIFESTS = join(import.meta.dirname, '..', '..', '..', 'manifests');
const NAMESPACE = 'metallb-system';
const CONTROLLER = { token: 'controller', name: 'system:serviceaccount:heraldlb-system:heraldlb-controller' };
const TYPES = {
  BGPPeer: { group: 'metallb.io', version: 'v1beta2', kind: 'BGPPeer', plural: 'bgppeers', namespaced: true },
  BGPAdvertisement: {
    group: 'metallb.io',
    version: 'v1beta1',
    kind: 'BGPAdvertisement',
    plural: 'bgpadvertisements',
    namespaced: true,
  },
  Secret: { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
  Event: { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true },
} as const;

/** The API with everything that we ship, and a user who may do what the controller's role allows. */
async function startApi(): Promise<ApiUnderTest> {
  const user = { name: CONTROLLER.name, groups: ['system:serviceaccounts', 'system:authenticated'], extra: {} };
  const api = await startApiUnderTest({ tokens: { [CONTROLLER.token]: user } });
  for (const folder of ['namespace', 'controller', 'crds/heraldlb.io', 'metallb']) {
    for (const object of await readKustomization(join(MANIFESTS, folder))) api.server.seed(object as KubeObject);
  }
  api.server.seed({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'a' } });
  return api;
}

async function create(api: ApiUnderTest, kind: keyof typeof TYPES, name: string, content: object): Promise<void> {
  const { group, version } = TYPES[kind];
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const body = { apiVersion, kind, metadata: { name, namespace: NAMESPACE }, ...content };
  await api.user.send({ verb: 'create', path: { type: TYPES[kind], namespace: NAMESPACE }, body });
}

async function patch(api: ApiUnderTest, kind: keyof typeof TYPES, name: string, body: object): Promise<void> {
  const path = { type: TYPES[kind], namespace: NAMESPACE, name };
  await api.user.send({ verb: 'patch', path, body, contentType: 'application/merge-patch+json' });
}

async function statusOf(api: ApiUnderTest, name: string) {
  const object = await api.user.send({ verb: 'get', path: { type: TYPES.BGPPeer, namespace: NAMESPACE, name } });
  return (object as { status?: { conditions?: readonly Condition[] } }).status;
}

async function conditionOf(api: ApiUnderTest, name: string, wanted: string): Promise<string | undefined> {
  const condition = (await statusOf(api, name))?.conditions?.find(({ type }) => type === wanted);
  return condition && `${condition.status} ${condition.reason}`;
}

/** The BGP part of a controller over the adapter, by the rights that it is shipped with, and the speaker of node a. */
async function lead(api: ApiUnderTest) {
  const connection = await api.connect({ token: CONTROLLER.token });
  const { log, metrics, signal } = api;
  const common = { log, metrics, timers: systemTime };
  const config = new Configuration(
    { namespaces: [NAMESPACE], fixed: [] },
    {
      ...common,
      objects: CONFIG_RESOURCES.map((type) => connection.configInformer(type)),
      namespaces: connection.namespaceInformer(),
    },
  );
  const secrets = { watch: connection.watchSecret.bind(connection) };
  const passwords = new PeerPasswords({ patienceMs: 5_000 }, { secrets, timers: systemTime });
  const book = new SessionBook();
  const nodes = connection.nodeInformer();
  const endpointSlices = connection.endpointSliceInformer();
  const announcer = new BgpAnnouncer({}, { ...common, config, nodes, endpointSlices, passwords, sessions: book });
  const sessions = new BgpSessions({}, { ...common, directives: announcer.directives, book });
  const peers = new PeerStatuses({ ...common, config, announcer, passwords, book });
  const { events } = connection;
  const store = connection.configObjects(CONFIG_RESOURCES);
  const writer = new StatusWriter(
    { gatherMs: 20, retryMinMs: 20, retryMaxMs: 100 },
    { ...common, configuration: config, store, usage: { usage: () => undefined }, peers, events, time: systemTime },
  );
  announcer.listen(sessions);
  announcer.listen(peers);
  peers.onChange(() => writer.changed());
  peers.start(signal);
  new SessionEvents({ config, configuration: config, book, events, log }).start(signal);
  signal.addEventListener('abort', () => sessions.stop());
  api.run(connection);
  await config.start(signal);
  await announcer.start(signal);
  writer.start(signal);
  const speaker = new ModelBgpSpeaker('a', sessions);
  speaker.dial();
  return { announcer, speaker };
}

const PEER = { myASN: 64512, peerASN: 64513, peerAddress: '192.0.2.1' };
const encoded = (password: string) => ({ data: { password: Buffer.from(password).toString('base64') } });

test('from objects to a speaker and back: routes, a password that comes late and is rotated, statuses and events', async () => {
  await using api = await startApi();
  await create(api, 'BGPPeer', 'tor', { spec: { ...PEER, passwordSecret: { name: 'tor' } } });
  await create(api, 'BGPPeer', 'core', { spec: { ...PEER, peerAddress: '192.0.2.2' } });
  await create(api, 'BGPAdvertisement', 'all', { spec: { communities: ['64512:7'], peers: ['tor'] } });
  const { announcer, speaker } = await lead(api);
  api.server.seed({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], nodeName: 'a', conditions: { ready: true } }],
  });
  announcer.set('default/web', {
    namespace: 'default',
    name: 'web',
    labels: {},
    externalTrafficPolicy: 'Local',
    addresses: [{ address: ip('198.51.100.1'), poolName: 'first', poolLabels: {} }],
  });
  announcer.declared();

  await eventually('the peers are told', () => speaker.settings.peers.length === 2);
  // A session that stands keeps the password that it has; none begins without one.
  expect(speaker.settings.peers.map(({ name, passwordUnknown }) => [name, passwordUnknown === true])).toEqual([
    ['core', false],
    ['tor', true],
  ]);
  await eventually('the route is told', () => speaker.prefixes.length === 1);
  expect(speaker.tells('tor')).toEqual({ '198.51.100.1/32': { communities: ['64512:7'] } });
  await eventually(
    'the missing Secret is told',
    async () => (await conditionOf(api, 'tor', 'Valid')) === 'False ReferenceMissing',
  );
  speaker.report('tor', { state: 'idle', lastError: 'its Secret with the password cannot be read' });
  await eventually(
    'it is told why there is no session',
    async () => (await conditionOf(api, 'tor', 'Established')) === 'False NoPassword',
  );
  expect(await conditionOf(api, 'core', 'Valid')).toBe('True InForce');

  await create(api, 'Secret', 'tor', { type: 'kubernetes.io/basic-auth', ...encoded('hunter2') });
  const passwordIs = (wanted: string) => () => speaker.settings.peers.some(({ password }) => password === wanted);
  await eventually('the password is told', passwordIs('hunter2'));
  await eventually('the peer is valid', async () => (await conditionOf(api, 'tor', 'Valid')) === 'True InForce');
  await patch(api, 'Secret', 'tor', encoded('swordfish'));
  await eventually('the rotated password is told', passwordIs('swordfish'));

  speaker.report('tor', { sinceUnixMs: Date.UTC(2026, 0, 1), prefixesSent: 1 });
  await eventually(
    'the session is shown',
    async () => (await conditionOf(api, 'tor', 'Established')) === 'True AllEstablished',
  );
  expect(await statusOf(api, 'tor')).toMatchObject({
    sessions: { wanted: 1, established: 1 },
    nodes: [{ node: 'a', state: 'established', since: '2026-01-01T00:00:00Z', prefixesSent: 1 }],
  });
  speaker.report('tor', { state: 'idle', lastError: 'hold timer expired' });
  const messages = async (): Promise<string[]> => {
    const list = await api.user.send({ verb: 'list', path: { type: TYPES.Event, namespace: NAMESPACE } });
    return (list as { items: { message: string }[] }).items.map(({ message }) => message);
  };
  await eventually('the event is there', async () =>
    (await messages()).includes('Session with node "a" is down: hold timer expired'),
  );
  expect(JSON.stringify([await messages(), await statusOf(api, 'tor'), api.log.lines])).not.toMatch(
    /hunter2|swordfish/,
  );
});

test('a Secret in a namespace where the controller may not read is said to be out of its reach', async () => {
  await using api = await startApi();
  const role = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'Role', plural: 'roles', namespaced: true };
  await api.user.send({ verb: 'delete', path: { type: role, namespace: NAMESPACE, name: 'heraldlb-bgp-passwords' } });
  await create(api, 'BGPPeer', 'tor', { spec: { ...PEER, passwordSecret: { name: 'tor' } } });
  const { announcer } = await lead(api);
  announcer.declared();
  await eventually('it is told', async () => {
    const valid = (await statusOf(api, 'tor'))?.conditions?.find(({ type }) => type === 'Valid');
    return valid?.message.includes('whether it may list and watch Secrets in namespace "metallb-system"') === true;
  });
});
