import { describe, expect, it } from 'vitest';
import { parseAddressEntry } from '../../../../src/core/config/address-entry.ts';
import { type Assembly, assemble } from '../../../../src/core/config/assemble.ts';
import { clusterRangesOf } from '../../../../src/core/config/cluster-ranges.ts';
import { poolsOfFlags } from '../../../../src/core/config/pool-flags.ts';
import type { SourceObject } from '../../../../src/core/config/source.ts';
import { configObject, pool } from '../../../support/config-objects.ts';

function assembled(objects: readonly SourceObject[], previous?: Assembly): Assembly {
  return assemble({ objects, fixed: [], namespaces: [], reads: (namespace) => namespace !== 'elsewhere' }, previous);
}

function poolsInForce(assembly: Assembly): string[] {
  return assembly.config.pools.map(({ name }) => name);
}

function verdictOf(assembly: Assembly, name: string): string {
  const verdict = assembly.verdicts.find(({ origin }) => origin.name === name);
  return `${verdict?.reason}: ${verdict?.message}`;
}

const everything = configObject('L2Advertisement', 'everything', {});

describe('of two pools that overlap', () => {
  const older = pool('older', ['10.0.0.0/24'], { createdSecond: 1 });
  const younger = pool('younger', ['192.168.0.0/24', '10.0.0.128-10.0.1.5'], { createdSecond: 2 });

  it('the younger is out, and is told which field, which other pool and what to do', () => {
    const assembly = assembled([younger, everything, older]);
    expect(poolsInForce(assembly)).toEqual(['older']);
    expect(verdictOf(assembly, 'younger')).toBe(
      'Overlap: spec.addresses[1] "10.0.0.128-10.0.1.5": overlaps "10.0.0.0-10.0.0.255" of IPAddressPool metallb-system/older, which is in force; take these addresses out of one of the two.',
    );
    expect(verdictOf(assembly, 'older')).toBe('InForce: In force.');
  });

  it('the one that was in force first stays, though it is the younger', () => {
    const before = assembled([younger]);
    expect(poolsInForce(assembled([older, younger], before))).toEqual(['younger']);
  });

  it('the one that was in force first stays after a restart too, by its condition', () => {
    const conditions = [{ type: 'Valid', status: 'True', observedGeneration: 1 }];
    const remembered = { ...younger, status: { conditions } };
    expect(poolsInForce(assembled([older, remembered]))).toEqual(['younger']);
  });

  it('the loser is in force as soon as the winner is gone', () => {
    const before = assembled([older, younger]);
    expect(poolsInForce(assembled([younger], before))).toEqual(['younger']);
  });
});

describe('a pool that was in force and is changed', () => {
  const first = pool('first', ['10.0.0.0/24']);
  const second = pool('second', ['10.0.1.0/24']);

  it('to overlap another stays as it was, and is told so', () => {
    const before = assembled([first, second]);
    const changed = pool('first', ['10.0.0.0/23'], { generation: 2 });
    const after = assembled([changed, second, everything], before);
    expect(after.config.pools).toEqual(before.config.pools);
    expect(verdictOf(after, 'first')).toMatch(
      /^Overlap: .*second, which is in force; .* What was written before stays in force until this is put right or the controller restarts\.$/,
    );
    expect(after.verdicts.find(({ origin }) => origin.name === 'first')?.generation).toBe(2);
  });

  it('to something that is no pool stays as it was', () => {
    const before = assembled([first, second]);
    const after = assembled([pool('first', ['10.0.0.5'], { generation: 2 }), second], before);
    expect(after.config).toEqual(before.config);
    expect(verdictOf(after, 'first')).toMatch(/^Invalid: spec\.addresses\[0\] "10\.0\.0\.5": is a single address/);
  });

  it('can exchange its addresses with another, one change after the other', () => {
    const before = assembled([first, second]);
    const firstChanged = pool('first', ['10.0.1.0/24'], { generation: 2 });
    const half = assembled([firstChanged, second], before);
    const whole = assembled([firstChanged, pool('second', ['10.0.0.0/24'], { generation: 2 })], half);
    expect(whole.verdicts.map(({ valid }) => valid)).toEqual([true, true]);
    expect(whole.config.pools.map(({ ranges }) => ranges[0]?.first)).toEqual([0x0a000100, 0x0a000000]);
  });
});

it('two pools of one name cannot both be in force, whatever their groups and namespaces', () => {
  const assembly = assembled([
    pool('default', ['10.0.0.0/24'], { createdSecond: 1 }),
    pool('default', ['10.0.1.0/24'], { createdSecond: 2, apiVersion: 'heraldlb.io/v1', namespace: 'heraldlb-system' }),
  ]);
  expect(poolsInForce(assembly)).toEqual(['default']);
  expect(assembly.verdicts.find(({ valid }) => !valid)?.message).toBe(
    'metadata.name "default": IPAddressPool metallb-system/default (metallb.io/v1beta1) is in force under this name, and names count across namespaces; rename or delete one of the two.',
  );
});

