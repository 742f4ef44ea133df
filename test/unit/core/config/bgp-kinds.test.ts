import { describe, expect, it } from 'vitest';
import { assemble } from '../../../../src/core/config/assemble.ts';
import { decode } from '../../../../src/core/config/decode.ts';
import { describeProblem } from '../../../../src/core/config/problem.ts';
import type { SourceObject } from '../../../../src/core/config/source.ts';
import { configObject, pool } from '../../../support/config-objects.ts';

const PEER = { myASN: 64500, peerASN: 64501, peerAddress: '192.168.33.2' };
const BETA2 = { apiVersion: 'metallb.io/v1beta2' };

const peer = (name: string, spec: object = {}, traits = {}): SourceObject =>
  configObject('BGPPeer', name, { ...PEER, ...spec }, { ...BETA2, ...traits });

function problems(object: SourceObject): string[] {
  const result = decode(object);
  return result.kind === 'ok' ? [] : result.problems.map(describeProblem);
}

const assembled = (objects: readonly SourceObject[], previous?: ReturnType<typeof assemble>) =>
  assemble({ objects, fixed: [], namespaces: [], reads: () => true }, previous);

const messageOn = (objects: readonly SourceObject[], name: string): string | undefined =>
  assembled(objects).verdicts.find(({ origin }) => origin.name === name)?.message;

