import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../src/core/config/decode.ts';
import { fromCilium } from '../../../src/inspect/migrate/cilium.ts';
import { fromKubeVip } from '../../../src/inspect/migrate/kube-vip.ts';
import { fromAddressPools } from '../../../src/inspect/migrate/metallb.ts';
import { planMigration } from '../../../src/inspect/migrate/plan.ts';
import { fromPureLb } from '../../../src/inspect/migrate/purelb.ts';
import type { Source } from '../../../src/inspect/migrate/sources.ts';
import type { PlannedObject, Translation } from '../../../src/inspect/migrate/translation.ts';
import { snapshot } from '../../support/cluster-snapshot.ts';
import { node, service } from '../../support/kube/fake-cluster.ts';

const ROOT = join(import.meta.dirname, '../../..');
const NAMESPACE = 'heraldlb-system';
const OPTIONS = { configNamespaces: [NAMESPACE] };

function specOf({ objects }: Translation, name: string): PlannedObject['spec'] | undefined {
  return objects.find(({ metadata }) => metadata.name === name)?.spec;
}

/** What the controller says of the planned objects. */
function problemsOf({ objects }: Pick<Translation, 'objects'>): unknown[] {
  return objects.flatMap(({ apiVersion, kind, metadata, spec }) => {
    const meta = { ...metadata, uid: metadata.name, labels: {}, creationTimestamp: '' };
    const result = decode({ apiVersion, kind, meta, spec, status: undefined });
    return result.kind === 'problems' ? result.problems : [];
  });
}

describe("kube-vip's ConfigMap", () => {
  const translation = fromKubeVip(
    {
      'cidr-global': '10.0.0.0/28, fd00::/120',
      'range-web': '10.0.1.1-10.0.1.9',
      'range-global': '10.9.9.1-10.9.9.2',
      'allow-share-web': 'true',
      'cidr-dhcp': '0.0.0.0/32',
      'search-order': 'desc',
    },
    NAMESPACE,
  );

  it('becomes a pool for each scope, and one advertisement of them', () => {
    expect(specOf(translation, 'kube-vip-global')).toEqual({ addresses: ['10.0.0.0/28', 'fd00::/120'] });
    expect(specOf(translation, 'kube-vip-web')).toEqual({
      addresses: ['10.0.1.1-10.0.1.9'],
      serviceAllocation: { priority: 1, namespaces: ['web'] },
    });
    expect(specOf(translation, 'kube-vip')).toEqual({ ipAddressPools: ['kube-vip-global', 'kube-vip-web'] });
    expect(problemsOf(translation)).toEqual([]);
  });

  it('has a note for each key without a counterpart', () => {
    expect(translation.notes.map((note) => /key (\S+):/.exec(note)?.[1])).toEqual([
      'allow-share-web',
      'cidr-dhcp',
      'range-global',
      'search-order',
    ]);
  });
});

describe("Cilium's pools and policies", () => {
  const translation = fromCilium(
    [
      {
        kind: 'CiliumLoadBalancerIPPool',
        namespace: '',
        name: 'blue',
        spec: {
          blocks: [{ cidr: '10.0.0.0/28' }, { start: '10.0.1.1', stop: '10.0.1.9' }, { start: '10.0.2.1' }],
          allowFirstLastIPs: 'No',
          serviceSelector: {
            matchLabels: { 'io.kubernetes.service.namespace': 'web', color: 'blue' },
          },
        },
      },
      {
        kind: 'CiliumL2AnnouncementPolicy',
        namespace: '',
        name: 'lan',
        spec: { nodeSelector: { matchLabels: { edge: 'yes' } }, interfaces: ['^eth0$'], externalIPs: true },
      },
      { kind: 'CiliumBGPClusterConfig', namespace: '', name: 'rack', spec: {} },
    ],
    NAMESPACE,
  );

  it('become pools with the same ranges and selectors, and advertisements', () => {
    expect(specOf(translation, 'blue')).toEqual({
      addresses: ['10.0.0.0/28', '10.0.1.1-10.0.1.9', '10.0.2.1-10.0.2.1'],
      avoidBuggyIPs: true,
      serviceAllocation: { priority: 1, namespaces: ['web'], serviceSelectors: [{ matchLabels: { color: 'blue' } }] },
    });
    expect(specOf(translation, 'lan')).toEqual({
      nodeSelectors: [{ matchLabels: { edge: 'yes' } }],
      interfaces: ['eth0'],
    });
    expect(problemsOf(translation)).toEqual([]);
  });

  it('have notes for external IPs and for BGP', () => {
    expect(translation.notes).toEqual([
      expect.stringContaining('externalIPs'),
      expect.stringMatching(/CiliumBGPClusterConfig rack.*BGPPeer/),
    ]);
  });
});

