import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedApi, startEmbeddedApi } from '../../src/lab/api/embedded-api.ts';
import type { ApiObject } from '../kubernetes/api.ts';
import { ContractClient, MERGE_PATCH, refusal } from './support/contract-client.ts';

const SERVICES = '/api/v1/namespaces/default/services';
const PORTS = [{ port: 80 }];

/** As kube-apiserver 1.34.4 answers with two service CIDRs; the real servers of the tests have one. */
describe('a cluster of two families', () => {
  let api: EmbeddedApi;
  let admin: ContractClient;
  let count = 0;
  beforeAll(async () => {
    api = await startEmbeddedApi({ serviceCidrs: ['10.96.0.0/16', 'fd00:96::/112'] });
    admin = new ContractClient({ url: api.url, ca: api.ca, token: api.adminToken });
  });
  afterAll(() => api.stop());
  const create = (spec: ApiObject) => {
    count += 1;
    return admin.create(SERVICES, { metadata: { name: `web-${count}` }, spec: { ports: PORTS, ...spec } });
  };
  const familiesOf = (addresses: readonly string[]): string[] =>
    addresses.map((address) => (address.includes(':') ? 'IPv6' : 'IPv4'));

  it.each([
    [{}, ['IPv4']],
    [{ ipFamilyPolicy: 'PreferDualStack' }, ['IPv4', 'IPv6']],
    [{ ipFamilyPolicy: 'RequireDualStack' }, ['IPv4', 'IPv6']],
    [{ ipFamilies: ['IPv6'] }, ['IPv6']],
    [{ ipFamilies: ['IPv6'], ipFamilyPolicy: 'RequireDualStack' }, ['IPv6', 'IPv4']],
    [{ ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'PreferDualStack' }, ['IPv6', 'IPv4']],
    [{ clusterIP: 'fd00:96::10' }, ['IPv6']],
  ])('gives a Service of %j the families %j', async (spec, families) => {
    const { body } = await create(spec);
    expect(body.spec.ipFamilies).toEqual(families);
    expect(familiesOf(body.spec.clusterIPs)).toEqual(families);
    expect(body.spec.clusterIP).toBe(body.spec.clusterIPs[0]);
  });

  it('lets a Service gain the second family and give it back', async () => {
    const made = (await create({})).body;
    const path = `${SERVICES}/${made.metadata.name}`;
    const both = (await admin.patch(path, MERGE_PATCH, { spec: { ipFamilyPolicy: 'PreferDualStack' } })).body;
    expect(familiesOf(both.spec.clusterIPs)).toEqual(['IPv4', 'IPv6']);
    expect(both.spec.clusterIP).toBe(made.spec.clusterIP);
    const one = (await admin.patch(path, MERGE_PATCH, { spec: { ipFamilyPolicy: 'SingleStack' } })).body;
    expect(one.spec).toMatchObject({ clusterIPs: [made.spec.clusterIP], ipFamilies: ['IPv4'] });
  });

  it.each([
    [{ ipFamilies: ['IPv6', 'IPv4'] }, 'spec.ipFamilyPolicy FieldValueInvalid'],
    [{ ipFamilies: ['IPv4', 'IPv4'] }, 'spec.ipFamilies[1] FieldValueDuplicate'],
    [{ ipFamilies: ['IPv5'] }, 'spec.ipFamilies[0] FieldValueNotSupported'],
    [{ ipFamilyPolicy: 'Both' }, 'spec.ipFamilyPolicy FieldValueNotSupported'],
    [{ clusterIPs: ['10.96.7.8', 'fd00:96::12'] }, 'spec.clusterIPs FieldValueInvalid'],
    [{ clusterIP: '10.96.7.10', clusterIPs: ['10.96.7.9'] }, 'spec.clusterIPs FieldValueInvalid'],
    [{ clusterIP: '10.96.7.11', ipFamilies: ['IPv6'] }, 'spec.clusterIPs[0] FieldValueInvalid'],
  ])('refuses a Service of %j', async (spec, cause) => {
    expect(refusal(await create(spec))).toEqual({ code: 422, reason: 'Invalid', causes: [cause] });
  });
});
