import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRouterId } from '../../../../src/core/net/index.ts';
import { BgpBed } from '../../../support/bgp/bgp-bed.ts';
import { asn, bgpAdvertisement, bgpPeer } from '../../../support/bgp/bgp-objects.ts';
import { ip } from '../../../support/channel/announcer-bed.ts';

let bed: BgpBed;

beforeEach(() => {
  bed = new BgpBed();
});

afterEach(() => bed.stop());

const settings = (node = 'a') => bed.speaker(node).settings;
const peerNames = (node = 'a') => settings(node).peers.map(({ name }) => name);
const secretive = (name: string, secret = 'tor-password') =>
  bgpPeer(name, { password: { kind: 'secret', namespace: 'metallb-system', name: secret } });

describe('what a speaker is told of a peer', () => {
  it('is as little as its object says, with the defaults filled in', async () => {
    bed.config.put({ bgpPeers: [bgpPeer('tor')] });
    await bed.start('a');
    expect(settings().peers).toEqual([
      {
        name: 'tor',
        myAsn: 64512,
        peerAsn: { kind: 'number', asn: 64513 },
        endpoint: { kind: 'address', address: ip('192.0.2.1') },
        peerPort: 179,
        passive: false,
        holdTimeSeconds: 90,
        ebgpMultiHop: false,
        families: ['IPv4'],
        gracefulRestart: false,
      },
    ]);
  });

  it('is all that its object says, with the BFD profile in it', async () => {
    const profile = {
      name: 'fast',
      origin: { apiVersion: '', kind: 'BFDProfile', namespace: '', name: 'fast' },
      receiveIntervalMs: 50,
      transmitIntervalMs: 60,
      detectMultiplier: 5,
      echoIntervalMs: 50,
      echoMode: true,
      passiveMode: true,
      minimumTtl: 250,
    };
    const routerId = parseRouterId('10.0.0.1');
    const full = {
      localAsn: asn(64499),
      sourceAddress: ip('192.0.2.9'),
      holdTimeSeconds: 9,
      keepaliveTimeSeconds: 3,
      connectTimeSeconds: 5,
      ttlSecurityHops: 2,
      ...(routerId === undefined ? {} : { routerId }),
    };
    const password = { kind: 'plain' as const, value: 'hunter2' };
    bed.config.put({
      bgpPeers: [bgpPeer('tor', { ...full, password, bfdProfile: profile, bfdStrict: true, gracefulRestart: true })],
    });
    await bed.start('a');
    expect(settings().peers).toMatchObject([
      {
        ...full,
        password: 'hunter2',
        gracefulRestart: true,
        bfd: {
          receiveIntervalMs: 50,
          transmitIntervalMs: 60,
          detectMultiplier: 5,
          passive: true,
          minimumTtl: 250,
          strict: true,
        },
      },
    ]);
  });

  it.each([
    ['the address', { endpoint: { kind: 'address', address: ip('2001:db8::1') } }, ['IPv6']],
    ['dualStackAddressFamily', { dualStack: true }, ['IPv4', 'IPv6']],
    ['an interface', { endpoint: { kind: 'interface', name: 'eth0' } }, ['IPv4', 'IPv6']],
    ['disableMP, above dualStackAddressFamily', { dualStack: true, disableMultiprotocol: true }, ['IPv4']],
  ] as const)('has the families that follow from %s', async (_, fields, families) => {
    bed.config.put({ bgpPeers: [bgpPeer('tor', fields)] });
    await bed.start('a');
    expect(settings().peers[0]?.families).toEqual(families);
  });

  it('goes to the nodes that the peer selects, as their labels are now', async () => {
    bed.config.put({
      bgpPeers: [bgpPeer('left', { nodeSelectors: [{ matchLabels: { rack: 'left' } }] }), bgpPeer('tor')],
    });
    bed.addNode('a', { labels: { rack: 'left' } });
    await bed.start('b');
    expect([peerNames('a'), peerNames('b')]).toEqual([['left', 'tor'], ['tor']]);
    bed.node('a');
    bed.node('b', { labels: { rack: 'left' } });
    await bed.settle();
    expect([peerNames('a'), peerNames('b')]).toEqual([['tor'], ['left', 'tor']]);
  });

  it('is one of 1024 on a node, and those beyond are logged', async () => {
    bed.config.put({ bgpPeers: Array.from({ length: 1_026 }, (_, at) => bgpPeer(`tor-${at}`)) });
    await bed.start('a');
    expect(peerNames()).toHaveLength(1_024);
    expect(bed.log.lines).toContainEqual(
      expect.objectContaining({
        event: 'bgp-peers-too-many',
        fields: expect.objectContaining({ leftOut: 2 }) as object,
      }),
    );
  });

  it('follows the object in a message without routes', async () => {
    bed.config.put({ bgpPeers: [bgpPeer('tor')], bgpAdvertisements: [bgpAdvertisement('all')] });
    await bed.start('a');
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    bed.config.put({ bgpPeers: [bgpPeer('tor', { peerPort: 1179 })] });
    await bed.settle();
    expect(bed.speaker('a').told.at(-1)).toMatchObject({ kind: 'bgp-delta', routes: [], withdrawn: [] });
    expect(settings().peers[0]?.peerPort).toBe(1179);
    bed.config.put({ bgpPeers: [] });
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual([]);
    expect(peerNames()).toEqual([]);
  });

  it('is not said again when the configuration is another object that says the same', async () => {
    bed.config.put({ bgpPeers: [bgpPeer('tor')], bgpAdvertisements: [bgpAdvertisement('all')] });
    await bed.start('a');
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    const before = bed.speaker('a').told.length;
    bed.config.put({ bgpPeers: [bgpPeer('tor')], bgpAdvertisements: [bgpAdvertisement('all')], pools: [] });
    await bed.settle();
    expect(bed.speaker('a').told).toHaveLength(before);
  });
});

