import { expect, it } from 'vitest';
import { ClusterAddresses } from '../../../../src/controller/configuration/cluster-addresses.ts';
import { parseAddressEntry } from '../../../../src/core/config/address-entry.ts';
import type { Node, Service, ServiceCidr } from '../../../../src/ports/kubernetes.ts';
import { FakeInformer } from '../../../support/fake-informer.ts';
import { node, service } from '../../../support/kube/fake-cluster.ts';

function bed() {
  const nodes = new FakeInformer<Node>();
  const serviceCidrs = new FakeInformer<ServiceCidr>();
  const services = new FakeInformer<Service>();
  const cluster = new ClusterAddresses({ nodes, serviceCidrs, services });
  let changes = 0;
  const stop = cluster.onChange(() => {
    changes += 1;
  });
  const ownersOf = (text: string): string[] => {
    const entry = parseAddressEntry(text);
    return entry.kind === 'problem'
      ? []
      : cluster
          .ranges()
          .overlapping(entry.range)
          .map(({ owner }) => owner);
  };
  return { nodes, serviceCidrs, services, stop, ownersOf, changes: () => changes };
}

const cidrs = (name: string, list: readonly string[]): ServiceCidr => ({ meta: node(name).meta, cidrs: list });

it('knows the addresses of Pods and Services, from the objects that say so', () => {
  const it = bed();
  expect(it.ownersOf('0.0.0.0/0')).toEqual([]);
  it.nodes.set('a', { ...node('a'), podCIDRs: ['10.42.0.0/24', 'fd00:42::/64', 'nonsense'] });
  it.serviceCidrs.set('kubernetes', cidrs('kubernetes', ['10.43.0.0/16']));
  expect(it.ownersOf('10.42.0.9/32')).toEqual(['where the Pods of node "a" have their addresses (spec.podCIDRs)']);
  expect(it.ownersOf('fd00:42::9/128')).toHaveLength(1);
  expect(it.ownersOf('10.43.200.0/24')).toEqual(['where Services have their cluster IPs (ServiceCIDR "kubernetes")']);
  it.nodes.delete('a');
  expect(it.ownersOf('10.42.0.9/32')).toEqual([]);
});

it('knows the address of the API server where ServiceCIDR objects are not served', () => {
  const it = bed();
  it.services.set('default/kubernetes', service('kubernetes', { spec: { clusterIPs: ['10.96.0.1'] } }));
  it.services.set('default/web', service('web', { spec: { clusterIPs: ['10.96.7.7'] } }));
  expect(it.ownersOf('10.96.0.0/12')).toEqual(['the cluster IP of Service default/kubernetes']);
  expect(it.ownersOf('10.96.7.0/24')).toEqual([]);
});

it('tells only of what changes the ranges, until it is stopped', () => {
  const it = bed();
  it.nodes.set('a', { ...node('a'), podCIDRs: ['10.42.0.0/24'] });
  expect(it.changes()).toBe(1);
  it.nodes.set('a', { ...node('a'), podCIDRs: ['10.42.0.0/24'], unschedulable: true });
  it.services.set('default/web', service('web'));
  expect(it.changes()).toBe(1);
  it.serviceCidrs.set('kubernetes', cidrs('kubernetes', ['10.43.0.0/16']));
  it.nodes.delete('a');
  expect(it.changes()).toBe(3);
  it.stop();
  it.serviceCidrs.delete('kubernetes');
  expect(it.changes()).toBe(3);
});
