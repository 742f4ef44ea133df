import { describe, expect, it } from 'vitest';
import { decode } from '../../../../src/core/config/decode.ts';
import { describeProblem } from '../../../../src/core/config/problem.ts';
import { configObject, type ObjectTraits } from '../../../support/config-objects.ts';
import { range } from '../../../support/ipam-pools.ts';

function problems(kind: string, spec: unknown, traits: ObjectTraits = {}): string[] {
  const result = decode(configObject(kind, 'first', spec, traits));
  return result.kind === 'ok' ? [] : result.problems.map(describeProblem);
}

function decoded(kind: string, spec: unknown, traits: ObjectTraits = {}): unknown {
  const result = decode(configObject(kind, 'first', spec, traits));
  if (result.kind === 'problems') throw new Error(result.problems.map(describeProblem).join('\n'));
  return result.value;
}

describe('an IPAddressPool', () => {
  it.each(['metallb.io/v1beta1', 'heraldlb.io/v1'])('of %s takes the defaults of MetalLB', (apiVersion) => {
    expect(decoded('IPAddressPool', { addresses: ['10.0.0.0/30'] }, { apiVersion, labels: { rack: 'a' } })).toEqual({
      kind: 'IPAddressPool',
      pool: {
        name: 'first',
        origin: { apiVersion, kind: 'IPAddressPool', namespace: 'metallb-system', name: 'first' },
        labels: { rack: 'a' },
        ranges: [{ first: 0x0a000000, last: 0x0a000003 }],
        autoAssign: true,
        avoidBuggyIps: false,
      },
    });
  });

  it('is pinned to every Service by an empty serviceAllocation', () => {
    expect(decoded('IPAddressPool', { addresses: ['10.0.0.0/30'], serviceAllocation: {} })).toMatchObject({
      pool: {
        serviceAllocation: { priority: 0, namespaces: [], namespaceSelectors: [], serviceSelectors: [] },
      },
    });
  });

  it('takes null for an absent field, as the API does', () => {
    expect(
      decoded('IPAddressPool', { addresses: ['10.0.0.0/30'], autoAssign: null, serviceAllocation: null }),
    ).toMatchObject({ pool: { autoAssign: true } });
  });

  it('keeps addresses for Services that it names, in our own group only', () => {
    const spec = {
      addresses: ['10.0.0.0/29', '10.0.0.8-10.0.0.9', 'fd00::/64'],
      reservations: [
        { service: 'default/web', addresses: ['10.0.0.5', '10.0.0.7-10.0.0.8'] },
        { service: 'default/dns', addresses: ['10.0.0.0/31', 'fd00::5'] },
      ],
    };
    expect(decoded('IPAddressPool', spec, { apiVersion: 'heraldlb.io/v1' })).toMatchObject({
      pool: {
        reservations: [
          {
            service: 'default/web',
            addresses: [
              { first: 0x0a000005, last: 0x0a000005 },
              { first: 0x0a000007, last: 0x0a000008 },
            ],
          },
          { service: 'default/dns', addresses: [{ first: 0x0a000000, last: 0x0a000001 }, range('fd00::5/128')] },
        ],
      },
    });
    expect(decoded('IPAddressPool', spec, { apiVersion: 'metallb.io/v1beta1' })).not.toHaveProperty(
      'pool.reservations',
    );
  });

  const reserve = (...reservations: readonly unknown[]) => ({ addresses: ['10.0.0.0/29'], reservations });
  const WRONG_RESERVATIONS: readonly [what: string, spec: unknown, sentences: readonly string[]][] = [
    [
      'the name of a Service without its namespace',
      reserve({ service: 'web', addresses: ['10.0.0.5'] }),
      [
        'spec.reservations[0].service "web": names no Service; write its namespace and its name with a slash between them, such as "default/web"',
      ],
    ],
    [
      'no addresses',
      reserve({ service: 'default/web' }, { service: 'default/dns', addresses: [] }),
      [
        'spec.reservations[0].addresses: is missing; it is a list that must be there',
        'spec.reservations[1].addresses []: is an empty list; write at least one entry, or leave the field out where that is allowed',
      ],
    ],
    [
      'what is no address',
      reserve({ service: 'default/web', addresses: ['10.0.0.5/33', '10.0.0.5-10.0.0.1', 'web'] }),
      [
        'spec.reservations[0].addresses[0] "10.0.0.5/33": has no valid prefix length; an IPv4 prefix has 0 to 32 bits',
        'spec.reservations[0].addresses[1] "10.0.0.5-10.0.0.1": runs backwards; write "10.0.0.1-10.0.0.5"',
        'spec.reservations[0].addresses[2] "web": is "web", which is not an IP address; write one such as "192.168.1.240" or "fd00::240"',
      ],
    ],
    [
      'addresses outside of the pool',
      reserve({ service: 'default/web', addresses: ['10.0.0.6-10.0.0.9', 'fd00::5'] }),
      [
        'spec.reservations[0].addresses[0] "10.0.0.6-10.0.0.9": reaches out of the pool: 10.0.0.8 is not in spec.addresses; add it there, or reserve an address of the pool',
        'spec.reservations[0].addresses[1] "fd00::5": reaches out of the pool: fd00::5 is not in spec.addresses; add it there, or reserve an address of the pool',
      ],
    ],
    [
      'addresses that avoidBuggyIPs keeps from everybody',
      {
        addresses: ['10.0.0.0/22'],
        avoidBuggyIPs: true,
        reservations: [
          { service: 'default/web', addresses: ['10.0.0.255-10.0.1.0', '10.0.0.0', '10.0.2.0-10.0.2.255'] },
        ],
      },
      [
        'spec.reservations[0].addresses[0] "10.0.0.255-10.0.1.0": ends in .0 or .255, which avoidBuggyIPs keeps from every Service; reserve another address, or set avoidBuggyIPs to false',
        'spec.reservations[0].addresses[1] "10.0.0.0": ends in .0 or .255, which avoidBuggyIPs keeps from every Service; reserve another address, or set avoidBuggyIPs to false',
      ],
    ],
    [
      'an address for two Services',
      reserve(
        { service: 'default/web', addresses: ['10.0.0.2-10.0.0.5'] },
        { service: 'x/web', addresses: ['10.0.0.5'] },
      ),
      [
        'spec.reservations[1].addresses[0] "10.0.0.5": overlaps what is reserved for "default/web" (10.0.0.2-10.0.0.5); remove or shrink one of the two',
      ],
    ],
  ];

  it.each(WRONG_RESERVATIONS)('that reserves %s is refused by name, value and remedy', (_what, spec, sentences) => {
    expect(problems('IPAddressPool', spec, { apiVersion: 'heraldlb.io/v1' })).toEqual(sentences);
  });

  const WRONG: readonly [what: string, spec: unknown, sentences: readonly string[]][] = [
    ['no addresses', {}, ['spec.addresses: is missing; it is a list that must be there']],
    [
      'an empty list',
      { addresses: [] },
      ['spec.addresses []: is an empty list; write at least one entry, or leave the field out where that is allowed'],
    ],
    [
      'one text in place of a list',
      { addresses: '10.0.0.0/24' },
      ['spec.addresses "10.0.0.0/24": must be a list; write each entry on a line of its own that begins with "- "'],
    ],
    [
      'a number and a null as addresses',
      { addresses: [10.5, null] },
      [
        'spec.addresses[0] 10.5: must be a text; put it between quotes',
        'spec.addresses[1] null: must be a text; put it between quotes',
      ],
    ],
    [
      'every wrong address, each with its sentence',
      { addresses: ['10.0.0.5', '10.0.0.9-10.0.0.1'] },
      [
        'spec.addresses[0] "10.0.0.5": is a single address without a prefix length; write "10.0.0.5/32"',
        'spec.addresses[1] "10.0.0.9-10.0.0.1": runs backwards; write "10.0.0.1-10.0.0.9"',
      ],
    ],
    [
      'ranges that overlap',
      { addresses: ['10.0.0.0/24', 'fd00::/64', '10.0.0.200-10.0.1.5', '10.0.1.0/28'] },
      [
        'spec.addresses[2] "10.0.0.200-10.0.1.5": overlaps spec.addresses[0] (10.0.0.0-10.0.0.255); remove or shrink one of the two',
        'spec.addresses[3] "10.0.1.0/28": overlaps spec.addresses[2] (10.0.0.200-10.0.1.5); remove or shrink one of the two',
      ],
    ],
    [
      'autoAssign between quotes',
      { addresses: ['10.0.0.0/24'], autoAssign: 'false' },
      ['spec.autoAssign "false": must be true or false; write it without quotes'],
    ],
    [
      'a priority that is no whole number',
      { addresses: ['10.0.0.0/24'], serviceAllocation: { priority: 1.5 } },
      ['spec.serviceAllocation.priority 1.5: must be a whole number; write it without quotes and without a fraction'],
    ],
    [
      'a namespace that is listed twice',
      { addresses: ['10.0.0.0/24'], serviceAllocation: { namespaces: ['a', 'b', 'a'] } },
      ['spec.serviceAllocation.namespaces[2] "a": is the same name as entry 0; remove one of the two'],
    ],
    [
      'selectors that are equal but for the order of their labels',
      {
        addresses: ['10.0.0.0/24'],
        serviceAllocation: {
          serviceSelectors: [{ matchLabels: { a: '1', b: '2' } }, { matchLabels: { b: '2', a: '1' } }],
        },
      },
      [
        'spec.serviceAllocation.serviceSelectors[1] {"matchLabels":{"b":"2","a":"1"}}: is the same selector as entry 0; remove one of the two',
      ],
    ],
    [
      'a spec that is a list',
      ['10.0.0.0/24'],
      ['spec ["10.0.0.0/24"]: must be a mapping of names to values; indent its fields below it'],
    ],
  ];

  it.each(WRONG)('with %s is refused by name, value and remedy', (_what, spec, sentences) => {
    expect(problems('IPAddressPool', spec)).toEqual(sentences);
  });
});

