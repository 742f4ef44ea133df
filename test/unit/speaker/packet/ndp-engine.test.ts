import { describe, expect, it } from 'vitest';
import {
  encodeNdpFrame,
  routerSeeding,
  routerSolicitedAs,
  unsolicitedAdvertisement,
} from '../../../../src/core/codec/ndp/index.ts';
import { type Ipv6, ipv6FromValue, macFromValue } from '../../../../src/core/net/index.ts';
import type { DropReason } from '../../../../src/ports/packet-plane.ts';
import { ethernet, mac, v4, v6 } from '../../../support/fake-lan.ts';
import { MUTATIONS } from '../../../support/mutations.ts';
import {
  ADDRESS,
  ADDRESS6,
  CLIENT,
  CLIENT6,
  ETH0,
  grant,
  PacketBed,
  SPEAKER,
  solicitation,
} from '../../../support/packet-bed.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

/** A node whose link came up listens first. */
const LISTENS_MS = 500;

describe('the packet engine, told to announce an IPv6 address', () => {
  it('claims it, answers for it and announces it at the moment of the grant', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS6));
    expect(bed.claims()).toEqual(['+2001:db8::50 1.1']);
    expect(bed.lan.takeSentNdp()).toEqual([unsolicitedAdvertisement(SPEAKER, ADDRESS6)]);
    await bed.time.advance(20);
    expect(bed.lan.takeSentNdp()).toEqual([routerSeeding(SPEAKER, ADDRESS6)]);
    expect(bed.solicit()).toMatchObject([{ destination: CLIENT, destinationAddress: CLIENT6 }]);
  });

  it('opens a socket for the families that it announces only', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS6));
    expect([bed.host.sockets.size, bed.host.ndpSockets.size]).toEqual([0, 1]);
    bed.grant(grant(ADDRESS));
    expect([bed.host.sockets.size, bed.host.ndpSockets.size]).toEqual([1, 1]);
    bed.engine.command({ kind: 'change', grants: [], revoked: [ADDRESS6] });
    expect([bed.host.sockets.size, bed.host.ndpSockets.size]).toEqual([1, 0]);
    expect(bed.claims().at(-1)).toBe('-2001:db8::50');
  });

  it('announces it thrice with a second between, later less often, then once a minute (RFC 4861 §7.2.6)', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS6));
    const atMs: number[] = [];
    for (let nowMs = 0; nowMs <= 80_000; nowMs += 100) {
      const toAll = bed.lan.takeSentNdp().filter(({ destinationAddress }) => destinationAddress === v6('ff02::1'));
      if (toAll.length > 0) atMs.push(nowMs);
      await bed.time.advance(100);
    }
    expect(atMs.slice(0, 5)).toEqual([0, 1000, 2000, 4000, 8000]);
    expect(atMs).toHaveLength(6);
    expect(Math.abs((atMs[5] ?? 0) - 68_000)).toBeLessThanOrEqual(6100);
  });

  it('asks the IPv6 gateways in its name, and leaves the others to ARP', async () => {
    const router = v6('fe80::1');
    const bed = await new PacketBed([{ ...ETH0, gateways: [v4('192.0.2.1'), router] }]).start();
    bed.grant(grant(ADDRESS6));
    bed.lan.takeSentNdp();
    await bed.time.advance(50);
    expect(bed.lan.takeSentNdp()).toContainEqual(routerSolicitedAs(SPEAKER, ADDRESS6, router));
  });

  it('is in the group of each address once, for as long as one of them is announced (RFC 4861 §7.2.1)', async () => {
    const bed = await new PacketBed().start();
    const alike = v6('2001:db8:1::50');
    bed.grant(grant(ADDRESS6), grant(alike), grant(v6('2001:db8::51')));
    expect([...bed.host.groups]).toEqual(['2 ff02::1:ff00:50', '2 ff02::1:ff00:51']);
    bed.engine.command({ kind: 'change', grants: [], revoked: [ADDRESS6] });
    expect([...bed.host.groups]).toEqual(['2 ff02::1:ff00:50', '2 ff02::1:ff00:51']);
    bed.engine.command({ kind: 'change', grants: [], revoked: [alike] });
    expect([...bed.host.groups]).toEqual(['2 ff02::1:ff00:51']);
    await bed.engine.stop();
    expect([...bed.host.groups]).toEqual([]);
  });

  it('joins on an interface that appears later, and leaves with one that goes away', async () => {
    const bed = await new PacketBed([]).start();
    bed.grant(grant(ADDRESS6));
    const eth1 = ethernet({ name: 'eth1', index: 3, mac: mac('02:00:00:00:0a:03') });
    bed.host.change([ETH0, eth1]);
    await bed.time.advance(LISTENS_MS);
    expect([...bed.host.groups]).toEqual(['2 ff02::1:ff00:50', '3 ff02::1:ff00:50']);
    bed.host.change([eth1]);
    expect([...bed.host.groups]).toEqual(['3 ff02::1:ff00:50']);
  });

  it('tells switches again every two minutes, for they forget where nobody asks (RFC 3810 §9.4)', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS6));
    for (let twice = 0; twice < 2; twice += 1) {
      bed.host.groups.clear();
      await bed.time.advance(119_000);
      expect([...bed.host.groups]).toEqual([]);
      await bed.time.advance(1000);
      expect([...bed.host.groups]).toEqual(['2 ff02::1:ff00:50']);
    }
  });

  it('joins again when IPv6 is switched off and on for the interface, which forgets its groups then', async () => {
    const linkLocal = v6('fe80::1');
    const bed = await new PacketBed([{ ...ETH0, addresses: [linkLocal] }]).start();
    bed.grant(grant(ADDRESS6));
    bed.host.change([ETH0]);
    bed.host.groups.clear();
    bed.host.change([{ ...ETH0, addresses: [linkLocal] }]);
    expect([...bed.host.groups]).toEqual(['2 ff02::1:ff00:50']);
  });

  it.each(['interface-only', 'refused'] as const)(
    'announces all the same when a group is %s, and tells it',
    async (outcome) => {
      const bed = new PacketBed();
      bed.host.joinOutcome = outcome;
      await bed.start();
      bed.grant(grant(ADDRESS6), grant(v6('2001:db8::51')));
      expect(bed.claims()).toHaveLength(2);
      expect(bed.events()).toEqual([{ kind: 'groups-refused', interface: 'eth0' }]);
    },
  );

  it('does not take an address that the kernel holds for one that it answers for', async () => {
    const bed = new PacketBed([ETH0, ethernet({ name: 'kube-ipvs0', index: 5, noArp: true, addresses: [ADDRESS6] })]);
    bed.host.settings = { arpIgnore: 0, arpAnnounce: 0 };
    await bed.start();
    bed.grant(grant(ADDRESS6));
    expect(bed.events()).toEqual([]);
  });
});