it('a bad object disables itself only', () => {
  const assembly = assembled([pool('bad', ['10.0.0.0/33']), pool('good', ['10.0.0.0/24']), everything]);
  expect(poolsInForce(assembly)).toEqual(['good']);
  expect(assembly.config.l2Advertisements).toHaveLength(1);
});

it('an object of a namespace that does not count is told where to move', () => {
  const assembly = assembled([pool('lost', ['10.0.0.0/24'], { namespace: 'elsewhere' })]);
  expect(poolsInForce(assembly)).toEqual([]);
  expect(verdictOf(assembly, 'lost')).toBe(
    'NamespaceNotRead: metadata.namespace "elsewhere": the IPAddressPool objects of this namespace are not read; move the object to the namespace of the controller, or start the controller with --config-namespace=elsewhere.',
  );
});

it('a pool that nobody announces, and an advertisement of a pool that is not there, are in force and told so', () => {
  const assembly = assembled([
    pool('first', ['10.0.0.0/24']),
    configObject('L2Advertisement', 'typo', { ipAddressPools: ['frist'] }),
  ]);
  expect(verdictOf(assembly, 'first')).toBe(
    'InForce: In force. No advertisement in force announces this pool, so nobody can reach its addresses: create an L2Advertisement or a BGPAdvertisement for "first".',
  );
  expect(verdictOf(assembly, 'typo')).toBe(
    'InForce: In force. spec.ipAddressPools "frist": no IPAddressPool of this name is in force.',
  );
});

it('selectors of namespaces become the names that they match, beside those that are listed', () => {
  const pinned = configObject('IPAddressPool', 'pinned', {
    addresses: ['10.0.0.0/24'],
    serviceAllocation: { namespaces: ['listed'], namespaceSelectors: [{ matchLabels: { team: 'a' } }] },
  });
  const { config } = assemble({
    objects: [pinned],
    fixed: [],
    namespaces: [
      { name: 'matching', labels: { team: 'a' } },
      { name: 'other', labels: { team: 'b' } },
    ],
    reads: () => true,
  });
  expect(config.pools[0]?.serviceAllocation?.namespaces).toEqual(['listed', 'matching']);
});

describe('a pool that reaches into addresses of the cluster itself', () => {
  const range = (first: string, last: string) => {
    const entry = parseAddressEntry(`${first}-${last}`);
    if (entry.kind === 'problem') throw new Error(entry.message);
    return entry.range;
  };
  const clusterRanges = clusterRangesOf([
    { range: range('10.42.1.0', '10.42.1.255'), owner: 'the Pods of b' },
    { range: range('fd00:43::', 'fd00:43::ffff'), owner: 'the Services' },
    { range: range('10.42.0.0', '10.42.0.255'), owner: 'the Pods of a' },
    { range: range('10.42.0.128', '10.42.1.7'), owner: 'the Pods of c' },
  ]);
  const input = { fixed: [], namespaces: [], reads: () => true, clusterRanges };

  it.each([
    ['10.42.1.200-10.42.2.9', '"10.42.0.0-10.42.1.255", the Pods of a'],
    ['10.41.0.0-10.43.0.0', '"10.42.0.0-10.42.1.255", the Pods of a'],
    ['fd00:43::8/126', '"fd00:43::-fd00:43::ffff", the Services'],
  ])('as %s does is out alone, and is told whose they are', (addresses, whose) => {
    const objects = [everything, pool('bad', [addresses]), pool('good', ['10.42.2.0/24'])];
    const assembly = assemble({ ...input, objects });
    expect(poolsInForce(assembly)).toContain('good');
    expect(poolsInForce(assembly)).not.toContain('bad');
    expect(verdictOf(assembly, 'bad')).toMatch(/^Overlap: spec\.addresses\[0\] /);
    expect(verdictOf(assembly, 'bad')).toContain(`overlaps ${whose}; take these addresses out of the pool.`);
  });

  it('is out also when it comes from a flag', () => {
    const flags = poolsOfFlags(['10.42.1.0/28']);
    const { config, verdicts } = assemble({ ...input, objects: [], fixed: flags.kind === 'ok' ? flags.values : [] });
    expect(config.pools).toEqual([]);
    expect(verdicts).toMatchObject([{ valid: false, reason: 'Overlap', origin: { kind: '--pool' } }]);
  });
});

/** What the schema of a condition has room for. */
const MESSAGE_MAX = 32_768;

it.each([
  [
    'a thousand wrong ranges',
    'IPAddressPool',
    { addresses: Array.from({ length: 1_000 }, (_, at) => `10.0.${at}.0/24`) },
  ],
  [
    'a thousand names of pools that are not there',
    'L2Advertisement',
    { ipAddressPools: Array.from({ length: 1_000 }, (_, at) => `pool-${at}-${'x'.repeat(60)}`) },
  ],
])(
  'an object with %s is told of so many as its condition has room for, and how many more there are',
  (_what, kind, spec) => {
    const [verdict] = assembled([configObject(kind, 'long', spec)]).verdicts;
    expect(verdict?.message.length).toBeLessThan(MESSAGE_MAX);
    expect(verdict?.message).toMatch(/\b(734|990) more/);
  },
);
