import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../../../../src/adapters/yaml/positioned-yaml.ts';
import { assemble } from '../../../../../src/core/config/assemble.ts';
import { foreignEntries, problemsOf } from '../../../../../src/core/config/legacy/foreign-entries.ts';
import { decodeLegacy, decodeLegacyText } from '../../../../../src/core/config/legacy/legacy-config.ts';
import { nodeOf } from '../../../../../src/core/config/legacy/yaml-node.ts';
import { describeProblem } from '../../../../../src/core/config/problem.ts';
import { WHOLE_LEGACY_TEXT } from '../../../../support/legacy-texts.ts';

const source = { namespace: 'metallb-system', name: 'config', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' };

function decoded(text: string, names: 'as-written' | 'legal' = 'as-written') {
  return decodeLegacyText(text, parseYaml(text), { source, names });
}

/** `line:column field value: sentence`, in the order of the text. */
function problems(text: string): string[] {
  return problemsOf(decoded(text)).map(({ position, ...problem }) =>
    [position && `${position.line}:${position.column}`, describeProblem(problem)].filter(Boolean).join(' '),
  );
}

function specs(text: string, names?: 'as-written' | 'legal'): Record<string, unknown> {
  return Object.fromEntries(
    decoded(text, names).entries.map(({ object }) => [`${object.kind} ${object.meta.name}`, object.spec]),
  );
}

it('every key becomes the field that it is today', () => {
  expect(problems(WHOLE_LEGACY_TEXT)).toEqual([]);
  expect(specs(WHOLE_LEGACY_TEXT)).toEqual({
    'BGPPeer peer1': {
      myASN: 64500,
      peerASN: 64501,
      peerAddress: '192.168.33.2',
      sourceAddress: '192.168.33.10',
      peerPort: 1790,
      holdTime: '120s',
      keepaliveTime: '30s',
      routerID: '10.0.0.1',
      password: '12345',
      bfdProfile: 'fast',
      ebgpMultiHop: true,
      nodeSelectors: [
        {
          matchLabels: { rack: '1' },
          matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['a', 'b'] }],
        },
      ],
    },
    'BGPPeer peer2': { myASN: 64500, peerASN: 64501, peerAddress: '192.168.33.4', holdTime: '90s' },
    'IPAddressPool default': { addresses: ['192.168.32.0/24'], avoidBuggyIPs: true },
    'BGPAdvertisement bgpadvertisement1': {
      aggregationLength: 32,
      localPref: 100,
      communities: ['no-advertise', '64512:1'],
      ipAddressPools: ['default'],
    },
    'BGPAdvertisement bgpadvertisement2': {
      aggregationLength: 24,
      aggregationLengthV6: 64,
      ipAddressPools: ['default'],
    },
    'IPAddressPool plain': { addresses: ['fd00:1::/64'] },
    'BGPAdvertisement bgpadvertisement3': { ipAddressPools: ['plain'] },
    'IPAddressPool home': { addresses: ['192.168.1.240-192.168.1.250'], autoAssign: false },
    'L2Advertisement l2advertisement1': { ipAddressPools: ['home'] },
    'IPAddressPool second': { addresses: ['10.9.0.0/30', 'fd00:2::/120'] },
    'L2Advertisement l2advertisement2': { ipAddressPools: ['second'] },
    'Community communities': {
      communities: [
        { name: 'blackhole', value: '65535:666' },
        { name: 'no-advertise', value: '65535:65282' },
      ],
    },
    'BFDProfile fast': {
      receiveInterval: 50,
      transmitInterval: 60,
      detectMultiplier: 5,
      echoInterval: 70,
      echoMode: true,
      passiveMode: true,
      minimumTtl: 200,
    },
  });
});

it.each(['', 'address-pools:\n', 'peers: []\nbgp-communities: {}\n'])(
  '%j says nothing, and nothing is wrong',
  (text) => {
    expect(decoded(text)).toEqual({ entries: [], problems: [], renamed: [] });
  },
);

