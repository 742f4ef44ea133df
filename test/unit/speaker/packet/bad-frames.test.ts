import { describe, expect, it } from 'vitest';
import { encodeArpFrame } from '../../../../src/core/codec/arp/index.ts';
import { ipv4FromValue, macFromValue, ZERO_MAC } from '../../../../src/core/net/index.ts';
import type { DropReason } from '../../../../src/ports/packet-plane.ts';
import { mac, v4 } from '../../../support/fake-lan.ts';
import { MUTATIONS } from '../../../support/mutations.ts';
import { ADDRESS, CLIENT, grant, PacketBed, request, SPEAKER } from '../../../support/packet-bed.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

describe('the packet engine and bad frames', () => {
  it.each<[DropReason, (bed: PacketBed) => void]>([
    ['truncated', (bed) => bed.lan.inject(encodeArpFrame(request(ADDRESS)).subarray(0, 41))],
    ['malformed', (bed) => bed.lan.inject(encodeArpFrame(request(ADDRESS)).with(14, 9))],
    [
      'other-host',
      (bed) => bed.lan.inject(encodeArpFrame({ ...request(ADDRESS), destination: mac('02:00:00:00:0f:0f') })),
    ],
    ['outgoing', (bed) => bed.host.sockets.get(2)?.receive(encodeArpFrame(request(ADDRESS)), 'outgoing')],
    ['own-reflection', (bed) => bed.ask({ sha: SPEAKER })],
    ['unknown-operation', (bed) => bed.ask({ op: 8 })],
    ['bad-sender-mac', (bed) => bed.ask({ sha: ZERO_MAC })],
    ['bad-sender-address', (bed) => bed.ask({ spa: v4('224.0.0.9') })],
    ['not-a-request', (bed) => bed.ask({ op: 2 })],
    ['not-owned', (bed) => bed.ask({ tpa: v4('192.0.2.77') })],
    ['conflict', (bed) => bed.ask({ spa: ADDRESS })],
    ['requester-rate-limit', (bed) => Array.from({ length: 1001 }, () => bed.ask())],
    [
      'interface-rate-limit',
      (bed) => Array.from({ length: 4001 }, (_, index) => bed.ask({ sha: macFromValue(0x0600_0000_0000 + index) })),
    ],
    [
      'send-failed',
      (bed) => {
        bed.host.sendOutcome = 'queue-full';
        bed.ask();
      },
    ],
    [
      'overrun',
      (bed) => {
        const socket = bed.host.sockets.get(2);
        if (socket !== undefined) socket.overruns = 1;
      },
    ],
  ])('counts a silence as %s', async (reason, cause) => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    cause(bed);
    expect(await bed.drops()).toEqual({ [reason]: 1 });
  });

  it('tells a conflict with the MAC of the other station once in 10 s for an address', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    for (let count = 0; count < 1000; count += 1) bed.ask({ spa: ADDRESS });
    expect(bed.events()).toEqual([
      { kind: 'conflict', address: ADDRESS, mac: CLIENT, interface: 'eth0', seen: 'announcement' },
    ]);
    await bed.time.advance(10_000);
    bed.ask({ spa: ADDRESS });
    expect(bed.events()).toHaveLength(2);
  });

  it('counts requests whose Ethernet source is not their sender, and answers them', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    expect(bed.ask({ source: mac('02:00:00:00:0c:99') })).toHaveLength(1);
    await bed.time.advance(1000);
    expect(bed.notices.find(({ kind }) => kind === 'counters')).toMatchObject({ counters: { mismatchedSource: 1 } });
  });

  it('answers each of many random, truncated and bit-flipped frames or counts why not', {
    timeout: 300_000,
  }, async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    await bed.time.advance(1000);
    bed.notices.length = 0;
    const random = seededRandom(4711);
    const below = (limit: number): number => Math.floor(random.next() * limit);
    const good = encodeArpFrame(request(ADDRESS));
    for (let run = 0; run < MUTATIONS; run += 1) {
      const frame =
        run % 4 === 0
          ? Uint8Array.from({ length: below(64) }, () => below(256))
          : good.slice(0, run % 4 === 1 ? below(43) : 42);
      if (run % 4 > 1 && frame.length > 0)
        for (let flips = below(4); flips >= 0; flips -= 1) frame[below(42)] = below(256);
      bed.host.sockets.get(2)?.receive(frame, 'broadcast');
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
    const all = Array.from({ length: 1000 }, (_, index) => ipv4FromValue(0x0a00_0000 + index));
    bed.grant(...all.map((one) => grant(one)));
    for (const one of all) {
      await bed.time.advance(20);
      expect(bed.ask({ tpa: one }).filter(({ op, tha }) => op === 2 && tha === CLIENT)).toHaveLength(1);
    }
  });
});