describe('a password in a Secret', () => {
  it('goes only to the nodes that hold the peer, and no Secret is watched that no peer names', async () => {
    const peer = { ...secretive('tor'), nodeSelectors: [{ matchLabels: { rack: 'left' } }] };
    bed.config.put({ bgpPeers: [peer, bgpPeer('open')] });
    bed.addNode('a', { labels: { rack: 'left' } });
    await bed.start('b');
    bed.secret('metallb-system/tor-password');
    await bed.settle();
    expect(settings('a').peers.map(({ name, password }) => [name, password])).toEqual([
      ['tor', 'hunter2'],
      ['open', undefined],
    ]);
    expect(JSON.stringify(bed.speaker('b').told, asText)).not.toContain('hunter2');
    expect([...bed.secrets.keys()]).toEqual(['metallb-system/tor-password']);
    bed.config.put({ bgpPeers: [bgpPeer('open')] });
    expect([...bed.secrets.keys()]).toEqual([]);
  });

  it('is followed when it is rotated', async () => {
    bed.config.put({ bgpPeers: [secretive('tor')] });
    await bed.start('a');
    bed.secret('metallb-system/tor-password', { password: 'one' });
    bed.secret('metallb-system/tor-password', { password: 'two' });
    await bed.settle();
    expect(settings().peers[0]?.password).toBe('two');
  });

  it('is kept while the Secret is away or wrong, so that no session ends for it, and the problem is told', async () => {
    bed.config.put({ bgpPeers: [secretive('tor')] });
    await bed.start('a');
    bed.secret('metallb-system/tor-password', { password: 'one' });
    bed.secrets.get('metallb-system/tor-password')?.delete('metallb-system/tor-password');
    await bed.settle();
    expect(settings().peers[0]?.password).toBe('one');
    expect(bed.passwords.passwordOf(secretive('tor'))).toMatchObject({
      problem:
        'spec.passwordSecret "tor-password": there is no Secret of this name in namespace "metallb-system"; create one of type kubernetes.io/basic-auth with the key "password". The password that it had stays in use.',
    });
    bed.secret('metallb-system/tor-password', { password: 'two' });
    await bed.settle();
    expect(settings().peers[0]?.password).toBe('two');
    expect(bed.passwords.passwordOf(secretive('tor'))).toEqual({ kind: 'known', value: 'two' });
  });

  it.each([
    [
      'is not there',
      undefined,
      'there is no Secret of this name in namespace "metallb-system"; create one of type kubernetes.io/basic-auth with the key "password"',
    ],
    [
      'is of another type',
      { type: 'Opaque' },
      'is a Secret of type "Opaque"; delete it, and create one of type kubernetes.io/basic-auth with the key "password"',
    ],
    ['is empty', { password: '' }, 'is a Secret without the key "password"; put the password there'],
    [
      'is too long',
      { password: 'x'.repeat(81) },
      'has a password that is longer than TCP-MD5 takes; write at most 80 octets',
    ],
    ['is no text', { password: Uint8Array.of(0xff, 0xfe) }, 'has a password that is no text in UTF-8; write one'],
  ])(
    'that %s opens no session without, ends none that has it, and disturbs no other peer',
    async (_, fields, message) => {
      bed.config.put({ bgpPeers: [bgpPeer('open'), secretive('tor')] });
      await bed.start('a');
      if (fields !== undefined) bed.secret('metallb-system/tor-password', fields);
      await bed.settle();
      expect(settings().peers).toMatchObject([{ name: 'open' }, { name: 'tor', passwordUnknown: true }]);
      expect(settings().peers.map(({ password }) => password)).toEqual([undefined, undefined]);
      expect(settings().peers[0]).not.toHaveProperty('passwordUnknown');
      expect(bed.passwords.passwordOf(secretive('tor'))).toEqual({
        kind: 'missing',
        problem: `spec.passwordSecret "tor-password": ${message}.`,
      });
    },
  );

  it('that cannot be read holds nobody up for ever', async () => {
    bed.withholdSecrets();
    bed.config.put({ bgpPeers: [bgpPeer('open'), secretive('tor')] });
    await bed.start('a');
    expect(bed.speaker('a').told).toEqual([]);
    await bed.time.advance(5_000);
    expect(settings().peers).toMatchObject([{ name: 'open' }, { name: 'tor', passwordUnknown: true }]);
    bed.secret('metallb-system/tor-password');
    await bed.settle();
    expect(settings().peers[1]).toMatchObject({ password: 'hunter2' });
    expect(settings().peers[1]).not.toHaveProperty('passwordUnknown');
  });

  it('that cannot be read says which right may be missing', async () => {
    bed.withholdSecrets();
    bed.config.put({ bgpPeers: [secretive('tor')] });
    await bed.start('a');
    await bed.time.advance(5_000);
    expect(bed.passwords.passwordOf(secretive('tor'))).toMatchObject({
      problem: expect.stringContaining('whether it may list and watch Secrets in namespace "metallb-system"') as string,
    });
  });

  it('is in no log and in no metric', async () => {
    bed.config.put({ bgpPeers: [secretive('tor')], bgpAdvertisements: [bgpAdvertisement('all')] });
    await bed.start('a');
    bed.secret('metallb-system/tor-password');
    bed.serve('web', '198.51.100.1');
    bed.speaker('a').report('tor', { state: 'idle', lastError: 'refused' });
    await bed.settle();
    expect(settings().peers[0]?.password).toBe('hunter2');
    expect(JSON.stringify([bed.log.lines, bed.announcer.statesOf('default/web')], asText)).not.toContain('hunter2');
  });
});

function asText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
