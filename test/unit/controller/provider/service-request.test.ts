import { describe, expect, it } from 'vitest';
import { requestOf } from '../../../../src/controller/provider/service-request.ts';
import { formatIp } from '../../../../src/core/net/index.ts';
import { service } from '../../../support/kube/fake-cluster.ts';

const withAnnotations = (annotations: Record<string, string>, spec = {}) =>
  service('web', { meta: { annotations }, spec });
const askedBy = (annotations: Record<string, string>, spec = {}) => {
  const { addresses, ...rest } = requestOf(withAnnotations(annotations, spec));
  return { ...rest, addresses: addresses.map(formatIp) };
};

describe('requestOf', () => {
  it.each([
    'heraldlb.io/addresses',
    'heraldlb.io/loadBalancerIPs',
    'metallb.io/loadBalancerIPs',
    'metallb.universe.tf/loadBalancerIPs',
    'kube-vip.io/loadbalancerIPs',
    'lbipam.cilium.io/ips',
    'io.cilium/lb-ipam-ips',
    'purelb.io/addresses',
  ])('reads addresses from the annotation %s', (key) => {
    expect(askedBy({ [key]: ' fd00::7 , 10.0.0.7' })).toMatchObject({
      addresses: ['10.0.0.7', 'fd00::7'],
      problems: [],
    });
  });

  it('reads an address from spec.loadBalancerIP', () => {
    expect(askedBy({}, { loadBalancerIP: '10.0.0.7' }).addresses).toEqual(['10.0.0.7']);
  });

  it.each(['heraldlb.io/address-pool', 'metallb.io/address-pool', 'metallb.universe.tf/address-pool'])(
    'reads pools from the annotation %s, several of them for two families',
    (key) => {
      expect(askedBy({ [key]: 'four, six' }).pools).toEqual(['four', 'six']);
    },
  );

  it.each([
    'heraldlb.io/allow-shared-ip',
    'metallb.io/allow-shared-ip',
    'metallb.universe.tf/allow-shared-ip',
    'purelb.io/allow-shared-ip',
  ])('reads a sharing key for all namespaces from the annotation %s', (key) => {
    expect(askedBy({ [key]: 'dns' }).sharing).toEqual({ key: 'dns', scope: '' });
  });

  it.each([
    [{}, 'default'],
    [{ 'lbipam.cilium.io/sharing-cross-namespace': 'web,default' }, 'default,web'],
    [{ 'lbipam.cilium.io/sharing-cross-namespace': '*' }, ''],
  ])('takes the sharing key of Cilium for the namespaces that %j names', (more, scope) => {
    expect(askedBy({ 'lbipam.cilium.io/sharing-key': 'dns', ...more }).sharing).toEqual({ key: 'dns', scope });
  });

  it('asks for nothing when an annotation is empty', () => {
    expect(askedBy({ 'metallb.io/loadBalancerIPs': ' ', 'metallb.io/allow-shared-ip': '' })).toEqual({
      addresses: [],
      pools: [],
      problems: [],
      contradictions: [],
      deprecations: [],
    });
  });

  it('sees no contradiction in two sources that say the same in other words', () => {
    const { contradictions } = askedBy({
      'kube-vip.io/loadbalancerIPs': 'FD00:0::7,10.0.0.7',
      'metallb.io/loadBalancerIPs': '10.0.0.7,fd00::7',
    });
    expect(contradictions).toEqual([]);
  });

  it('lets the first source of the table count, and quotes both when they contradict each other', () => {
    const asked = askedBy({ 'metallb.io/loadBalancerIPs': '10.0.0.7' }, { loadBalancerIP: '10.0.0.8' });
    expect(asked.addresses).toEqual(['10.0.0.7']);
    expect(asked.contradictions).toEqual([
      'annotation metallb.io/loadBalancerIPs says "10.0.0.7", but spec.loadBalancerIP says "10.0.0.8"; the former counts. Remove one of the two',
    ]);
  });

  it.each([
    ['10.0.0.7,', 'which has a comma too many; write addresses with one comma between them'],
    ['10.0.0.7, 10.0.0.8', 'which are two IPv4 addresses; a Service has at most one of each family; leave one of them'],
    [
      '10.0.0.7,fd00::7,fd00::8',
      'which are 3 addresses; a Service has at most one IPv4 and one IPv6 address; leave one of each',
    ],
    [
      '0.0.0.0',
      'which asks for an address by DHCP; HeraldLB gives out addresses of its pools only; ask for one of those, or for none',
    ],
    [
      'web.example',
      'an address of it is "web.example", which is not an IP address; write one such as "192.168.1.240" or "fd00::240"',
    ],
    ['10.0.0.07', 'an address of it is "10.0.0.07", which has leading zeros; write "10.0.0.7"'],
    ['10.0.0.7/32', 'an address of it is "10.0.0.7/32", which is not an IP address'],
  ])('says what is wrong with %j', (text, problem) => {
    const { addresses, problems } = askedBy({ 'metallb.io/loadBalancerIPs': text });
    expect(addresses).toEqual([]);
    expect(problems.join()).toContain(`annotation metallb.io/loadBalancerIPs says "${text}"`);
    expect(problems.join()).toContain(problem);
  });
});