it("PureLB's groups become pools: only the default one is given out unasked", () => {
  const pools = { v4pools: [{ pool: '10.0.0.0/28' }], v6pool: { pool: 'fd00::/120' } };
  const translation = fromPureLb(
    [
      { kind: 'ServiceGroup', namespace: 'purelb', name: 'default', spec: { local: pools } },
      { kind: 'ServiceGroup', namespace: 'purelb', name: 'rack', spec: { remote: pools } },
      { kind: 'ServiceGroup', namespace: 'purelb', name: 'netbox', spec: { external: { socket: 'x' } } },
    ],
    NAMESPACE,
  );
  expect(specOf(translation, 'default')).toEqual({ addresses: ['fd00::/120', '10.0.0.0/28'] });
  expect(specOf(translation, 'rack')).toMatchObject({ autoAssign: false });
  expect(translation.notes).toHaveLength(2);
  expect(problemsOf(translation)).toEqual([]);
});

it('the pools of MetalLB 0.13 become pools with their advertisements', () => {
  const addresses = ['10.0.0.0/28'];
  const translation = fromAddressPools(
    [
      { kind: 'AddressPool', namespace: 'metallb-system', name: 'lan', spec: { protocol: 'layer2', addresses } },
      {
        kind: 'AddressPool',
        namespace: 'metallb-system',
        name: 'rack',
        spec: {
          protocol: 'bgp',
          addresses: ['10.0.1.0/28'],
          autoAssign: false,
          bgpAdvertisements: [{ aggregationLength: 28 }, { localPref: 200, communities: ['65535:65281'] }],
        },
      },
    ],
    NAMESPACE,
  );
  expect(translation.objects.map(({ kind, metadata, spec }) => [kind, metadata.name, spec])).toEqual([
    ['IPAddressPool', 'lan', { addresses }],
    ['L2Advertisement', 'lan', { ipAddressPools: ['lan'] }],
    ['IPAddressPool', 'rack', { addresses: ['10.0.1.0/28'], autoAssign: false }],
    ['BGPAdvertisement', 'rack', { ipAddressPools: ['rack'], aggregationLength: 28 }],
    ['BGPAdvertisement', 'rack-2', { ipAddressPools: ['rack'], localPref: 200, communities: ['65535:65281'] }],
  ]);
  expect(problemsOf(translation)).toEqual([]);
});

