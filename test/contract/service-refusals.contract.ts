import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiObject } from '../kubernetes/api.ts';
import type { Subject } from './contract.ts';
import { MERGE_PATCH, refusal, STRATEGIC_MERGE_PATCH } from './support/contract-client.ts';

const PORTS = [{ port: 80 }];
const BALANCER = { type: 'LoadBalancer', ports: PORTS };

/** Services that the API refuses, each with the field that it names. */
export function serviceRefusalContract(subject: () => Subject): void {
  let services = '';
  let count = 0;
  beforeAll(async () => {
    services = `/api/v1/namespaces/${await subject().admin.namespace('refused')}/services`;
  });
  const fresh = async (spec: ApiObject): Promise<string> => {
    count += 1;
    const name = `service-${count}`;
    await subject().admin.mustCreate(services, { metadata: { name }, spec });
    return `${services}/${name}`;
  };
  const invalid = (...causes: readonly string[]): ApiObject => ({ code: 422, reason: 'Invalid', causes });

  describe('a new Service is refused', () => {
    it.each(refusedSpecs())('for $cause', async ({ spec, cause }) => {
      const answer = await subject().admin.create(services, { metadata: { name: 'refused' }, spec });
      expect(refusal(answer)).toEqual(invalid(cause));
    });

    it('for a name that starts with a digit', async () => {
      const answer = await subject().admin.create(services, { metadata: { name: '9web' }, spec: BALANCER });
      expect(refusal(answer)).toEqual(invalid('metadata.name FieldValueInvalid'));
    });

    it('for a node port that another Service holds', async () => {
      const path = await fresh({ type: 'NodePort', ports: PORTS });
      const { nodePort } = (await subject().admin.get(path)).body.spec.ports[0];
      const spec = { type: 'NodePort', ports: [{ port: 80, nodePort }] };
      const answer = await subject().admin.create(services, { metadata: { name: 'second' }, spec });
      expect(refusal(answer)).toEqual(invalid('spec.ports[0].nodePort FieldValueInvalid'));
      await subject().admin.delete(path);
      const again = await subject().admin.create(services, { metadata: { name: 'second' }, spec });
      expect(again.code).toBe(201);
    });

    it('for the cluster address of another Service', async () => {
      const path = await fresh({ ports: PORTS });
      const { clusterIP } = (await subject().admin.get(path)).body.spec;
      const spec = { ports: PORTS, clusterIP };
      const answer = await subject().admin.create(services, { metadata: { name: 'copy' }, spec });
      expect(refusal(answer)).toEqual(invalid('spec.clusterIPs FieldValueInvalid'));
    });
  });

  describe('a change of a Service is refused', () => {
    it.each([
      { from: BALANCER, to: { loadBalancerClass: 'a.io/b' }, cause: 'spec.loadBalancerClass FieldValueInvalid' },
      {
        from: { ...BALANCER, loadBalancerClass: 'a.io/b' },
        to: { loadBalancerClass: 'a.io/c' },
        cause: 'spec.loadBalancerClass FieldValueInvalid',
      },
      {
        from: { ports: PORTS },
        to: { loadBalancerClass: 'a.io/b' },
        cause: 'spec.loadBalancerClass FieldValueForbidden',
      },
      { from: BALANCER, to: { clusterIP: '10.96.255.9' }, cause: 'spec.clusterIPs[0] FieldValueInvalid' },
      {
        from: { ...BALANCER, externalTrafficPolicy: 'Local' },
        to: { healthCheckNodePort: 30_999 },
        cause: 'spec.healthCheckNodePort FieldValueForbidden',
      },
    ])('from $from to $to', async ({ from, to, cause }) => {
      const path = await fresh(from);
      const answer = await subject().admin.patch(path, MERGE_PATCH, { spec: to });
      expect(refusal(answer)).toEqual(invalid(cause));
    });
  });

  describe('a status of a Service is refused', () => {
    it.each([
      { ingress: { ip: 'not-an-address' }, cause: 'ip FieldValueInvalid' },
      { ingress: { ip: '192.0.2.1', ipMode: 'Direct' }, cause: 'ipMode FieldValueNotSupported' },
      { ingress: { hostname: 'a.example', ipMode: 'VIP' }, cause: 'ipMode FieldValueForbidden' },
      { ingress: { hostname: '192.0.2.1' }, cause: 'hostname FieldValueInvalid' },
      { ingress: { hostname: 'Not_A_Host' }, cause: 'hostname FieldValueInvalid' },
    ])('for the ingress $ingress', async ({ ingress, cause }) => {
      const path = await fresh(BALANCER);
      const change = { status: { loadBalancer: { ingress: [ingress] } } };
      const answer = await subject().admin.patch(`${path}/status`, STRATEGIC_MERGE_PATCH, change);
      expect(refusal(answer)).toEqual(invalid(`status.loadBalancer.ingress[0].${cause}`));
    });

    it('for any ingress where the type is not LoadBalancer', async () => {
      const path = await fresh({ ports: PORTS });
      const change = { status: { loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }] } } };
      const answer = await subject().admin.patch(`${path}/status`, STRATEGIC_MERGE_PATCH, change);
      expect(refusal(answer)).toEqual(invalid('status.loadBalancer.ingress FieldValueForbidden'));
    });
  });
}

