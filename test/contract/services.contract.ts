import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../kubernetes/api.ts';
import type { Subject } from './contract.ts';
import { MERGE_PATCH, STRATEGIC_MERGE_PATCH } from './support/contract-client.ts';

const PORTS = [{ port: 80 }];
const BALANCER = { type: 'LoadBalancer', ports: PORTS };

/** What a Service becomes, and what a load balancer's controller may write into it. */
export function serviceContract(subject: () => Subject): void {
  let services = '';
  beforeAll(async () => {
    services = `/api/v1/namespaces/${await subject().admin.namespace('services')}/services`;
  });
  const create = (name: string, spec: ApiObject, metadata: ApiObject = {}): Promise<ApiObject> =>
    subject().admin.mustCreate(services, { metadata: { name, ...metadata }, spec });
  const patch = async (name: string, change: ApiObject): Promise<ApiObject> =>
    (await subject().admin.patch(`${services}/${name}`, MERGE_PATCH, change)).body;
  const patchStatus = async (name: string, change: ApiObject): Promise<ApiObject> =>
    (await subject().admin.patch(`${services}/${name}/status`, STRATEGIC_MERGE_PATCH, change)).body;

  describe('a new Service', () => {
    it('of type LoadBalancer has every default', async () => {
      const { spec, status } = await create('defaults', BALANCER);
      expect(spec).toEqual({
        type: 'LoadBalancer',
        allocateLoadBalancerNodePorts: true,
        clusterIP: expect.stringMatching(/^10\.96\./),
        clusterIPs: [spec.clusterIP],
        externalTrafficPolicy: 'Cluster',
        internalTrafficPolicy: 'Cluster',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        sessionAffinity: 'None',
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80, nodePort: expect.any(Number) }],
      });
      expect(spec.ports[0].nodePort).toBeGreaterThanOrEqual(30_000);
      expect(spec.ports[0].nodePort).toBeLessThanOrEqual(32_767);
      expect(status).toEqual({ loadBalancer: {} });
    });

    it('of type ClusterIP has no node port and no external policy', async () => {
      const { spec } = await create('internal', { ports: PORTS });
      expect(spec).toEqual({
        type: 'ClusterIP',
        clusterIP: expect.any(String),
        clusterIPs: [spec.clusterIP],
        internalTrafficPolicy: 'Cluster',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        sessionAffinity: 'None',
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      });
    });

    it('with externalTrafficPolicy Local has a port for health checks', async () => {
      const { spec } = await create('local', { ...BALANCER, externalTrafficPolicy: 'Local' });
      expect(spec.healthCheckNodePort).toBeGreaterThanOrEqual(30_000);
      expect(spec.healthCheckNodePort).not.toBe(spec.ports[0].nodePort);
    });

    it('has no node port when it asks for none', async () => {
      const { spec } = await create('bare', { ...BALANCER, allocateLoadBalancerNodePorts: false });
      expect(spec.ports).toEqual([{ port: 80, protocol: 'TCP', targetPort: 80 }]);
    });

    it('without selector and address stands for both families', async () => {
      const { spec } = await create('headless', { clusterIP: 'None' });
      expect(spec).toMatchObject({
        clusterIPs: ['None'],
        ipFamilies: ['IPv4', 'IPv6'],
        ipFamilyPolicy: 'RequireDualStack',
      });
    });

    it('that would prefer two families has one where there is one', async () => {
      const { spec } = await create('prefer', { ports: PORTS, ipFamilyPolicy: 'PreferDualStack' });
      expect(spec).toMatchObject({ ipFamilies: ['IPv4'], ipFamilyPolicy: 'PreferDualStack' });
    });

    it('comes without status', async () => {
      const sent = {
        metadata: { name: 'claims' },
        spec: BALANCER,
        status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
      };
      expect((await subject().admin.create(services, sent)).body.status).toEqual({ loadBalancer: {} });
    });

    it('has no generation', async () => {
      expect((await create('ungenerated', BALANCER)).metadata).not.toHaveProperty('generation');
    });
  });

  describe('a write of services/status', () => {
    it('sets the ingress, with ipMode VIP where an address has none', async () => {
      await create('served', BALANCER);
      const change = { status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } };
      const { status } = await patchStatus('served', change);
      expect(status.loadBalancer.ingress).toEqual([{ ip: '192.0.2.1', ipMode: 'VIP' }]);
    });

    it('replaces the list of ingresses as a whole', async () => {
      const change = (ip: string): ApiObject => ({ status: { loadBalancer: { ingress: [{ ip, ipMode: 'VIP' }] } } });
      await create('moved', BALANCER);
      await patchStatus('moved', change('192.0.2.1'));
      const { status } = await patchStatus('moved', change('192.0.2.2'));
      expect(status.loadBalancer.ingress).toEqual([{ ip: '192.0.2.2', ipMode: 'VIP' }]);
    });

    it('changes labels, annotations and finalizers, but not the spec', async () => {
      await create('marked', BALANCER);
      const metadata = { labels: { a: 'b' }, annotations: { c: 'd' }, finalizers: ['e.io/f'] };
      const body = await patchStatus('marked', { metadata, spec: { sessionAffinity: 'ClientIP' } });
      expect(body.metadata).toMatchObject(metadata);
      expect(body.spec.sessionAffinity).toBe('None');
    });

    it('adds and removes our finalizer beside those of others', async () => {
      await create('shared', BALANCER, { finalizers: ['other.io/one'] });
      const ours = 'service.kubernetes.io/load-balancer-cleanup';
      const order = '$setElementOrder/finalizers';
      const added = await patchStatus('shared', { metadata: { finalizers: [ours], [order]: ['other.io/one', ours] } });
      expect(added.metadata.finalizers).toEqual(['other.io/one', ours]);
      const taken = { '$deleteFromPrimitiveList/finalizers': [ours], [order]: ['other.io/one'] };
      expect((await patchStatus('shared', { metadata: taken })).metadata.finalizers).toEqual(['other.io/one']);
    });

    it('is emptied by an empty load balancer', async () => {
      await create('emptied', BALANCER);
      await patchStatus('emptied', { status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } });
      const { status } = await patchStatus('emptied', { status: { loadBalancer: { ingress: null } } });
      expect(status).toEqual({ loadBalancer: {} });
    });
  });

  describe('a write of a Service', () => {
    it('leaves its status alone', async () => {
      await create('kept', BALANCER);
      await patchStatus('kept', { status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } });
      const body = await patch('kept', { spec: { sessionAffinity: 'ClientIP' }, status: { loadBalancer: null } });
      expect(body.status.loadBalancer.ingress).toEqual([{ ip: '192.0.2.1', ipMode: 'VIP' }]);
      expect(body.spec.sessionAffinityConfig).toEqual({ clientIP: { timeoutSeconds: 10_800 } });
    });

    it('keeps what the server filled in when a PUT leaves it out', async () => {
      const before = await create('put', BALANCER);
      const { body } = await subject().admin.replace(`${services}/put`, {
        metadata: { name: 'put' },
        spec: { ...BALANCER, sessionAffinity: 'ClientIP' },
      });
      const { clusterIP, clusterIPs, ports } = before.spec;
      expect(body.spec).toMatchObject({ clusterIP, clusterIPs, ports, sessionAffinity: 'ClientIP' });
    });

    it('to type ClusterIP drops status, class, node ports and external policy', async () => {
      await create('tamed', { ...BALANCER, loadBalancerClass: 'a.io/b', externalTrafficPolicy: 'Local' });
      await patchStatus('tamed', { status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } });
      const { spec, status } = await patch('tamed', { spec: { type: 'ClusterIP' } });
      expect(status).toEqual({ loadBalancer: {} });
      expect(spec.ports).toEqual([{ port: 80, protocol: 'TCP', targetPort: 80 }]);
      for (const member of [
        'loadBalancerClass',
        'externalTrafficPolicy',
        'healthCheckNodePort',
        'allocateLoadBalancerNodePorts',
      ]) {
        expect(spec).not.toHaveProperty(member);
      }
    });

    it('to externalTrafficPolicy Cluster gives the health check port back', async () => {
      await create('global', { ...BALANCER, externalTrafficPolicy: 'Local' });
      const { spec } = await patch('global', { spec: { externalTrafficPolicy: 'Cluster' } });
      expect(spec).not.toHaveProperty('healthCheckNodePort');
    });

    it('to type LoadBalancer gives it node ports', async () => {
      await create('grown', { ports: PORTS });
      const { spec } = await patch('grown', { spec: { type: 'LoadBalancer' } });
      expect(spec.ports[0].nodePort).toBeGreaterThanOrEqual(30_000);
      expect(spec.externalTrafficPolicy).toBe('Cluster');
    });
  });
}
