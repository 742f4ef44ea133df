import { expect, it } from 'vitest';
import { decodeArpFrame, encodeArpFrame } from '../../../../src/core/codec/arp/index.ts';
import { type Ipv4, prefixOf } from '../../../../src/core/net/index.ts';
import { PacketEngine, type PacketEngineOptions } from '../../../../src/speaker/packet/packet-engine.ts';
import { FakeDatagrams, NO_ECHOES } from '../../../support/fake-datagrams.ts';
import { ethernet, FakeHost, FakeLan, mac, v4 } from '../../../support/fake-lan.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { ADDRESS, grant, PacketBed } from '../../../support/packet-bed.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const QUIET_MS = 20_000;
const HOUR_MS = 3_600_000;
const NODES = [v4('192.0.2.1'), v4('192.0.2.2')] as const;
const MACS = [mac('02:00:00:00:0a:01'), mac('02:00:00:00:0a:02')] as const;

/** Announcements within an hour of an address that nothing happens to. */
async function refreshes(refreshIntervalMs?: number): Promise<number> {
  const bed = await new PacketBed(undefined, refreshIntervalMs === undefined ? {} : { refreshIntervalMs }).start();
  bed.grant(grant(ADDRESS, { candidates: ['node1'] }));
  await bed.time.advance(QUIET_MS);
  bed.lan.takeSent();
  await bed.time.advance(HOUR_MS);
  return bed.lan.takeSent().length / 2;
}

/** How the second of two nodes holds an address, two seconds after the speaker of the first ended while its kernel lives on. */
async function holdingOfTheSecond(options: Omit<PacketEngineOptions, 'nodeName'>): Promise<string[]> {
  const time = new ManualTime();
  const lan = new FakeLan();
  const datagrams = new FakeDatagrams();
  const holding: string[] = [];
  const engines = NODES.map((address, at) => {
    const link = { addresses: [address], subnets: [prefixOf(address, 24)] };
    const host = new FakeHost(lan, [ethernet({ name: 'eth0', index: 2, mac: MACS[at] ?? MACS[0], ...link })]);
    const parts = { sockets: host, groups: host, interfaces: host, clock: time, timers: time };
    const random = seededRandom(at + 1);
    return new PacketEngine(
      { nodeName: `node${at + 1}`, ...options },
      { ...parts, datagrams: datagrams.host, echoes: NO_ECHOES, random },
    );
  });
  for (const [at, engine] of engines.entries()) {
    await engine.start({
      notice: (notice) => {
        if (at === 1 && notice.kind === 'ownership')
          holding.push(...notice.changes.map((change) => `${change.holding} ${change.reason}`));
      },
      failed: () => {},
    });
    engine.command({ kind: 'hello-keys', keys: [{ id: 1, key: new Uint8Array(32) }] });
    const neighbours = NODES.map((address, other) => ({ nodeName: `node${other + 1}`, addresses: [address] }));
    engine.command({
      kind: 'neighbours',
      neighbours: neighbours.filter((_, other) => other !== at),
      ownAddresses: NODES.slice(at, at + 1),
    });
    engine.command({ kind: 'change', grants: [grant(ADDRESS)], revoked: [] });
  }
  await time.advance(5000);
  await engines[0]?.stop();
  for (let step = 0; step < 200; step += 1) {
    answerAsKernel(lan, NODES[0], MACS[0]);
    await time.advance(10);
  }
  return holding;
}

/** Answers the questions of the last moment that went to the kernel of a host. */
function answerAsKernel(lan: FakeLan, address: Ipv4, own: (typeof MACS)[0]): void {
  for (const question of lan.sent.splice(0).map(decodeArpFrame)) {
    if (question.tpa !== address || question.op !== 1) continue;
    const { sha, spa } = question;
    lan.inject(encodeArpFrame({ destination: sha, source: own, op: 2, sha: own, spa: address, tha: sha, tpa: spa }));
  }
}

it('announces an address again once a minute', async () => {
  expect(await refreshes()).toBeGreaterThanOrEqual(54);
});

it('does so as often as it is told, or not at all', async () => {
  expect(await refreshes(600_000)).toBeLessThanOrEqual(7);
  expect(await refreshes(0)).toBe(0);
});

it('stands in for a neighbour whose speaker is silent', async () => {
  expect(await holdingOfTheSecond({})).toEqual(['stand-in neighbour-stopped']);
});

it('takes over from it instead where standing in is switched off', async () => {
  expect(await holdingOfTheSecond({ standIn: false })).toEqual(['claim neighbour-stopped']);
});