describe('a BGPPeer', () => {
  it.each(['metallb.io/v1beta1', 'metallb.io/v1beta2', 'heraldlb.io/v1'])(
    'of %s takes the defaults of MetalLB',
    (apiVersion) => {
      const { config } = assembled([peer('router', {}, { apiVersion })]);
      expect(config.bgpPeers).toEqual([
        {
          name: 'router',
          origin: { apiVersion, kind: 'BGPPeer', namespace: 'metallb-system', name: 'router' },
          myAsn: 64500,
          peerAsn: { kind: 'number', asn: 64501 },
          endpoint: { kind: 'address', address: 0xc0a82102 },
          peerPort: 179,
          nodeSelectors: [],
          gracefulRestart: false,
          ebgpMultiHop: false,
          dualStack: false,
          disableMultiprotocol: false,
          passive: false,
          bfdStrict: false,
        },
      ]);
    },
  );

  it.each([
    [{ holdTime: '1m30s' }, { holdTimeSeconds: 90 }],
    [{ keepaliveTime: '10s' }, { keepaliveTimeSeconds: 10, holdTimeSeconds: 30 }],
    [{ holdTime: '0s' }, { holdTimeSeconds: 0 }],
    [{ holdTime: '4500ms' }, { holdTimeSeconds: 4 }],
  ])('with %j has the times %j: an unset timer is not 0', (spec, times) => {
    const [decoded] = assembled([peer('router', spec)]).config.bgpPeers;
    expect(decoded).toMatchObject(times);
    expect(decoded?.keepaliveTimeSeconds).toBe(Reflect.get(times, 'keepaliveTimeSeconds'));
  });

  it('that was written in v1beta1 with port 0 has the default port, in whatever version it is read', () => {
    const { config } = assembled([peer('router', { peerPort: 0 })]);
    expect(config.bgpPeers).toMatchObject([{ name: 'router', peerPort: 179 }]);
  });

  const WRONG: readonly [what: string, spec: object, sentences: readonly string[]][] = [
    ['0 as its own AS', { myASN: 0 }, ['spec.myASN 0: is no AS number; write that of your AS, 1 to 4294967295']],
    ['an AS between quotes', { myASN: '64500' }, ['spec.myASN "64500": must be a number; write it without quotes']],
    ['an AS of 33 bits', { peerASN: 4294967296 }, ['spec.peerASN 4294967296: is too large; the most is 4294967295']],
    [
      'no AS of the peer',
      { peerASN: undefined },
      ['spec.peerASN: is missing; write the AS number of the peer, or dynamicASN'],
    ],
    [
      'two of them',
      { dynamicASN: 'external' },
      ['spec.dynamicASN "external": cannot go with peerASN; remove one of the two'],
    ],
    [
      'no address',
      { peerAddress: undefined },
      ['spec.peerAddress: is missing; write the address of the peer, or interface'],
    ],
    [
      'address and interface',
      { interface: 'eth0' },
      ['spec.interface "eth0": cannot go with peerAddress; remove one of the two'],
    ],
    [
      'a name as address',
      { peerAddress: 'router.lan' },
      [
        'spec.peerAddress "router.lan": is "router.lan", which is not an IP address; write one such as "192.168.1.240" or "fd00::240"',
      ],
    ],
    ['a hold time of 2 s', { holdTime: '2s' }, ['spec.holdTime "2s": is out of its range; write 0s, or 3s to 65535s']],
    [
      'a number without unit',
      { holdTime: '90' },
      ['spec.holdTime "90": is no duration; write a number with its unit, such as "90s"'],
    ],
    ['a bare number', { holdTime: 90 }, ['spec.holdTime 90: must be a text; put it between quotes']],
    [
      'a keepalive time above the hold time',
      { holdTime: '30s', keepaliveTime: '40s' },
      ['spec.keepaliveTime "40s": is longer than the hold time; write at most a third of that'],
    ],
    ...['500ms', '7h'].map((keepaliveTime): (typeof WRONG)[number] => [
      `a keepalive time of ${keepaliveTime}, three of which are no hold time`,
      { keepaliveTime },
      [
        `spec.keepaliveTime "${keepaliveTime}": is out of its range where no holdTime is, which is then three times as long; write 0s, or 1s to 21845s`,
      ],
    ]),
    [
      'an interface with a name that none can have',
      { peerAddress: undefined, interface: 'e'.repeat(16) },
      [
        'spec.interface "eeeeeeeeeeeeeeee": is longer than the name of an interface can be; write at most 15 characters',
      ],
    ],
    [
      'a connect time that is no whole second',
      { connectTime: '1500ms' },
      ['spec.connectTime "1500ms": is out of its range; write whole seconds, 1s to 65535s'],
    ],
    [
      'a router ID of IPv6',
      { routerID: 'fd00::1' },
      ['spec.routerID "fd00::1": is no router ID; write one like an IPv4 address, such as "10.0.0.1"'],
    ],
    [
      'multihop within an AS',
      { peerASN: 64500, ebgpMultiHop: true },
      ['spec.ebgpMultiHop true: is for a peer of another AS, but peerASN is myASN; remove it'],
    ],
    ['a port above its range', { peerPort: 16385 }, ['spec.peerPort 16385: is too large; the most is 16384']],
    [
      'a source of another family',
      { sourceAddress: '2001:db8::1' },
      ['spec.sourceAddress "2001:db8::1": is of another family than peerAddress; write an IPv4 address of the node'],
    ],
    ['0 as the AS to show', { localASN: 0 }, ['spec.localASN 0: is too small; the least is 1']],
    [
      'a password that TCP-MD5 does not take',
      { password: 'x'.repeat(81) },
      ['spec.password "(not shown)": is longer than TCP-MD5 takes; write at most 80 octets'],
    ],
  ];

  it.each(WRONG)('with %s is refused by name, value and remedy', (_what, spec, sentences) => {
    expect(problems(peer('router', spec))).toEqual(sentences);
  });

  it('of our own group may be passive, near by TTL and strict about BFD', () => {
    const own = { apiVersion: 'heraldlb.io/v1' };
    const spec = { passive: true, ttlSecurityHops: 1, bfdProfile: 'fast', bfdStrict: true, localASN: 64499 };
    const objects = [configObject('BFDProfile', 'fast', {}), peer('router', spec, own)];
    expect(assembled(objects).config.bgpPeers).toMatchObject([
      { passive: true, ttlSecurityHops: 1, bfdStrict: true, localAsn: 64499 },
    ]);
    expect(problems(peer('router', { ttlSecurityHops: 255 }, own))).toEqual([
      'spec.ttlSecurityHops 255: is too large; the most is 254',
    ]);
    expect(problems(peer('router', { ttlSecurityHops: 1, ebgpMultiHop: true, bfdStrict: true }, own))).toEqual([
      'spec.ttlSecurityHops 1: says by itself how far away the peer may be; remove ebgpMultiHop',
      'spec.bfdStrict true: needs a BFDProfile to wait for; write bfdProfile, or remove it',
    ]);
  });

  it('in a VRF is out, since its session would go another way than it says', () => {
    expect(assembled([peer('router', { vrf: 'red' })]).config.bgpPeers).toEqual([]);
    expect(messageOn([peer('router', { vrf: 'red' })], 'router')).toBe(
      'spec.vrf "red": sessions in a VRF of the node are not built; remove the field, and let the main routing table of the node lead to the peer.',
    );
  });

  it('that no advertisement reaches is in force and told so', () => {
    const elsewhere = configObject('BGPAdvertisement', 'elsewhere', { peers: ['other'] });
    expect(messageOn([peer('router'), elsewhere], 'router')).toBe(
      'In force. No BGPAdvertisement in force names this peer or every peer, so it is told no routes: create one.',
    );
    expect(messageOn([peer('router'), elsewhere], 'elsewhere')).toBe(
      'In force. spec.peers "other": no BGPPeer of this name is in force.',
    );
    expect(messageOn([elsewhere], 'elsewhere')).toBe(
      'In force. No BGPPeer is in force, so nobody is told: create one.',
    );
  });

  it('never shows its password', () => {
    const sentences = problems(peer('router', { password: 'hunter2', passwordSecret: { name: 'secret' } }));
    expect(sentences).toEqual([
      'spec.password "(not shown)": cannot go with passwordSecret "secret"; remove one of the two',
    ]);
  });

  it('is told that its Secret is read in its own namespace, whatever other one it names', () => {
    const secretIn = (namespace: string) =>
      messageOn([peer('router', { passwordSecret: { name: 'key', namespace } }), advertisement], 'router');
    const advertisement = configObject('BGPAdvertisement', 'all', {});
    expect(secretIn('')).toBe('In force.');
    expect(secretIn('metallb-system')).toBe('In force.');
    expect(secretIn('vault')).toBe(
      'In force. spec.passwordSecret.namespace "vault" is not heeded: the Secret "key" is read in namespace "metallb-system", where this object is; remove the field, and see that the Secret is there.',
    );
  });

  it('without its BFDProfile waits for it; once in force, it keeps the profile that it had', () => {
    const profile = configObject('BFDProfile', 'fast', { receiveInterval: 50 });
    const wants = peer('router', { bfdProfile: 'fast' });
    expect(messageOn([wants], 'router')).toBe(
      'spec.bfdProfile "fast": no BFDProfile of this name is in force; create it, or remove the field.',
    );
    const before = assembled([wants, profile]);
    expect(before.config.bgpPeers[0]?.bfdProfile).toMatchObject({ receiveIntervalMs: 50, detectMultiplier: 3 });
    const after = assembled([wants], before);
    expect(after.config.bgpPeers).toEqual(before.config.bgpPeers);
    expect(after.verdicts[0]).toMatchObject({ valid: false, reason: 'ReferenceMissing' });
  });

  it('with the address of another is out, unless no node can match both', () => {
    const left = { nodeSelectors: [{ matchLabels: { rack: 'left' } }] };
    const right = {
      nodeSelectors: [{ matchExpressions: [{ key: 'rack', operator: 'In', values: ['right', 'top'] }] }],
    };
    expect(messageOn([peer('a', left), peer('b')], 'b')).toBe(
      'spec.peerAddress: is that of BGPPeer metallb-system/a too, and a node may match both; delete one of the two, or give them nodeSelectors that exclude each other.',
    );
    expect(assembled([peer('a', left), peer('b', right)]).config.bgpPeers).toHaveLength(2);
  });
});