function refusedSpecs(): { readonly spec: ApiObject; readonly cause: string }[] {
  const named = (...names: readonly string[]) => names.map((name, at) => ({ name, port: 80 + at }));
  return [
    { spec: { ports: [] }, cause: 'spec.ports FieldValueRequired' },
    { spec: { ports: [{ port: 80, nodePort: 30_998 }] }, cause: 'spec.ports[0].nodePort FieldValueForbidden' },
    {
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
      cause: 'spec.ports[0].nodePort FieldValueInvalid',
    },
    { spec: { ports: [{ port: 70_000, targetPort: 80 }] }, cause: 'spec.ports[0].port FieldValueInvalid' },
    { spec: { ports: [{ port: 80, targetPort: 'Upper_Case' }] }, cause: 'spec.ports[0].targetPort FieldValueInvalid' },
    { spec: { ports: [{ port: 80, protocol: 'ICMP' }] }, cause: 'spec.ports[0].protocol FieldValueNotSupported' },
    { spec: { ports: [{ port: 80, name: 'a' }, { port: 81 }] }, cause: 'spec.ports[1].name FieldValueRequired' },
    { spec: { ports: named('a', 'a') }, cause: 'spec.ports[1].name FieldValueDuplicate' },
    { spec: { type: 'Other', ports: PORTS }, cause: 'spec.type FieldValueNotSupported' },
    { spec: { type: 'ExternalName' }, cause: 'spec.externalName FieldValueRequired' },
    { spec: { ports: PORTS, externalTrafficPolicy: 'Local' }, cause: 'spec.externalTrafficPolicy FieldValueInvalid' },
    {
      spec: { ...BALANCER, externalTrafficPolicy: 'Other' },
      cause: 'spec.externalTrafficPolicy FieldValueNotSupported',
    },
    {
      spec: { ...BALANCER, loadBalancerSourceRanges: ['a'] },
      cause: 'spec.LoadBalancerSourceRanges[0] FieldValueInvalid',
    },
    {
      spec: { ports: PORTS, loadBalancerSourceRanges: ['10.0.0.0/8'] },
      cause: 'spec.LoadBalancerSourceRanges FieldValueForbidden',
    },
    {
      spec: { ports: PORTS, allocateLoadBalancerNodePorts: true },
      cause: 'spec.allocateLoadBalancerNodePorts FieldValueForbidden',
    },
    { spec: { ports: PORTS, loadBalancerClass: 'a.io/b' }, cause: 'spec.loadBalancerClass FieldValueForbidden' },
    { spec: { ports: PORTS, externalIPs: ['a'] }, cause: 'spec.externalIPs[0] FieldValueInvalid' },
    { spec: { ports: PORTS, externalIPs: ['127.0.0.1'] }, cause: 'spec.externalIPs[0] FieldValueInvalid' },
    { spec: { ports: PORTS, sessionAffinity: 'Other' }, cause: 'spec.sessionAffinity FieldValueNotSupported' },
    { spec: { ports: PORTS, clusterIP: '192.0.2.1' }, cause: 'spec.clusterIPs FieldValueInvalid' },
    { spec: { ports: PORTS, clusterIP: 'a' }, cause: 'spec.clusterIPs[0] FieldValueInvalid' },
    { spec: { ports: PORTS, ipFamilies: ['IPv6'] }, cause: 'spec.ipFamilies[0] FieldValueInvalid' },
    { spec: { ports: PORTS, ipFamilyPolicy: 'RequireDualStack' }, cause: 'spec.ipFamilyPolicy FieldValueInvalid' },
  ];
}
