import { expect, test } from 'vitest';
import type { KubernetesApi } from '../../../../src/adapters/kube/kubernetes-api.ts';
import { SERVICES } from '../../../../src/adapters/kube/resource-types.ts';
import { effects } from '../../../../src/lab/api/faults.ts';
import type { Service } from '../../../../src/ports/kubernetes.ts';
import { type ApiUnderTest, eventually, startApiUnderTest } from '../../../support/kube/api-under-test.ts';

const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
const VIP = { ip: '192.0.2.1', ipMode: 'VIP' };

async function createService(api: ApiUnderTest, name: string, metadata: object = {}): Promise<void> {
  await api.user.send({
    verb: 'create',
    path: { type: SERVICES, namespace: 'default' },
    body: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, ...metadata },
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
    },
  });
}

async function readService(api: ApiUnderTest, connection: KubernetesApi, name: string): Promise<Service> {
  const informer = connection.serviceInformer();
  api.run(connection);
  await informer.synced(api.signal);
  const service = informer.get(`default/${name}`);
  if (service === undefined) throw new Error(`no Service ${name}`);
  return service;
}

test('one patch adds our finalizer beside others and sets the status; another takes both away', async () => {
  await using api = await startApiUnderTest();
  await createService(api, 'web', { finalizers: ['example.com/other'] });
  const connection = await api.connect();
  const service = await readService(api, connection, 'web');
  const served = await connection.services.patchStatus(service, { addFinalizer: FINALIZER, ingress: [VIP] });
  expect(served.meta.finalizers).toEqual(['example.com/other', FINALIZER]);
  expect(served.status.ingress).toEqual([VIP]);
  const released = await connection.services.patchStatus(served, { removeFinalizers: [FINALIZER], ingress: [] });
  expect(released.meta.finalizers).toEqual(['example.com/other']);
  expect(released.status.ingress).toEqual([]);
});

test('a patch merges conditions by type and takes them off by type', async () => {
  await using api = await startApiUnderTest();
  await createService(api, 'web');
  const connection = await api.connect();
  const service = await readService(api, connection, 'web');
  const condition = (type: string, reason: string) =>
    ({ type, status: 'False', reason, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }) as const;
  await connection.services.patchStatus(service, { conditions: [condition('a', 'First'), condition('b', 'First')] });
  const changed = await connection.services.patchStatus(service, {
    conditions: [condition('a', 'Second')],
    removeConditions: ['b'],
  });
  expect(changed.status.conditions.map(({ type, reason }) => [type, reason])).toEqual([['a', 'Second']]);
});

test('a patch for an object that was made anew under the same name finds that one no more', async () => {
  await using api = await startApiUnderTest();
  await createService(api, 'web');
  const connection = await api.connect();
  const service = await readService(api, connection, 'web');
  await api.user.send({ verb: 'delete', path: { type: SERVICES, namespace: 'default', name: 'web' } });
  await createService(api, 'web');
  await expect(connection.services.patchStatus(service, { ingress: [VIP] })).rejects.toMatchObject({
    kind: 'not-found',
    message: expect.stringContaining('another Service has the name by now'),
  });
  await expect(
    connection.services.patchStatus({ ...service, meta: { ...service.meta, name: 'gone' } }, { ingress: [VIP] }),
  ).rejects.toMatchObject({ kind: 'not-found' });
});

test('a Lease is made once, updated by who read it last, and read back as it was written', async () => {
  await using api = await startApiUnderTest();
  const { leases } = await api.connect();
  const ref = { namespace: 'default', name: 'heraldlb-controller' };
  const record = {
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:00.000000Z',
    leaseTransitions: 0,
  };
  expect(await leases.get(ref, api.signal)).toBeUndefined();
  const made = await leases.create(ref, record, api.signal);
  await expect(leases.create(ref, record, api.signal)).rejects.toMatchObject({ kind: 'already-exists' });
  const updated = await leases.update(made, { ...record, holderIdentity: '' }, api.signal);
  await expect(leases.update(made, record, api.signal)).rejects.toMatchObject({ kind: 'conflict' });
  expect(await leases.get(ref, api.signal)).toEqual(updated);
  expect(updated.record).toEqual({ ...record, holderIdentity: '' });
});

test('Secrets and ConfigMaps are made, read and replaced with optimistic locking', async () => {
  await using api = await startApiUnderTest();
  const { secrets, configMaps } = await api.connect();
  const ref = { namespace: 'default', name: 'ca' };
  const secret = await secrets.create({
    ref,
    labels: { a: 'b' },
    type: 'Opaque',
    data: { key: new Uint8Array([0, 255, 1]) },
  });
  expect(await secrets.get(ref)).toEqual(secret);
  expect(secret.data.key).toEqual(new Uint8Array([0, 255, 1]));
  const replaced = await secrets.update({ ...secret, data: { other: new Uint8Array([2]) } });
  expect(Object.keys(replaced.data)).toEqual(['other']);
  expect(replaced.meta.labels).toEqual({ a: 'b' });
  await expect(secrets.update(secret)).rejects.toMatchObject({ kind: 'conflict' });
  expect(await configMaps.get(ref)).toBeUndefined();
  const configMap = await configMaps.create({ ref, data: { 'ca.crt': 'PEM' } });
  expect((await configMaps.update({ ...configMap, data: { 'ca.crt': 'NEW' } })).data).toEqual({ 'ca.crt': 'NEW' });
  await expect(configMaps.create({ ref, data: {} })).rejects.toMatchObject({ kind: 'already-exists' });
});

