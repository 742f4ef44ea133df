import { describe, expect, it } from 'vitest';
import { wantedFamilies } from '../../../../src/controller/provider/address-families.ts';
import { service } from '../../../support/kube/fake-cluster.ts';

const familiesOf = (clusterIPs: string[], ipFamilyPolicy?: string, ipFamilies: ('IPv4' | 'IPv6')[] = []) =>
  wantedFamilies(
    service('web', { spec: { clusterIPs, ipFamilies, ...(ipFamilyPolicy === undefined ? {} : { ipFamilyPolicy }) } }),
  );

describe('wantedFamilies', () => {
  it.each([
    [['10.96.0.1'], 'SingleStack', ['IPv4'], true],
    [['fd00::1'], undefined, ['IPv6'], true],
    [['10.96.0.1'], 'PreferDualStack', ['IPv4'], false],
    [['10.96.0.1', 'fd00::1'], 'PreferDualStack', ['IPv4', 'IPv6'], false],
    [['10.96.0.1', 'fd00::1'], 'RequireDualStack', ['IPv4', 'IPv6'], true],
  ])('for cluster IPs %j and policy %s are %j, every one of them: %s', (clusterIPs, policy, families, everyFamily) => {
    expect(familiesOf(clusterIPs, policy)).toEqual({ kind: 'wanted', families, everyFamily });
  });

  it('have the primary family of the Service first', () => {
    expect(familiesOf(['10.96.0.1', 'fd00::1'], 'PreferDualStack', ['IPv6', 'IPv4'])).toMatchObject({
      families: ['IPv6', 'IPv4'],
    });
  });

  it.each([
    [
      [],
      undefined,
      'it has no cluster IP, so no traffic could be forwarded (spec.clusterIPs names no address); wait for one, or take clusterIP: None away',
    ],
    [
      ['None'],
      undefined,
      'it has no cluster IP, so no traffic could be forwarded (spec.clusterIPs names no address); wait for one, or take clusterIP: None away',
    ],
    [
      ['10.96.0.1'],
      'RequireDualStack',
      'spec.ipFamilyPolicy is RequireDualStack, but it has one cluster IP only (10.96.0.1); write PreferDualStack, or give the cluster Service addresses of both families',
    ],
    [
      ['10.96.0.1', '10.96.0.2'],
      undefined,
      'spec.clusterIPs (10.96.0.1, 10.96.0.2) has two addresses of one family; leave one of each family',
    ],
  ])('cannot be determined for cluster IPs %j and policy %s', (clusterIPs, policy, problem) => {
    expect(familiesOf(clusterIPs, policy)).toEqual({ kind: 'undetermined', problem });
  });
});
