import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../kubernetes/control-plane.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const GUIDES = join(import.meta.dirname, 'guides');

let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane({ name: 'crds' });
  await cluster.kubectl(['apply', '-k', join(ROOT, 'manifests')]);
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  await cluster.kubectl(['create', 'namespace', 'metallb']);
});

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

it('applying the manifests again changes nothing', async () => {
  await expect(cluster.kubectl(['diff', '-k', join(ROOT, 'manifests')])).resolves.toBe('');
});

it('the examples are accepted', async () => {
  const examples = join(ROOT, 'manifests', 'examples');
  await expect(cluster.kubectl(['apply', '--dry-run=server', '-f', examples])).resolves.toContain('created');
});

describe.each(readdirSync(GUIDES))('what the guide %s has its readers apply', (guide) => {
  const apply = ['apply', '--validate=strict', '-n', guide === 'argo-cd.yaml' ? 'metallb' : 'metallb-system'];
  // A guide that names another namespace than kubectl's flag is refused by kubectl itself.
  const args = (more: readonly string[]): string[] => [
    ...(guide === 'plain.yaml' ? apply.slice(0, 2) : apply),
    ...more,
    '-f',
    join(GUIDES, guide),
  ];

  it('is accepted by kubectl apply, unedited', async () => {
    expect(await cluster.kubectl(args([]))).not.toMatch(/unchanged|configured/);
    expect(await cluster.kubectl(['diff', ...args([]).slice(2)])).toBe('');
  });

  it('is accepted by server-side apply, which then finds nothing to change', async () => {
    await cluster.kubectl(args(['--server-side', '--force-conflicts']));
    const versions = [
      'get',
      'ipaddresspools,l2advertisements,bgppeers',
      '-A',
      '-o',
      'jsonpath={.items[*].metadata.resourceVersion}',
    ];
    const before = await cluster.kubectl(versions);
    await cluster.kubectl(args(['--server-side', '--force-conflicts']));
    expect(await cluster.kubectl(versions)).toBe(before);
  });
});

it('kubectl get ipaddresspool shows the pools of metallb.io, though heraldlb.io has the kind too', async () => {
  const table = await cluster.kubectl(['get', 'ipaddresspool', '-n', 'metallb-system']);
  expect(table).toMatch(/^NAME +AUTO ASSIGN +AVOID BUGGY IPS +ADDRESSES +VALID/);
  expect(table).toMatch(/first-pool +true +false +\["10\.0\.10\.10-10\.0\.10\.99"\]/);
});

const WRONG: readonly [what: string, type: string, spec: unknown, message: RegExp][] = [
  [
    'a single address',
    'metallb.io/v1beta1 IPAddressPool',
    { addresses: ['10.9.0.5'] },
    /spec\.addresses\[0\].*"10\.9\.0\.5" is a single address without a prefix length; write "10\.9\.0\.5\/32"/,
  ],
  [
    'a prefix of 33 bits',
    'heraldlb.io/v1 IPAddressPool',
    { addresses: ['10.9.0.0/24', '10.9.1.0/33'] },
    /spec\.addresses\[1\].*"10\.9\.1\.0\/33" is neither a CIDR nor a range/,
  ],
  [
    'a range of two families',
    'metallb.io/v1beta1 IPAddressPool',
    { addresses: ['::1-1.2.3.4'] },
    /"::1-1\.2\.3\.4" is neither a CIDR nor a range of one family/,
  ],
  ['no addresses', 'metallb.io/v1beta1 IPAddressPool', {}, /spec\.addresses: Required value/],
  ['an empty list', 'metallb.io/v1beta1 IPAddressPool', { addresses: [] }, /should have at least 1 items/],
  [
    'a number as an address',
    'metallb.io/v1beta1 IPAddressPool',
    { addresses: [5] },
    /spec\.addresses\[0\].*must be of type string/,
  ],
  [
    'an unknown operator',
    'metallb.io/v1beta1 L2Advertisement',
    { nodeSelectors: [{ matchExpressions: [{ key: 'rack', operator: 'in', values: ['a'] }] }] },
    /Unsupported value: "in": supported values: "In", "NotIn", "Exists", "DoesNotExist"/,
  ],
  [
    'a reservation for a Service without a namespace',
    'heraldlb.io/v1 IPAddressPool',
    { addresses: ['10.9.0.0/24'], reservations: [{ service: 'web', addresses: ['10.9.0.5'] }] },
    /spec\.reservations\[0\]\.service.*"web" names no Service; write its namespace and its name/,
  ],
  [
    'a reservation of what is no address',
    'heraldlb.io/v1 IPAddressPool',
    { addresses: ['10.9.0.0/24'], reservations: [{ service: 'default/web', addresses: ['10.9.0.300'] }] },
    /spec\.reservations\[0\]\.addresses\[0\].*"10\.9\.0\.300" is neither a CIDR nor a range/,
  ],
  [
    'a peer with two kinds of AS',
    'metallb.io/v1beta2 BGPPeer',
    { myASN: 64500, peerASN: 64501, dynamicASN: 'external', peerAddress: '10.0.0.1' },
    /exactly one of peerASN and dynamicASN must be there/,
  ],
  [
    'a hold time of 2 s',
    'heraldlb.io/v1 BGPPeer',
    { myASN: 64500, peerASN: 64501, peerAddress: '10.0.0.1', holdTime: '2s' },
    /holdTime must be 0s or at least 3s/,
  ],
  [
    'selectors of Services with an aggregate',
    'metallb.io/v1beta1 BGPAdvertisement',
    { aggregationLength: 24, serviceSelectors: [{ matchLabels: { app: 'web' } }] },
    /serviceSelectors go with aggregationLength 32/,
  ],
  [
    'a weight of 101',
    'heraldlb.io/v1 L2Advertisement',
    { preferredNodeSelectors: [{ weight: 101, preference: {} }] },
    /weight.*should be less than or equal to 100/,
  ],
];