test('an EndpointSlice is put whole, whoever wrote it before, and deleted twice', async () => {
  await using api = await startApiUnderTest();
  const connection = await api.connect();
  const informer = connection.endpointSliceInformer();
  api.run(connection);
  await informer.synced(api.signal);
  const ref = { namespace: 'default', name: 'heraldlb-controller' };
  const slice = (address: string) =>
    ({
      ref,
      serviceName: 'heraldlb-controller',
      managedBy: 'heraldlb.io',
      addressType: 'IPv4',
      endpoints: [{ addresses: [address], ready: true, nodeName: address === '10.0.0.1' ? 'node-a' : 'node-b' }],
      ports: [{ name: 'grpc', protocol: 'TCP', port: 7950 }],
    }) as const;
  await connection.endpointSlices.put(slice('10.0.0.1'));
  await connection.endpointSlices.put(slice('10.0.0.2'));
  await eventually(
    'the slice is told',
    () => informer.get('default/heraldlb-controller')?.endpoints[0]?.nodeName === 'node-b',
  );
  expect(informer.get('default/heraldlb-controller')?.serviceName).toBe('heraldlb-controller');
  await connection.endpointSlices.delete(ref);
  await connection.endpointSlices.delete(ref);
  await eventually('the slice is gone', () => informer.get('default/heraldlb-controller') === undefined);
});

test('a token is reviewed and a permission asked for', async () => {
  const nobody = { name: 'nobody', groups: ['system:authenticated'], extra: {} };
  await using api = await startApiUnderTest({ tokens: { 'nobody-token': nobody } });
  const admin = await api.connect();
  expect(await admin.tokenReviewer.review('no such token', ['heraldlb'])).toMatchObject({ authenticated: false });
  const permission = { verb: 'patch', group: '', resource: 'services/status' };
  expect(await admin.accessReviewer.allowed(permission)).toBe(true);
  const restricted = await api.connect({ token: 'nobody-token' });
  expect(await restricted.accessReviewer.allowed(permission)).toBe(false);
});

test('a write that is not allowed names verb and resource in one line', async () => {
  const nobody = { name: 'nobody', groups: ['system:authenticated'], extra: {} };
  await using api = await startApiUnderTest({ tokens: { 'nobody-token': nobody } });
  await createService(api, 'web');
  const service = await readService(api, await api.connect(), 'web');
  const restricted = await api.connect({ token: 'nobody-token' });
  await expect(restricted.services.patchStatus(service, { ingress: [VIP] })).rejects.toMatchObject({
    kind: 'forbidden',
    message: expect.stringMatching(/^patch services\/status default\/web: not allowed \(403\): [^\n]*nobody[^\n]*$/),
  });
});

test('a busy server says when to come back, and a lost answer is an API that is away', async () => {
  await using api = await startApiUnderTest();
  await createService(api, 'web');
  const connection = await api.connect();
  const service = await readService(api, connection, 'web');
  const match = { resources: ['services/status'] };
  api.server.faults.inject({ match, effect: effects.tooManyRequests(7), times: 1 });
  await expect(connection.services.patchStatus(service, { ingress: [VIP] })).rejects.toMatchObject({
    kind: 'throttled',
    retryAfterMs: 7_000,
  });
  api.server.faults.inject({ match, effect: effects.unavailable(), times: 1 });
  await expect(connection.services.patchStatus(service, { ingress: [VIP] })).rejects.toMatchObject({
    kind: 'unavailable',
  });
  api.server.faults.inject({ match, effect: effects.conflict(), times: 1 });
  await expect(connection.services.patchStatus(service, { ingress: [VIP] })).rejects.toMatchObject({
    kind: 'conflict',
  });
});

test('events are written once and then counted up', async () => {
  await using api = await startApiUnderTest();
  const connection = await api.connect();
  api.run(connection);
  const object = { kind: 'Service', apiVersion: 'v1', namespace: 'default', name: 'web', uid: 'u' };
  const stored = () =>
    api.server.store.collection('', 'events').list('default') as unknown as readonly Record<string, unknown>[];
  connection.events.record(object, { type: 'Warning', reason: 'AllocationFailed', message: 'no address is free' });
  await eventually('the event is there', () => stored().length === 1);
  for (let times = 0; times < 5; times += 1) {
    connection.events.record(object, { type: 'Warning', reason: 'AllocationFailed', message: 'no address is free' });
  }
  await eventually('it is counted up', () => stored()[0]?.count === 6);
  expect(stored()).toHaveLength(1);
  expect(stored()[0]).toMatchObject({
    involvedObject: { kind: 'Service', name: 'web', uid: 'u' },
    reason: 'AllocationFailed',
    source: { component: 'service-controller' },
    type: 'Warning',
  });
});