describe('a BGPAdvertisement', () => {
  const advertisement = (name: string, spec: unknown = {}): SourceObject =>
    configObject('BGPAdvertisement', name, spec);

  it('without a spec announces every address of every pool by itself', () => {
    expect(assembled([advertisement('all', undefined)]).config.bgpAdvertisements).toMatchObject([
      { aggregationLength: 32, aggregationLengthV6: 128, localPref: 0, communities: [], peers: [] },
    ]);
  });

  it('has at most 1024 communities: more would go to no router', () => {
    const communities = Array.from({ length: 1_025 }, (_, low) => `1:${low}`);
    expect(problems(advertisement('all', { communities: communities.slice(1) }))).toEqual([]);
    expect(problems(advertisement('all', { communities }))).toEqual([
      expect.stringMatching(/^spec\.communities .*: has too many entries; the most is 1024$/),
    ]);
  });

  it('takes communities by value and by name', () => {
    const names = configObject('Community', 'names', {
      communities: [{ name: 'no-export-east', value: 'large:64512:1:2' }],
    });
    const { config } = assembled([names, advertisement('all', { communities: ['64512:100', 'no-export-east'] })]);
    expect(config.bgpAdvertisements[0]?.communities).toEqual([
      { kind: 'standard', high: 64512, low: 100 },
      { kind: 'large', globalAdministrator: 64512, localData1: 1, localData2: 2 },
    ]);
  });

  const WRONG: readonly [what: string, spec: object, sentences: readonly string[]][] = [
    [
      'a community that does not fit its 16 bits',
      { communities: ['65536:1'] },
      [
        'spec.communities[0] "65536:1": is no BGP community; write two numbers up to 65535 such as "64512:100", or "large:64512:1:2" with numbers up to 4294967295',
      ],
    ],
    [
      'a community twice',
      { communities: ['1:2', '1:2'] },
      ['spec.communities[1] "1:2": is the same community as entry 0; remove one of the two'],
    ],
    ['a prefix of 33 bits', { aggregationLength: 33 }, ['spec.aggregationLength 33: is too large; the most is 32']],
    [
      'selectors of Services and an aggregate',
      { aggregationLength: 24, serviceSelectors: [{ matchLabels: { app: 'web' } }] },
      [
        'spec.aggregationLength 24: cannot go with serviceSelectors, since a route then holds addresses of several Services; write 32 or remove the selectors',
      ],
    ],
    ['a localPref below 0', { localPref: -1 }, ['spec.localPref -1: is too small; the least is 0']],
  ];

  it.each(WRONG)('with %s is refused by name, value and remedy', (_what, spec, sentences) => {
    expect(problems(advertisement('all', spec))).toEqual(sentences);
  });

  it('with an unknown name of a community is out until somebody gives it', () => {
    expect(messageOn([advertisement('all', { communities: ['east'] })], 'all')).toBe(
      'spec.communities[0] "east": no Community object in force gives this name; create one, or write the value itself such as "64512:100".',
    );
  });

  it('with routes shorter than a pool is out', () => {
    expect(
      messageOn(
        [pool('small', ['10.0.0.0/26', '10.0.1.1-10.0.1.9']), advertisement('all', { aggregationLength: 24 })],
        'all',
      ),
    ).toBe(
      'spec.aggregationLength 24: is shorter than 10.0.0.0/26 of IPAddressPool metallb-system/small, so that the route would hold addresses of others; write at least 26.',
    );
    expect(messageOn([pool('wide', ['10.0.0.0/24']), advertisement('all', { aggregationLength: 24 })], 'all')).toMatch(
      /^In force/,
    );
  });

  it('that gives other routes of a pool another preference is out, unless lengths, peers or nodes keep them apart', () => {
    const first = advertisement('first', { localPref: 100, peers: ['a'] });
    const wide = pool('wide', ['10.0.0.0/24']);
    const verdict = (spec: object): string | undefined =>
      messageOn([wide, first, advertisement('second', { localPref: 200, ...spec })], 'second');
    expect(verdict({})).toBe(
      'spec.localPref 200: BGPAdvertisement metallb-system/first gives routes of IPAddressPool metallb-system/wide the value 100; write the same, or name other peers, nodes or aggregation lengths.',
    );
    expect(verdict({ aggregationLength: 24 })).toMatch(/^In force/);
    expect(verdict({ peers: ['b'] })).toMatch(/^In force/);
    expect(verdict({ localPref: 100 })).toMatch(/^In force/);
  });

  it.each([
    [
      { med: 5 },
      'spec.med 5: BGPAdvertisement metallb-system/first gives routes of IPAddressPool metallb-system/wide the value none',
    ],
    [
      { prepend: 2 },
      'spec.prepend 2: BGPAdvertisement metallb-system/first gives routes of IPAddressPool metallb-system/wide the value 0',
    ],
  ])('that gives other routes of a pool %j is out just so', (spec, sentence) => {
    const own = configObject('BGPAdvertisement', 'second', spec, { apiVersion: 'heraldlb.io/v1' });
    expect(messageOn([pool('wide', ['10.0.0.0/24']), advertisement('first'), own], 'second')).toContain(sentence);
  });

  it('that says the same as another is out', () => {
    expect(messageOn([advertisement('a'), advertisement('b')], 'b')).toBe(
      'spec: says the same as BGPAdvertisement metallb-system/a; delete one of the two.',
    );
  });
});