it('a BGPPeer of v1beta1 is read as v1beta2 without a conversion webhook, unset timers staying unset', async () => {
  const path = '/apis/metallb.io/v1beta2/namespaces/metallb-system/bgppeers/firewall-2';
  const { spec } = JSON.parse(await cluster.kubectl(['get', '--raw', path])) as { spec: unknown };
  expect(spec).toMatchObject({ myASN: 64500, peerASN: 64501, peerAddress: '192.168.33.4', ebgpMultiHop: true });
  expect(Object.keys(spec as object)).not.toContain('holdTime');
});

it.each(WRONG)('%s is refused when it is applied', async (_what, type, spec, message) => {
  const [apiVersion, kind] = type.split(' ');
  const object = { apiVersion, kind, metadata: { name: 'wrong', namespace: 'metallb-system' }, spec };
  await expect(cluster.kubectl(['apply', '-f', '-'], JSON.stringify(object))).rejects.toThrow(message);
});

it('counts up to the largest 64-bit integer are kept in the status of a pool', async () => {
  const status = {
    assignedIPv4: 1,
    assignedIPv6: 0,
    availableIPv4: 89,
    availableIPv6: JSON.rawJSON('9223372036854775807'),
  };
  const patch = [
    'patch',
    'ipaddresspool',
    'first-pool',
    '-n',
    'metallb-system',
    '--subresource=status',
    '--type=merge',
  ];
  await cluster.kubectl([...patch, '-p', JSON.stringify({ status })]);
  const counts = ['get', 'ipaddresspool', 'first-pool', '-n', 'metallb-system', '-o', 'jsonpath={.status}'];
  expect(await cluster.kubectl(counts)).toContain('"availableIPv6":9223372036854775807');
});

it('a speaker may do nothing, and the controller nothing beyond its roles', async () => {
  const may = async (account: string, ...question: string[]): Promise<boolean> => {
    const as = `--as=system:serviceaccount:heraldlb-system:${account}`;
    return (await cluster.kubectl(['auth', 'can-i', as, ...question]).catch(() => 'no')).startsWith('yes');
  };
  expect(await may('heraldlb-speaker', 'get', 'services', '-A')).toBe(false);
  expect(await may('heraldlb-speaker', 'list', 'nodes')).toBe(false);
  expect(await may('heraldlb-controller', 'patch', 'services', '--subresource=status', '-A')).toBe(true);
  expect(await may('heraldlb-controller', 'patch', 'ipaddresspools.metallb.io', '--subresource=status', '-A')).toBe(
    true,
  );
  expect(await may('heraldlb-controller', 'create', 'tokenreviews.authentication.k8s.io')).toBe(true);
  expect(await may('heraldlb-controller', 'delete', 'ipaddresspools.metallb.io', '-A')).toBe(false);
  expect(await may('heraldlb-controller', 'get', 'secret/other', '-n', 'heraldlb-system')).toBe(false);
  expect(await may('heraldlb-controller', 'get', 'secret/heraldlb-ca', '-n', 'heraldlb-system')).toBe(true);
  expect(await may('heraldlb-controller', 'get', 'secret/heraldlb-ca', '-n', 'kube-system')).toBe(false);
});
