import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseYaml } from '../../../src/adapters/yaml/positioned-yaml.ts';
import { convertFile, convertText } from '../../../src/cli/convert.ts';
import { assemble } from '../../../src/core/config/assemble.ts';
import type { Config } from '../../../src/core/config/config.ts';
import { foreignEntries } from '../../../src/core/config/legacy/foreign-entries.ts';
import { decodeLegacyText } from '../../../src/core/config/legacy/legacy-config.ts';
import type { ApiGroup } from '../../../src/core/config/schema/kind.ts';
import { configObject } from '../../support/config-objects.ts';
import { WHOLE_LEGACY_TEXT } from '../../support/legacy-texts.ts';

interface Printed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: unknown;
}

function configMap(text: string): string {
  const block = text.replaceAll(/^(?=.)/gm, '    ');
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  namespace: lb\n  name: config\ndata:\n  config: |\n${block}`;
}

/** As kubectl reads it. */
function printed(output: string): Printed[] {
  return parseAllDocuments(output, { version: '1.1' }).map((document) => document.toJS() as Printed);
}

/** Without where each part was written, which is all that may differ. */
function withoutOrigins(config: Config): unknown {
  return JSON.parse(
    JSON.stringify(config, (key, value: unknown) =>
      key === 'origin' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
    ),
  );
}

describe.each(['metallb.io', 'heraldlb.io'] as const satisfies readonly ApiGroup[])('the objects of %s', (group) => {
  it('configure the same as the ConfigMap does when it is run directly', () => {
    const { status, output, errors } = convertText(configMap(WHOLE_LEGACY_TEXT), 'config.yaml', { group });
    // The one thing that is not done in full is told, and converted all the same.
    expect([status, errors]).toEqual([0, [expect.stringMatching(/^config\.yaml: echo-mode true: /)]]);
    const objects = printed(output).map(({ kind, metadata, spec, apiVersion }) =>
      configObject(kind, metadata.name, spec, { apiVersion, namespace: metadata.namespace }),
    );
    const common = { fixed: [], namespaces: [], reads: () => true };
    const converted = assemble({ ...common, objects });
    expect(converted.verdicts.filter(({ valid }) => !valid).map(({ reason }) => reason)).toEqual(['NotSupported']);

    const source = { namespace: 'lb', name: 'config', uid: 'u', creationTimestamp: '' };
    const legacy = decodeLegacyText(WHOLE_LEGACY_TEXT, parseYaml(WHOLE_LEGACY_TEXT), { source, names: 'as-written' });
    const direct = assemble({ ...common, objects: [], entries: foreignEntries(legacy, source) });
    expect(withoutOrigins(converted.config)).toEqual(withoutOrigins(direct.config));
    expect(direct.config.pools.map(({ name }) => name)).toEqual(['default', 'home', 'plain', 'second']);
  });

  it('come in the order of the converter of MetalLB, in the namespace of the ConfigMap', () => {
    const { output } = convertText(configMap(WHOLE_LEGACY_TEXT), 'config.yaml', { group });
    const objects = printed(output);
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['lb']));
    expect([...new Set(objects.map(({ kind }) => kind))]).toEqual([
      'BGPPeer',
      'IPAddressPool',
      'BGPAdvertisement',
      'L2Advertisement',
      'BFDProfile',
      'Community',
    ]);
  });
});

it('the bare configuration is taken too, and a namespace can be asked for', () => {
  const options = { group: 'metallb.io' as const };
  const bare = convertText(WHOLE_LEGACY_TEXT, 'config.yaml', options);
  expect(printed(bare.output)[0]?.metadata.namespace).toBe('metallb-system');
  const elsewhere = convertText(WHOLE_LEGACY_TEXT, 'config.yaml', { ...options, namespace: 'elsewhere' });
  expect(printed(elsewhere.output)[0]?.metadata.namespace).toBe('elsewhere');
});

it('a name that no object can have is changed, and the user is told', () => {
  const text = 'address-pools:\n- {name: My_Pool, protocol: layer2, addresses: [10.0.0.0/24]}\n';
  const { status, errors } = convertText(configMap(text), 'config.yaml', { group: 'metallb.io' });
  expect([status, errors]).toEqual([
    0,
    [
      'config.yaml: pool "My_Pool" is called "my-pool" now, since an object cannot have its name; Services that ask for it by an annotation address-pool must ask for the new name',
    ],
  ]);
});

const slip = 'address-pools:\n- name: default\nprotocol: layer2\naddresses: [10.0.0.0/24]\n';

it.each([
  [
    'a slip, at its place in the file',
    configMap(slip),
    [
      'config.yaml:10:5: protocol: stands outside the entry of "address-pools" that begins on line 9, to which it belongs; indent it, with all that is below it, so that it stands below "name" in column 7',
      'config.yaml:11:5: addresses: stands outside the entry of "address-pools" that begins on line 9, to which it belongs; indent it, with all that is below it, so that it stands below "name" in column 7',
    ],
  ],
  [
    'a text between quotes, whose lines are not those of the file',
    'apiVersion: v1\nkind: ConfigMap\ndata: {config: "address-pools: 5"}\n',
    [
      'config.yaml: data.config, line 1, column 16, address-pools "5": must be a list; write each entry below it, with "- " before its first line',
    ],
  ],
  [
    'pools that overlap',
    configMap(
      'address-pools:\n- {name: a, protocol: layer2, addresses: [10.0.0.0/24]}\n- {name: b, protocol: layer2, addresses: [10.0.0.0/24]}\n',
    ),
    [
      'config.yaml:10:7: address-pools[1]: addresses[0] "10.0.0.0-10.0.0.255": overlaps "10.0.0.0-10.0.0.255" of ConfigMap lb/config (address-pools[0]), which is in force; take these addresses out of one of the two.',
    ],
  ],
  [
    'another object',
    'apiVersion: v1\nkind: Secret\n',
    ['config.yaml: data: there is no ConfigMap with a key "config"; give the file that has it'],
  ],
  [
    'two ConfigMaps',
    `${configMap(slip)}---\n${configMap(slip)}`,
    ['config.yaml:19:11: data: there are two ConfigMaps with a key "config"; give a file with one of them'],
  ],
])('%s: errors only, and status 1', (_what, text, errors) => {
  expect(convertText(text, 'config.yaml', { group: 'metallb.io' })).toEqual({ status: 1, output: '', errors });
});

it('a file that is not there is an error like another', async () => {
  const { status, output, errors } = await convertFile('/nonexistent/config.yaml', { group: 'metallb.io' });
  expect([status, output]).toEqual([1, '']);
  expect(errors[0]).toMatch(/^\/nonexistent\/config\.yaml: ENOENT/);
});

it.each([
  ['', 'it is empty'],
  ['\n', 'it is empty'],
  ['# later\n', 'nothing to convert'],
  ['address-pools: []\n', 'nothing to convert'],
])('%j, which holds no configuration, is said to', (content, why) => {
  const { status, output, errors } = convertText(content, '<stdin>', { group: 'metallb.io' });
  expect({ status, output }).toEqual({ status: 1, output: '' });
  expect(errors).toEqual([expect.stringContaining(why)]);
});
