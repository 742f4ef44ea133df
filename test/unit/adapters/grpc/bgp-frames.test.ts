import { describe, expect, it } from 'vitest';
import {
  bgpControllerFrameFromWire,
  bgpControllerFrameToWire,
} from '../../../../src/adapters/grpc/bgp-controller-frames.ts';
import { bgpSpeakerFrameFromWire } from '../../../../src/adapters/grpc/bgp-speaker-frames.ts';
import { SnapshotAssembly } from '../../../../src/adapters/grpc/snapshot-parts.ts';

const PEER = {
  name: 'tor',
  myAsn: 64512,
  peerAs: 'NUMBER',
  peerAsn: 64513,
  localAsn: 0,
  address: Uint8Array.of(192, 0, 2, 1),
  port: 179,
  sourceAddress: new Uint8Array(),
  passive: false,
  holdTimeSeconds: 90,
  connectTimeSeconds: 0,
  routerId: 0,
  ebgpMultiHop: false,
  ttlSecurityHops: 0,
  ipv4Routes: true,
  ipv6Routes: false,
  gracefulRestart: false,
  password: '',
  passwordUnknown: false,
  bfd: null,
};
const BFD = {
  receiveIntervalMs: 300,
  transmitIntervalMs: 300,
  detectMultiplier: 3,
  passive: false,
  minimumTtl: 254,
  strict: false,
};
const PATH = { peers: [], prepend: 0, communities: [], largeCommunities: [] };
const PREFIX = { address: Uint8Array.of(192, 0, 2, 0), length: 24 };
const SESSION = { peer: 'tor', state: 'IDLE', sinceUnixMs: 0, lastError: '', prefixesSent: 0, bfd: 'NONE' };

function never(): never {
  throw new Error('no frame of BGP');
}

const withPeer = (peer: object) => ({
  bgpDelta: { revision: 1, settings: { peers: [{ ...PEER, ...peer }], draining: false }, routes: [], withdrawn: [] },
});
const withRoute = (route: object) => ({
  bgpDelta: { revision: 1, settings: null, routes: [{ prefix: PREFIX, paths: [PATH], ...route }], withdrawn: [] },
});