describe('a plan', () => {
  const served = service('web', { status: { ingress: [{ ip: '10.0.0.5' }], conditions: [] } });

  it('keeps an address that no translated pool has, in a pool that gives it to nobody else', async () => {
    const plan = await planMigration({
      from: 'kube-vip',
      snapshot: snapshot({ services: [served] }),
      foreign: [],
      kubeVip: { 'cidr-global': '10.9.0.0/28' },
      options: OPTIONS,
    });
    expect(specOf({ objects: plan.objects, notes: [] }, 'kept-addresses')).toEqual({
      addresses: ['10.0.0.5/32'],
      autoAssign: false,
    });
    expect(plan.services).toMatchObject([{ has: ['10.0.0.5'], wouldHave: ['10.0.0.5'], verdict: 'kept' }]);
  });

  it('announces what it keeps', async () => {
    const { objects } = await planMigration({
      from: 'kube-vip',
      snapshot: snapshot({ services: [served] }),
      foreign: [],
      options: OPTIONS,
    });
    expect(objects).toContainEqual(
      expect.objectContaining({ kind: 'L2Advertisement', spec: { ipAddressPools: ['kept-addresses'] } }),
    );
  });

  it('says which pools nobody would announce, and what would not be in force', async () => {
    const block = (name: string, cidr: string) => ({
      kind: 'CiliumLoadBalancerIPPool',
      namespace: '',
      name,
      spec: { blocks: [{ cidr }] },
    });
    const { notes } = await planMigration({
      from: 'cilium',
      snapshot: snapshot({}),
      foreign: [block('a', '10.0.0.0/28'), block('b', '10.0.0.0/29')],
      options: OPTIONS,
    });
    expect(notes).toEqual([
      expect.stringMatching(/^IPAddressPool b would not be in force: .*10\.0\.0\.0/),
      expect.stringMatching(/^Pool a would be announced by nobody/),
    ]);
  });

  it.each<Source>(['servicelb', 'metallb', 'kube-vip', 'cilium', 'purelb'])(
    'from %s names only folders that there are',
    async (from) => {
      for (const legacy of [undefined, { objects: [], notes: [] }]) {
        const input = { from, snapshot: snapshot({ services: [served] }), foreign: [], options: OPTIONS };
        const { steps } = await planMigration({ ...input, ...(legacy === undefined ? {} : { legacy }) });
        const folders = steps.flatMap((step) => [...step.matchAll(/-k (\S+)/g)].map(([, folder = '']) => folder));
        for (const folder of folders) expect(existsSync(join(ROOT, folder, 'kustomization.yaml')), folder).toBe(true);
      }
    },
  );

  it.each<Source>(['metallb', 'kube-vip', 'cilium', 'purelb'])(
    'from %s makes the namespace and the CRDs before it applies objects of them',
    async (from) => {
      const input = { from, foreign: [], options: OPTIONS };
      const { steps } = await planMigration({ ...input, snapshot: snapshot({ services: [served] }) });
      const applied = steps.findIndex((step) => step.startsWith('heraldlb migrate'));
      expect(applied).toBeGreaterThan(0);
      for (const folder of ['namespace', 'crds/heraldlb.io'])
        expect(steps.slice(0, applied)).toContainEqual(expect.stringContaining(`kubectl apply -k manifests/${folder}`));
    },
  );

  it('applies nothing when there is nothing to apply', async () => {
    const { objects, steps } = await planMigration({
      from: 'metallb',
      snapshot: snapshot({}),
      foreign: [],
      options: OPTIONS,
    });
    expect(objects).toEqual([]);
    expect(steps.join('\n')).not.toContain('heraldlb migrate');
  });

  it("keeps no node's own address in a pool", async () => {
    const { objects } = await planMigration({
      from: 'kube-vip',
      snapshot: snapshot({
        services: [served],
        nodes: [node('a', { addresses: [{ type: 'InternalIP', address: '10.0.0.5' }] })],
      }),
      foreign: [],
      options: OPTIONS,
    });
    expect(objects).toEqual([]);
  });

  it('keeps an address that DHCP gave, and says who has to leave it alone', async () => {
    const leased = service('web', {
      meta: { annotations: { 'kube-vip.io/loadbalancerIPs': '0.0.0.0', 'kube-vip.io/requestedIP': '10.0.0.5' } },
      status: { ingress: [{ ip: '10.0.0.5' }], conditions: [] },
    });
    const { services, notes } = await planMigration({
      from: 'kube-vip',
      snapshot: snapshot({ services: [leased] }),
      foreign: [],
      options: OPTIONS,
    });
    expect(services).toMatchObject([{ wouldHave: ['10.0.0.5'] }]);
    expect(notes).toContainEqual(expect.stringMatching(/default\/web has 10\.0\.0\.5 by DHCP/));
  });

  it('names the nodes that have addresses of Services on an interface', async () => {
    const on = (name: string, host: string, ip: string) =>
      service(name, {
        meta: { annotations: { 'kube-vip.io/vipHost': host } },
        status: { ingress: [{ ip }], conditions: [] },
      });
    const { notes } = await planMigration({
      from: 'kube-vip',
      snapshot: snapshot({
        services: [on('b', 'n1', '10.0.0.2'), on('a', 'n2', '10.0.0.1'), on('c', 'n1', '10.0.0.3')],
      }),
      foreign: [],
      options: OPTIONS,
    });
    expect(notes.filter((note) => note.includes('interface')).map((note) => note.split(':')[0])).toEqual([
      'Node n1 has 10.0.0.2, 10.0.0.3 on an interface',
      'Node n2 has 10.0.0.1 on an interface',
    ]);
  });

  it('is the same when it is made again after it was applied', async () => {
    const input = {
      from: 'kube-vip',
      foreign: [],
      kubeVip: { 'cidr-global': '10.0.0.0/28' },
      options: OPTIONS,
    } as const;
    const first = await planMigration({ ...input, snapshot: snapshot({ services: [served] }) });
    const objects = first.objects.map(({ apiVersion, kind, metadata, spec }) => {
      const meta = {
        ...metadata,
        uid: metadata.name,
        resourceVersion: '1',
        labels: {},
        annotations: {},
        finalizers: [],
      };
      return { apiVersion, kind, meta: { ...meta, creationTimestamp: '' }, spec, status: {} };
    });
    const again = await planMigration({ ...input, snapshot: snapshot({ services: [served], objects }) });
    expect(again).toEqual(first);
    const other = objects.map((object) => ({ ...object, spec: { addresses: ['10.9.9.0/24'] } }));
    const overwriting = await planMigration({ ...input, snapshot: snapshot({ objects: other }) });
    expect(overwriting.notes).toContainEqual(expect.stringMatching(/^IPAddressPool kube-vip-global is there already/));
  });

  it.each<Source>(['servicelb', 'metallb', 'kube-vip', 'cilium', 'purelb'])(
    'from %s ends with a look at problems',
    async (from) => {
      const { steps } = await planMigration({ from, snapshot: snapshot({}), foreign: [], options: OPTIONS });
      expect(steps.join('\n')).toContain('heraldlb services --problems');
    },
  );

  it('names the Services whose class it does not serve', async () => {
    const other = service('other', { spec: { loadBalancerClass: 'io.cilium/l2-announcer' } });
    const { notes } = await planMigration({
      from: 'cilium',
      snapshot: snapshot({ services: [other] }),
      foreign: [],
      options: OPTIONS,
    });
    expect(notes).toEqual([expect.stringMatching(/other has loadBalancerClass io\.cilium\/l2-announcer/)]);
  });
});
