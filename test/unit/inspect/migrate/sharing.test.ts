import { expect, it } from 'vitest';
import { planMigration } from '../../../../src/inspect/migrate/plan.ts';
import { snapshot } from '../../../support/cluster-snapshot.ts';
import { node, service } from '../../../support/kube/fake-cluster.ts';

const OPTIONS = { configNamespaces: ['heraldlb-system'] };

it('says which Services share an address without saying so, and lets them keep it', async () => {
  const status = { ingress: [{ ip: '10.0.0.5' }], conditions: [] };
  const port = (number: number) => ({ name: '', port: number, protocol: 'TCP', nodePort: 0 });
  const { annotations, services, steps } = await planMigration({
    from: 'kube-vip',
    snapshot: snapshot({
      services: [
        service('web', { status, spec: { ports: [port(80)] } }),
        service('mail', { status, spec: { ports: [port(25)] } }),
      ],
    }),
    foreign: [],
    kubeVip: { 'cidr-global': '10.0.0.0/28', 'allow-share-global': 'true' },
    options: OPTIONS,
  });
  expect(annotations.map(({ value }) => value)).toEqual(['shared-10.0.0.5', 'shared-10.0.0.5']);
  expect(services.map(({ verdict }) => verdict)).toEqual(['kept', 'kept']);
  expect(steps[0]).toMatch(/^kubectl -n \S+ annotate service web heraldlb\.io\/allow-shared-ip=shared-10\.0\.0\.5$/);
});

it.each([
  [
    'both addresses of two',
    [
      ['web', '10.0.0.5', 'fd00::5'],
      ['mail', '10.0.0.5', 'fd00::5'],
    ],
  ],
  [
    'one with each of two others',
    [
      ['web', '10.0.0.5', 'fd00::5'],
      ['mail', '10.0.0.5'],
      ['dns', 'fd00::5'],
    ],
  ],
  [
    'those of a third that joins two pairs',
    [
      ['web', '10.0.0.5'],
      ['mail', '10.0.0.5', 'fd00::5'],
      ['dns', 'fd00::5'],
    ],
  ],
])('one key for Services that share %s', async (_, sharing) => {
  const families = (addresses: readonly string[]) => addresses.map((each) => (each.includes(':') ? 'IPv6' : 'IPv4'));
  const services = sharing.map(([name = '', ...addresses], index) =>
    service(name, {
      spec: {
        ports: [{ name: '', port: index + 1, protocol: 'TCP', nodePort: 0 }],
        ipFamilies: families(addresses),
        clusterIPs: addresses.map((each) => (each.includes(':') ? 'fd99::1' : '10.99.0.1')),
        ipFamilyPolicy: addresses.length > 1 ? 'RequireDualStack' : 'SingleStack',
      },
      status: { ingress: addresses.map((ip) => ({ ip })), conditions: [] },
    }),
  );
  const kubeVip = { 'cidr-global': '10.0.0.0/28,fd00::/120' };
  const input = {
    from: 'kube-vip',
    snapshot: snapshot({ services }),
    foreign: [],
    kubeVip,
    options: OPTIONS,
  } as const;
  const { annotations, services: shadow } = await planMigration(input);
  expect(annotations.map(({ service: name }) => name).toSorted()).toEqual(
    sharing.map(([name]) => `default/${name}`).toSorted(),
  );
  expect(new Set(annotations.map(({ value }) => value)).size).toBe(1);
  expect(shadow.map(({ verdict }) => verdict)).toEqual(sharing.map(() => 'kept'));
});

it('the key that one of them has is that of all', async () => {
  const status = { ingress: [{ ip: '10.0.0.5' }], conditions: [] };
  const keyed = { annotations: { 'metallb.io/allow-shared-ip': 'mine' } };
  const port = (number: number) => ({ name: '', port: number, protocol: 'TCP', nodePort: 0 });
  const services = [
    service('web', { status, spec: { ports: [port(80)] } }),
    service('mail', { status, meta: keyed, spec: { ports: [port(25)] } }),
  ];
  const kubeVip = { 'cidr-global': '10.0.0.0/28' };
  const input = {
    from: 'kube-vip',
    snapshot: snapshot({ services }),
    foreign: [],
    kubeVip,
    options: OPTIONS,
  } as const;
  const { annotations } = await planMigration(input);
  expect(annotations).toEqual([{ service: 'default/web', annotation: 'heraldlb.io/allow-shared-ip', value: 'mine' }]);
});

it("has nobody share the nodes' own addresses, which ServiceLB gives to all", async () => {
  const status = { ingress: [{ ip: '10.0.0.5' }], conditions: [] };
  const { annotations, services } = await planMigration({
    from: 'servicelb',
    snapshot: snapshot({
      services: [service('web', { status }), service('mail', { status })],
      nodes: [node('a', { addresses: [{ type: 'InternalIP', address: '10.0.0.5' }] })],
    }),
    foreign: [],
    options: OPTIONS,
  });
  expect(annotations).toEqual([]);
  expect(services.map(({ verdict }) => verdict)).toEqual(['refused', 'refused']);
});
