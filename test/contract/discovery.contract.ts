import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../kubernetes/api.ts';
import type { Subject } from './contract.ts';
import { refusal } from './support/contract-client.ts';

/** What clients ask before they ask for objects, and kinds that only few things are asked of. */
export function discoveryContract(subject: () => Subject): void {
  describe('discovery', () => {
    it('names the version and the groups', async () => {
      const { admin } = subject();
      expect((await admin.get('/version')).body).toMatchObject({ major: '1', minor: '34', gitVersion: 'v1.34.4' });
      expect((await admin.get('/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
      const { groups } = (await admin.get('/apis')).body;
      expect(groups.map((one: ApiObject) => one.name)).toEqual(
        expect.arrayContaining([
          'apiextensions.k8s.io',
          'authentication.k8s.io',
          'authorization.k8s.io',
          'coordination.k8s.io',
          'discovery.k8s.io',
          'events.k8s.io',
          'rbac.authorization.k8s.io',
        ]),
      );
    });

    it.each([
      ['/api/v1', 'services', true],
      ['/api/v1', 'nodes', false],
      ['/apis/coordination.k8s.io/v1', 'leases', true],
      ['/apis/discovery.k8s.io/v1', 'endpointslices', true],
      ['/apis/rbac.authorization.k8s.io/v1', 'clusterroles', false],
      ['/apis/apiextensions.k8s.io/v1', 'customresourcedefinitions', false],
    ])('of %s says what %s are', async (path, resource, namespaced) => {
      const { resources } = (await subject().admin.get(path)).body;
      const found: ApiObject = resources.find((one: ApiObject) => one.name === resource);
      const { singularName, kind } = found;
      expect(singularName).toBe(kind.toLowerCase());
      expect(found.namespaced).toBe(namespaced);
      expect([...found.verbs].sort()).toEqual([
        'create',
        'delete',
        'deletecollection',
        'get',
        'list',
        'patch',
        'update',
        'watch',
      ]);
    });

    it('of what does not exist is 404, as text where not even the group exists', async () => {
      const { admin } = subject();
      expect(refusal(await admin.get('/api/v1/nothing'))).toEqual({ code: 404, reason: 'NotFound' });
      for (const path of ['/nothing', '/apis/nothing.example/v1', '/apis/nothing.example/v1/things']) {
        const { code, text } = await admin.get(path);
        expect({ code, text }).toEqual({ code: 404, text: '404 page not found\n' });
      }
    });
  });

  describe('an event', () => {
    let namespace = '';
    let events = '';
    beforeAll(async () => {
      namespace = await subject().admin.namespace('events');
      events = `/api/v1/namespaces/${namespace}/events`;
    });
    const about = (): ApiObject => ({ kind: 'Service', apiVersion: 'v1', namespace, name: 'web', uid: 'some-uid' });

    it('is found by what it is about, and under its new name too', async () => {
      const { admin } = subject();
      await admin.mustCreate(events, {
        metadata: { name: 'web.1' },
        involvedObject: about(),
        type: 'Normal',
        reason: 'Tried',
        message: 'first',
        count: 1,
        source: { component: 'test' },
        firstTimestamp: '2026-01-02T03:04:05Z',
        lastTimestamp: '2026-01-02T03:04:05Z',
      });
      const selector = encodeURIComponent(
        'involvedObject.name=web,involvedObject.uid=some-uid,reason=Tried,type=Normal',
      );
      const { items } = (await admin.get(`${events}?fieldSelector=${selector}`)).body;
      expect(items).toHaveLength(1);
      expect(items[0]).toMatchObject({ eventTime: null, reportingComponent: '', reportingInstance: '', count: 1 });
      const { body } = await admin.get(`/apis/events.k8s.io/v1/namespaces/${namespace}/events/web.1`);
      expect(body).toMatchObject({
        regarding: about(),
        note: 'first',
        deprecatedCount: 1,
        deprecatedSource: { component: 'test' },
      });
    });

    it('of events.k8s.io is found in the core group', async () => {
      const { admin } = subject();
      await admin.mustCreate(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`, {
        metadata: { name: 'web.2' },
        regarding: about(),
        type: 'Warning',
        reason: 'Failed',
        action: 'Assign',
        note: 'second',
        eventTime: '2026-01-02T03:04:05.000000Z',
        reportingController: 'example.com/test',
        reportingInstance: 'test-1',
      });
      expect((await admin.get(`${events}/web.2`)).body).toMatchObject({
        involvedObject: about(),
        message: 'second',
        reportingComponent: 'example.com/test',
        eventTime: '2026-01-02T03:04:05.000000Z',
      });
    });

    it('lives in the namespace of what it is about', async () => {
      const answer = await subject().admin.create(events, {
        metadata: { name: 'lost' },
        involvedObject: { ...about(), namespace: 'elsewhere' },
      });
      expect(refusal(answer)).toEqual({
        code: 422,
        reason: 'Invalid',
        causes: ['involvedObject.namespace FieldValueInvalid'],
      });
    });
  });

  describe('an EndpointSlice', () => {
    let slices = '';
    beforeAll(async () => {
      const namespace = await subject().admin.namespace('slices');
      slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    });
    const slice = (name: string, rest: ApiObject = {}): ApiObject => ({
      metadata: { name, labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], nodeName: 'a' }],
      ports: [{ port: 80 }],
      ...rest,
    });

    it('gets conditions and protocol, counts its generation, and shows an empty list as null', async () => {
      const { admin } = subject();
      const made = await admin.mustCreate(slices, slice('web'));
      expect(made).toMatchObject({ metadata: { generation: 1 } });
      expect(made.endpoints).toEqual([{ addresses: ['10.0.0.1'], nodeName: 'a', conditions: {} }]);
      expect(made.ports).toEqual([{ name: '', port: 80, protocol: 'TCP' }]);
      const { body } = await admin.replace(`${slices}/web`, slice('web', { endpoints: [] }));
      expect(body).toMatchObject({ metadata: { generation: 2 }, endpoints: null });
    });

    it.each([
      [{ addressType: 'Other' }, 'addressType FieldValueNotSupported'],
      [{ endpoints: [{ addresses: ['2001:db8::1'] }] }, 'endpoints[0].addresses FieldValueInvalid'],
      [{ endpoints: [{ addresses: ['web'] }] }, 'endpoints[0].addresses[0] FieldValueInvalid'],
      [{ endpoints: [{ addresses: [] }] }, 'endpoints[0].addresses FieldValueRequired'],
    ])('with %j is refused', async (rest, cause) => {
      const answer = await subject().admin.create(slices, slice('refused', rest));
      expect(refusal(answer)).toEqual({ code: 422, reason: 'Invalid', causes: [cause] });
    });
  });

  describe('a Node', () => {
    it('comes with its status, and with a taint until it is ready', async () => {
      const { admin } = subject();
      const name = `node-${await admin.namespace('nodes')}`;
      const addresses = [{ type: 'InternalIP', address: '10.0.0.1' }];
      const made = await admin.mustCreate('/api/v1/nodes', { metadata: { name }, status: { addresses } });
      expect(made.status.addresses).toEqual(addresses);
      expect(made.spec.taints).toEqual([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
    });

    it('keeps its provider', async () => {
      const { admin } = subject();
      const name = `node-${await admin.namespace('nodes')}`;
      await admin.mustCreate('/api/v1/nodes', { metadata: { name }, spec: { providerID: 'a://b' } });
      const answer = await admin.patch(`/api/v1/nodes/${name}`, 'application/merge-patch+json', {
        spec: { providerID: 'a://c' },
      });
      expect(refusal(answer)).toEqual({
        code: 422,
        reason: 'Invalid',
        causes: ['spec.providerID FieldValueForbidden'],
      });
    });
  });
}
