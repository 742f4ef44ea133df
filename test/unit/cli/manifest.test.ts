import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type ManifestOptions, manifest } from '../../../src/cli/manifest.ts';

const SHIPPED = readFileSync(join(import.meta.dirname, '../../../manifests/heraldlb.yaml'), 'utf8');
const DEFAULTS: ManifestOptions = { pool: [], bgpPeer: [], namespace: 'heraldlb-system' };

interface Printed {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: unknown };
  readonly data?: { readonly config: string };
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly [{ readonly args: string[] }] } };
  };
}

function printed(options: Partial<ManifestOptions>): Printed[] {
  const result = manifest(SHIPPED, { ...DEFAULTS, ...options });
  if (result.kind === 'wrong') throw new Error(result.error);
  return parseAllDocuments(result.yaml).map((document) => document.toJS() as Printed);
}

function controllerArguments(objects: readonly Printed[]): readonly string[] {
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  return deployment?.spec.template.spec.containers[0].args ?? [];
}

describe('heraldlb manifest', () => {
  it('without flags prints what kubectl apply -k sends', () => {
    const shipped = parseAllDocuments(SHIPPED).map((document) => document.toJS() as unknown);
    expect(printed({})).toEqual(shipped);
  });

  it('hands ranges to the controller, which needs no further object for them', () => {
    const objects = printed({ pool: ['10.0.0.0/28', 'fd00::/120'] });
    expect(controllerArguments(objects)).toEqual(expect.arrayContaining(['--pool=10.0.0.0/28', '--pool=fd00::/120']));
  });

  it('leaves nothing in the default namespace when another is asked for', () => {
    expect(JSON.stringify(printed({ namespace: 'lb' }))).not.toContain('heraldlb-system');
  });

  it.each(['metallb-system', 'lb'])(
    'has nothing twice in namespace %s, whose Pods may be on the host network',
    (namespace) => {
      const objects = printed({ namespace });
      const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);
      expect(names).toEqual([...new Set(names)]);
      const ours = objects.find(({ kind, metadata }) => kind === 'Namespace' && metadata.name === namespace);
      expect(ours?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'privileged' });
    },
  );

  it('writes routers and their pool into a ConfigMap that the controller is told of', () => {
    const objects = printed({
      pool: ['10.0.0.0/28'],
      bgpPeer: ['10.9.0.1=64512', 'fd00::1=4200000000'],
      bgpAsn: '64513',
    });
    expect(controllerArguments(objects)).toContain('--legacy-config=heraldlb-system/heraldlb-config');
    const configMap = objects.find(({ kind }) => kind === 'ConfigMap');
    expect(parse(configMap?.data?.config ?? '')).toEqual({
      peers: [
        { 'my-asn': 64513, 'peer-asn': 64512, 'peer-address': '10.9.0.1' },
        { 'my-asn': 64513, 'peer-asn': 4200000000, 'peer-address': 'fd00::1' },
      ],
      'address-pools': [{ name: 'default', protocol: 'bgp', addresses: ['10.0.0.0/28'] }],
    });
  });

  it.each([
    [{ pool: ['10.0.0.9-10.0.0.1'] }, /--pool.*10\.0\.0\.9-10\.0\.0\.1/],
    [{ bgpPeer: ['10.0.0.1=64512'] }, /needs --pool/],
    [{ namespace: 'Foo Bar' }, /--namespace "Foo Bar"/],
    [{ namespace: '' }, /--namespace ""/],
    [{ namespace: '-lb' }, /--namespace/],
    [{ namespace: 'a'.repeat(64) }, /63/],
    [{ bgpAsn: '64512' }, /give also --bgp-peer/],
    [{ pool: ['10.0.0.0/28'], bgpPeer: ['10.0.0.1=64512'] }, /--bgp-asn is missing/],
    [{ pool: ['10.0.0.0/28'], bgpPeer: ['10.0.0.1=64512'], bgpAsn: '0' }, /--bgp-asn 0/],
    [{ pool: ['10.0.0.0/28'], bgpPeer: ['router=64512'], bgpAsn: '1' }, /--bgp-peer router=64512: write ADDRESS=ASN/],
    [{ pool: ['10.0.0.0/28'], bgpPeer: ['10.0.0.1=4294967296'], bgpAsn: '1' }, /write ADDRESS=ASN/],
  ])('refuses %j with the flag that is wrong', (options, complaint) => {
    const result = manifest(SHIPPED, { ...DEFAULTS, ...options });
    expect(result).toEqual({ kind: 'wrong', error: expect.stringMatching(complaint) });
  });
});