describe('an L2Advertisement', () => {
  it.each([[undefined], [null], [{}]])('whose spec is %j announces every pool everywhere', (spec) => {
    expect(decoded('L2Advertisement', spec)).toMatchObject({
      advertisement: {
        name: 'first',
        ipAddressPools: [],
        ipAddressPoolSelectors: [],
        nodeSelectors: [],
        serviceSelectors: [],
        preferredNodeSelectors: [],
        interfaces: [],
      },
    });
  });

  it('takes an interface that is named twice for one', () => {
    expect(decoded('L2Advertisement', { interfaces: ['eth0', 'eth1', 'eth0'] })).toMatchObject({
      advertisement: { interfaces: ['eth0', 'eth1'] },
    });
  });

  const WRONG: readonly [what: string, spec: unknown, sentences: readonly string[]][] = [
    [
      'an empty name of a pool',
      { ipAddressPools: [''] },
      ['spec.ipAddressPools[0] "": is empty; write the name of an IPAddressPool'],
    ],
    [
      'an unknown operator',
      { nodeSelectors: [{ matchExpressions: [{ key: 'rack', operator: 'in', values: ['a'] }] }] },
      [
        'spec.nodeSelectors[0].matchExpressions[0].operator "in": is not known here; write one of In, NotIn, Exists, DoesNotExist',
      ],
    ],
    [
      'an operator without values',
      { nodeSelectors: [{ matchExpressions: [{ key: 'rack', operator: 'In' }] }] },
      ['spec.nodeSelectors[0].matchExpressions[0].values: must not be empty with In; list values'],
    ],
    [
      'values that mean nothing',
      { nodeSelectors: [{ matchExpressions: [{ key: 'rack', operator: 'DoesNotExist', values: ['a'] }] }] },
      [
        'spec.nodeSelectors[0].matchExpressions[0].values ["a"]: has no meaning with DoesNotExist; remove it, or write the operator NotIn',
      ],
    ],
    [
      'a label that can never be',
      { nodeSelectors: [{ matchLabels: { rack: '-' } }] },
      [
        'spec.nodeSelectors[0].matchLabels.rack "-": can never be the value of a label; write at most 63 letters, digits, "-", "_" or ".", with a letter or digit at both ends',
      ],
    ],
    [
      'the name of a label that can never be',
      { nodeSelectors: [{ matchLabels: { 'a b': 'x' } }] },
      ['spec.nodeSelectors[0].matchLabels["a b"] "x": has a name that no label can have; correct "a b"'],
    ],
    [
      'a weight out of its range',
      { preferredNodeSelectors: [{ weight: 101, preference: {} }, { weight: 0, preference: {} }, { weight: 1 }] },
      [
        'spec.preferredNodeSelectors[0].weight 101: is too large; the most is 100',
        'spec.preferredNodeSelectors[1].weight 0: is too small; the least is 1',
        'spec.preferredNodeSelectors[2].preference: is missing; it is a mapping of names to values that must be there',
      ],
    ],
  ];

  it.each(WRONG)('with %s is refused by name, value and remedy', (_what, spec, sentences) => {
    expect(problems('L2Advertisement', spec)).toEqual(sentences);
  });
});

it('an object of a version that nobody serves is told which are', () => {
  expect(problems('IPAddressPool', {}, { apiVersion: 'metallb.io/v1alpha1' })).toEqual([
    'apiVersion "metallb.io/v1alpha1": has no kind IPAddressPool that is read here; write one of metallb.io/v1beta1 IPAddressPool, heraldlb.io/v1 IPAddressPool',
  ]);
});