it('a name that two Community objects give is that of the first; the other is out', () => {
  const named = (name: string) => configObject('Community', name, { communities: [{ name: 'east', value: '1:1' }] });
  expect(messageOn([named('a'), named('b')], 'b')).toBe(
    'spec.communities[0].name "east": Community metallb-system/a gives this name too; rename or remove one of the two.',
  );
});

it('a BFDProfile with echo mode is in force without it, and does not say that it is valid', () => {
  const objects = [configObject('BFDProfile', 'fast', { echoMode: true }), peer('router', { bfdProfile: 'fast' })];
  const { config, verdicts } = assembled(objects);
  expect(config.bgpPeers).toHaveLength(1);
  expect(verdicts.find(({ origin }) => origin.name === 'fast')).toMatchObject({
    valid: false,
    reason: 'NotSupported',
    message:
      'spec.echoMode true: echo packets are not built, and BFD runs without them; remove the field, and write in receiveInterval and transmitInterval how fast a dead peer is to be noticed.',
  });
});

it('a BFDProfile out of its ranges is refused field by field', () => {
  expect(
    problems(configObject('BFDProfile', 'fast', { receiveInterval: 9, detectMultiplier: 1, minimumTtl: 255 })),
  ).toEqual([
    'spec.receiveInterval 9: is too small; the least is 10',
    'spec.detectMultiplier 1: is too small; the least is 2',
    'spec.minimumTtl 255: is too large; the most is 254',
  ]);
});