it('a keepalive time alone leaves the hold time at the 90 seconds that it was', () => {
  const text = 'peers:\n- {my-asn: 1, peer-asn: 2, peer-address: 10.0.0.1, keepalive-time: 5s}\n';
  expect(specs(text)).toMatchObject({ 'BGPPeer peer1': { holdTime: '90s', keepaliveTime: '5s' } });
});

it('names stay as Services ask for them, or are made legal as by the converter of MetalLB', () => {
  const pool = (name: string, at: number) => `- {name: ${name}, protocol: layer2, addresses: [10.0.${at}.0/24]}\n`;
  const text = `address-pools:\n${['1_My_Pool', 'my-pool', 'x'.repeat(70), 'Ärger'].map(pool).join('')}`;
  expect(Object.keys(specs(text)).filter((key) => key.startsWith('IP'))).toEqual([
    'IPAddressPool 1_My_Pool',
    'IPAddressPool my-pool',
    `IPAddressPool ${'x'.repeat(70)}`,
    'IPAddressPool Ärger',
  ]);
  expect(Object.keys(specs(text, 'legal')).filter((key) => key.startsWith('IP'))).toEqual([
    'IPAddressPool my-pool',
    'IPAddressPool my-pool-2',
    `IPAddressPool ${'x'.repeat(63)}`,
    'IPAddressPool rger',
  ]);
});

it('anchors and merge keys are followed', () => {
  const text = `address-pools:
- &first
  name: a
  protocol: layer2
  addresses: [10.0.0.0/24]
- <<: *first
  name: b
  addresses: [10.0.1.0/24]
`;
  expect(problems(text)).toEqual([]);
  expect(specs(text)).toMatchObject({ 'IPAddressPool b': { addresses: ['10.0.1.0/24'] } });
});

describe('an indentation slip of the guides', () => {
  it('that makes keys of a pool keys of the whole is told for each with place and remedy', () => {
    const text = `address-pools:
- name: default
protocol: layer2
addresses:
- 192.168.1.240-192.168.1.250
`;
    const remedy =
      'stands outside the entry of "address-pools" that begins on line 2, to which it belongs; indent it, with all that is below it, so that it stands below "name" in column 3';
    expect(problems(text)).toEqual([`3:1 protocol: ${remedy}`, `4:1 addresses: ${remedy}`]);
    expect(decoded(text).entries).toEqual([]);
  });

  it('that makes the text no YAML at all is told in the same words', () => {
    const text = `address-pools:
  - name: default
  protocol: layer2
  addresses:
  - 192.168.1.240-192.168.1.250
`;
    const remedy =
      'stands outside the list entry that begins on line 2, to which it belongs; indent it, with all that is below it, so that it stands below "name" in column 5';
    expect(problems(text)).toEqual([`3:3 protocol: ${remedy}`, `4:3 addresses: ${remedy}`]);
  });

  it.each([
    [
      'one blank too few',
      'peers:\n- my-asn: 1\n  peer-asn: 2\n peer-address: 10.0.0.1\n',
      '4:2 peer-address: stands outside the list entry that begins on line 2, to which it belongs; indent it, with all that is below it, so that it stands below "my-asn" in column 3',
    ],
    [
      'within a pool',
      'address-pools:\n- name: a\n  protocol: bgp\n  addresses: [10.0.0.0/24]\n  bgp-advertisements:\n  - aggregation-length: 32\n  localpref: 5\n',
      '7:3 address-pools[0].localpref: stands outside the entry of "bgp-advertisements" that begins on line 6, to which it belongs; indent it, with all that is below it, so that it stands below "aggregation-length" in column 5',
    ],
  ])('with %s too', (_what, text, sentence) => {
    expect(problems(text)).toEqual([sentence]);
  });
});

