import { describe, expect, it } from 'vitest';
import { decode } from '../../../src/core/config/decode.ts';
import { fromCilium } from '../../../src/inspect/migrate/cilium.ts';
import { fromKubeVip } from '../../../src/inspect/migrate/kube-vip.ts';
import { planMigration } from '../../../src/inspect/migrate/plan.ts';
import { fromPureLb } from '../../../src/inspect/migrate/purelb.ts';
import type { Source } from '../../../src/inspect/migrate/sources.ts';
import type { PlannedObject, Translation } from '../../../src/inspect/migrate/translation.ts';
import { snapshot } from '../../support/cluster-snapshot.ts';
import { service } from '../../support/kube/fake-cluster.ts';

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