describe('the packet engine and bad NDP frames', () => {
  const good = encodeNdpFrame(solicitation(ADDRESS6));
  const claim = { message: { ...unsolicitedAdvertisement(CLIENT, ADDRESS6).message } };

  it.each<[DropReason, (bed: PacketBed) => void]>([
    ['truncated', (bed) => bed.lan.inject(good.subarray(0, 85))],
    ['malformed', (bed) => bed.lan.inject(good.with(21, 254))],
    ['bad-checksum', (bed) => bed.lan.inject(good.with(77, 0x51))],
    ['other-host', (bed) => bed.lan.inject(good.with(0, 2))],
    ['outgoing', (bed) => bed.host.ndpSockets.get(2)?.receive(good, 'outgoing')],
    ['own-reflection', (bed) => bed.solicit({ source: SPEAKER })],
    ['bad-sender-mac', (bed) => bed.solicit({ source: mac('33:33:00:00:00:01'), ...probe() })],
    ['bad-sender-address', (bed) => bed.solicit({ sourceAddress: v6('ff02::1') })],
    ['bad-destination', (bed) => bed.solicit({ destinationAddress: v6('ff02::1') })],
    ['not-a-request', (bed) => bed.solicit(unsolicitedAdvertisement(CLIENT, v6('2001:db8::1')))],
    ['not-owned', (bed) => bed.solicit(solicitation(v6('2001:db8::51')))],
    ['conflict', (bed) => bed.solicit({ ...claim, destinationAddress: v6('ff02::1') })],
    ['requester-rate-limit', (bed) => Array.from({ length: 1001 }, () => bed.solicit())],
    [
      'interface-rate-limit',
      (bed) =>
        Array.from({ length: 4001 }, (_, index) =>
          bed.solicit({ ...probe(), source: macFromValue(0x0600_0000_0000 + index) }),
        ),
    ],
    [
      'send-failed',
      (bed) => {
        bed.host.sendOutcome = 'queue-full';
        bed.solicit();
      },
    ],
    [
      'overrun',
      (bed) => {
        const socket = bed.host.ndpSockets.get(2);
        if (socket !== undefined) socket.overruns = 1;
      },
    ],
  ])('counts a silence as %s', async (reason, cause) => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS6));
    cause(bed);
    expect(await bed.drops()).toEqual({ [reason]: 1 });
  });

  it('tells a conflict with the MAC of the other station once in 10 s for an address', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS6));
    for (let count = 0; count < 100; count += 1) bed.solicit({ ...claim, destinationAddress: v6('ff02::1') });
    expect(bed.events()).toEqual([
      { kind: 'conflict', address: ADDRESS6, mac: CLIENT, interface: 'eth0', seen: 'announcement' },
    ]);
    await bed.time.advance(10_000);
    bed.solicit({ ...claim, destinationAddress: v6('ff02::1') });
    expect(bed.events()).toHaveLength(2);
  });

  it('answers each of many random, truncated and changed frames or counts why not', { timeout: 300_000 }, async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS6));
    await bed.time.advance(1000);
    bed.notices.length = 0;
    const random = seededRandom(4712);
    const below = (limit: number): number => Math.floor(random.next() * limit);
    for (let run = 0; run < MUTATIONS; run += 1) {
      const frame = run % 4 === 0 ? Uint8Array.from({ length: below(120) }, () => below(256)) : good.slice();
      if (run % 4 > 1) for (let changes = below(3); changes > 0; changes -= 1) frame[below(frame.length)] = below(256);
      bed.host.ndpSockets.get(2)?.receive(run % 4 === 1 ? frame.subarray(0, below(87)) : frame, 'multicast');
    }
    await bed.time.advance(1000);
    const [counted] = bed.notices.flatMap((notice) => (notice.kind === 'counters' ? [notice.counters] : []));
    expect(counted?.received).toBe(MUTATIONS);
    const dropped = Object.values(counted?.drops ?? {}).reduce((sum, count) => sum + count, 0);
    expect((counted?.replies ?? 0) + dropped).toBe(MUTATIONS);
    expect(counted?.replies).toBeGreaterThan(0);
  });

  it('answers for each of 1,000 addresses', async () => {
    const bed = await new PacketBed().start();
    const all = Array.from({ length: 1000 }, (_, index): Ipv6 => ipv6FromValue(ADDRESS6 + BigInt(index)));
    bed.grant(...all.map((one) => grant(one)));
    for (const one of all) {
      await bed.time.advance(20);
      const answers = bed.solicit(solicitation(one)).filter(({ destination }) => destination === CLIENT);
      expect(answers).toMatchObject([{ message: { target: one } }]);
    }
  });
});

/** A station that tries whether the address is free. */
function probe(): { readonly sourceAddress: Ipv6; readonly message: ReturnType<typeof solicitation>['message'] } {
  return { sourceAddress: v6('::'), message: { ...solicitation(ADDRESS6).message, options: [] } };
}