const pool = (lines: string) => `address-pools:\n- name: a\n${lines}`;
const good = '  protocol: layer2\n  addresses: [10.0.0.0/24]\n';
const peer = (lines: string) => `peers:\n- my-asn: 1\n  peer-asn: 2\n${lines}`;

const WRONG: readonly [what: string, text: string, sentences: readonly string[]][] = [
  [
    'a tab',
    'address-pools:\n\t- name: a\n',
    ['2:1 config "- name: a": is no YAML (Tabs are not allowed as indentation); indent it with blanks, not with tabs'],
  ],
  [
    'a key twice',
    'peers: []\npeers: []\n',
    [
      '2:1 config "peers: []": is no YAML (Map keys must be unique); compare its indentation, quotes and brackets with those of the lines above',
    ],
  ],
  [
    'a text in place of the whole',
    'hello',
    ['1:1 config "hello": must be a mapping with address-pools, peers, bgp-communities or bfd-profiles'],
  ],
  [
    'an unknown key',
    'address-pool: []\n',
    ['1:1 address-pool: is not known here; write one of peers, address-pools, bgp-communities, bfd-profiles'],
  ],
  [
    'the name of a field of today',
    pool(`${good}  autoAssign: false\n`),
    ['5:3 address-pools[0].autoAssign: is not known here; write "auto-assign"'],
  ],
  [
    'a mapping in place of a list',
    'address-pools:\n  name: a\n',
    ['2:3 address-pools {"name":"a"}: must be a list; write each entry below it, with "- " before its first line'],
  ],
  [
    'no protocol',
    pool('  addresses: [10.0.0.0/24]\n'),
    ['2:3 address-pools[0].protocol: is missing; write layer2 or bgp'],
  ],
  [
    'an unknown protocol',
    pool('  protocol: arp\n  addresses: [10.0.0.0/24]\n'),
    ['3:3 address-pools[0].protocol "arp": is not known here; write layer2 or bgp'],
  ],
  [
    'bgp-advertisements with layer2',
    pool(`${good}  bgp-advertisements:\n  - localpref: 1\n`),
    ['5:3 address-pools[0].bgp-advertisements: cannot go with protocol layer2; remove it, or write the protocol bgp'],
  ],
  [
    'a reversed range',
    pool('  protocol: layer2\n  addresses:\n  - 10.0.0.9-10.0.0.1\n'),
    ['5:5 address-pools[0].addresses[0] "10.0.0.9-10.0.0.1": runs backwards; write "10.0.0.1-10.0.0.9"'],
  ],
  [
    'one address',
    pool('  protocol: layer2\n  addresses: [10.0.0.1]\n'),
    ['4:15 address-pools[0].addresses[0] "10.0.0.1": is a single address without a prefix length; write "10.0.0.1/32"'],
  ],
  [
    'no addresses',
    pool('  protocol: layer2\n'),
    ['2:3 address-pools[0].addresses: is missing; write a list of CIDRs or ranges'],
  ],
  [
    'ranges that overlap',
    pool('  protocol: layer2\n  addresses: [10.0.0.0/24, 10.0.0.7/32]\n'),
    [
      '4:28 address-pools[0].addresses[1] "10.0.0.7/32": overlaps addresses[0] (10.0.0.0-10.0.0.255); remove or shrink one of the two',
    ],
  ],
  [
    'a truth value between quotes',
    pool(`${good}  auto-assign: "no"\n`),
    ['5:3 address-pools[0].auto-assign "no": must be true or false; write it without quotes'],
  ],
  [
    'an aggregation length out of its range',
    pool('  protocol: bgp\n  addresses: [10.0.0.0/24]\n  bgp-advertisements:\n  - aggregation-length: 33\n'),
    ['6:5 address-pools[0].bgp-advertisements[0].aggregation-length 33: is too large; the most is 32'],
  ],
  [
    'a number between quotes',
    'peers:\n- {my-asn: "1", peer-asn: 2, peer-address: 10.0.0.1}\n',
    ['2:4 peers[0].my-asn "1": must be a number; write it without quotes'],
  ],
  ['no address of a peer', peer(''), ['2:3 peers[0].peer-address: is missing; write the address of the router']],
  [
    'a short hold time',
    peer('  peer-address: 10.0.0.1\n  hold-time: 2s\n'),
    ['5:3 peers[0].hold-time "2s": is out of its range; write 0s, or 3s to 65535s'],
  ],
  [
    'a wrong community',
    'bgp-communities:\n  a: 1:70000\n',
    [
      '2:6 bgp-communities.a "1:70000": is no BGP community; write two numbers up to 65535 such as "64512:100", or "large:64512:1:2" with numbers up to 4294967295',
    ],
  ],
  [
    'a password that is no text',
    peer('  peer-address: 10.0.0.1\n  password: [secret]\n'),
    ['5:3 peers[0].password "(not shown)": must be a text; put it between quotes'],
  ],
];