describe('what a controller says of BGP', () => {
  it.each([
    ['no name', withPeer({ name: '' }), 'name has 0 characters'],
    ['AS 0 of ours', withPeer({ myAsn: 0 }), 'my_asn is 0'],
    ['AS 0 of the peer', withPeer({ peerAsn: 0 }), 'peer_asn is 0'],
    ['an unknown kind of AS', withPeer({ peerAs: 'BOTH' }), 'peer_as is BOTH'],
    ['neither address nor interface', withPeer({ address: undefined }), 'interface has 0 characters'],
    ['an address of 5 octets', withPeer({ address: new Uint8Array(5) }), 'an address has 4 or 16 octets, not 5'],
    ['port 0', withPeer({ port: 0 }), 'port is 0, not 1 to 65535'],
    ['a hold time of 2 s', withPeer({ holdTimeSeconds: 2 }), 'hold_time_seconds is 2'],
    ['no family', withPeer({ ipv4Routes: false }), 'a peer without routes of any family'],
    ['TTL security beyond 254 hops', withPeer({ ttlSecurityHops: 255 }), 'ttl_security_hops is 255, not 1 to 254'],
    ['a password above 80 octets', withPeer({ password: 'é'.repeat(41) }), 'password is too long'],
    ['BFD of 9 ms', withPeer({ bfd: { ...BFD, receiveIntervalMs: 9 } }), 'receive_interval_ms is 9, not 10 to 60000'],
  ])('is taken without the peer that has %s, and with the others', (_, wire, message) => {
    const peers = [...wire.bgpDelta.settings.peers, { ...PEER, name: 'other' }];
    const frame = bgpControllerFrameFromWire({ bgpDelta: { ...wire.bgpDelta, settings: { peers, draining: false } } });
    expect(frame?.settings?.peers.map(({ name }) => name)).toEqual(['other']);
    expect(frame?.refused).toEqual([expect.stringContaining(message)]);
  });

  it('does not repeat a password that is refused', () => {
    const frame = bgpControllerFrameFromWire(withPeer({ password: 'hunter2'.repeat(20) }));
    expect(frame?.refused).toEqual(['peer "tor": password is too long']);
  });

  it('is taken with the first 1024 peers', () => {
    const peers = Array.from({ length: 1_030 }, (_, at) => ({ ...PEER, name: `tor-${at}` }));
    const frame = bgpControllerFrameFromWire({
      bgpDelta: { revision: 1, settings: { peers, draining: true }, routes: [], withdrawn: [] },
    });
    expect(frame?.settings).toMatchObject({ draining: true, peers: { length: 1_024 } });
    expect(frame?.refused).toEqual(['peers: 1030, more than 1024']);
  });

  it.each([{ password: 'hunter2' }, { passwordUnknown: true }, {}])('says of a password what was said: %j', (said) => {
    const frame = bgpControllerFrameFromWire(withPeer(said));
    const { password, passwordUnknown } = frame?.settings?.peers[0] ?? {};
    expect({ ...(password && { password }), ...(passwordUnknown && { passwordUnknown }) }).toEqual(said);
    expect(bgpControllerFrameToWire(frame ?? never())).toMatchObject({ bgpDelta: { settings: { peers: [said] } } });
  });

  it('says nothing of what was refused where nothing was', () => {
    expect(bgpControllerFrameFromWire(withPeer({}))).not.toHaveProperty('refused');
  });

  it.each([
    ['no prefix', withRoute({ prefix: null }), 'prefix is missing'],
    [
      'host bits',
      withRoute({ prefix: { address: Uint8Array.of(192, 0, 2, 1), length: 24 } }),
      'prefix has bits beyond',
    ],
    ['a length of 33', withRoute({ prefix: { ...PREFIX, length: 33 } }), '/33 is not a prefix length of IPv4'],
    ['no path', withRoute({ paths: [] }), 'a route without a path'],
    ['11 prepends', withRoute({ paths: [{ ...PATH, prepend: 11 }] }), 'prepend is 11, not 0 to 10'],
    [
      '1025 communities',
      withRoute({ paths: [{ ...PATH, communities: Array.from({ length: 1_025 }, (_, at) => at) }] }),
      'communities: 1025, more than 1024',
    ],
  ])('is taken without the route that has %s, and with the others', (_, wire, message) => {
    const routes = [...wire.bgpDelta.routes, { prefix: { ...PREFIX, length: 25 }, paths: [PATH] }];
    const withdrawn = [{ ...PREFIX, length: 33 }, PREFIX];
    const frame = bgpControllerFrameFromWire({ bgpDelta: { ...wire.bgpDelta, routes, withdrawn } });
    expect(frame).toMatchObject({ routes: [{ prefix: { length: 25 } }], withdrawn: [{ length: 24 }] });
    expect(frame?.refused).toEqual([expect.stringContaining(message), expect.stringContaining('/33')]);
  });

  it('is refused when a snapshot never says how the sessions are', () => {
    const assembly = new SnapshotAssembly();
    expect(() => assembly.add({ kind: 'bgp-snapshot', revision: 1, routes: [], more: false })).toThrow(
      'a snapshot without settings',
    );
  });
});

describe('what a speaker says of BGP', () => {
  it.each([
    ['no peer', { peer: '' }, 'peer has 0 characters'],
    ['an unknown state', { state: 'CLOSED' }, 'state is CLOSED'],
    ['an unknown state of BFD', { bfd: 'ECHO' }, 'bfd is ECHO'],
    ['an error that fills the screen', { lastError: 'x'.repeat(257) }, 'last_error has 257 characters'],
    ['a time that is no date', { sinceUnixMs: 9e15 }, 'since_unix_ms is'],
  ])('is refused with %s', (_, session, message) => {
    expect(() => bgpSpeakerFrameFromWire({ bgpReport: { sessions: [{ ...SESSION, ...session }] } })).toThrow(message);
  });
});