it.each(WRONG)('a text with %s is refused with place, field, value and remedy', (_what, text, sentences) => {
  expect(problems(text)).toEqual(sentences);
});

it.each([
  ['the peers as a mapping', 'peers:\n  peer-address: 10.0.0.1\n  password: hunter2\n'],
  ['a peer as a list in flow style', 'peers:\n- [{peer-address: 10.0.0.1, password: hunter2}]\n'],
  ['a dash too many', 'peers:\n- - password: hunter2\n    peer-address: 10.0.0.1\n'],
  ['a dash too many without its blank', 'peers:\n- - -password: hunter2\n'],
  ['the whole as a list', '- peers:\n  - password: hunter2\n'],
  ['the whole as a text', '|\n  peers:\n  - password: hunter2\n'],
  ['a quote that never ends', 'peers:\n- peer-address: 10.0.0.1\n  password: "hunter2\n'],
  ['the peers as a text', 'peers: |\n  - peer-address: 10.0.0.1\n    Password: hunter2\n'],
])('a text with %s is refused, and its password is in no message', (_what, text) => {
  const sentences = problems(text);
  expect(sentences).not.toEqual([]);
  expect(sentences.join()).not.toContain('hunter2');
});

it('what is wrong beside other parts is told in the words of the text, and is out alone', () => {
  const text = `address-pools:
- {name: a, protocol: layer2, addresses: [10.0.0.0/24]}
- {name: b, protocol: layer2, addresses: [10.0.0.7/32]}
- {name: c, protocol: bgp, addresses: [10.0.2.0/24], bgp-advertisements: [{communities: [unknown]}]}
`;
  const entries = foreignEntries(decoded(text), source);
  const { config, verdicts } = assemble({ objects: [], fixed: [], entries, namespaces: [], reads: () => false });
  expect(config.pools.map(({ name }) => name)).toEqual(['a', 'c']);
  expect(verdicts.filter(({ valid }) => !valid).map(({ origin, message }) => `${origin.name}: ${message}`)).toEqual([
    'config (address-pools[1]): addresses[0] "10.0.0.7-10.0.0.7": overlaps "10.0.0.0-10.0.0.255" of ConfigMap metallb-system/config (address-pools[0]), which is in force; take these addresses out of one of the two.',
    'config (address-pools[2].bgp-advertisements[0]): communities[0] "unknown": no Community object in force gives this name; create one, or write the value itself such as "64512:100".',
  ]);
});

it('a value that somebody else parsed is decoded the same, but for the places', () => {
  const value = {
    'address-pools': [{ name: 'a', protocol: 'layer2', addresses: ['10.0.0.0/24'], 'auto-assign': false }],
  };
  const { entries } = decodeLegacy(nodeOf(value), { source, names: 'legal' });
  expect(entries.map(({ object }) => object.spec)).toEqual([
    { addresses: ['10.0.0.0/24'], autoAssign: false },
    { ipAddressPools: ['a'] },
  ]);
});
