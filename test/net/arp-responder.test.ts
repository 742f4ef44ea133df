import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatIp } from '../../src/core/net/index.ts';
import { eventually } from '../support/eventually.ts';
import { bytes, mac, v4 } from '../support/fake-lan.ts';
import { NamespaceLan, NodePlane, neighbour, Station } from '../support/namespace-lan.ts';
import { hasProgram, ip, linkOf, sendDatagram, sysctl } from '../support/network-namespace.ts';
import { seededRandom } from '../support/seeded-random.ts';

const run = promisify(execFile);
const ADDRESS = v4('10.9.0.50');
const OTHER = v4('10.9.0.51');
/** Asked for after something that must stay unanswered. */
const SURE = v4('10.9.0.52');
const CLIENT = 'client';

describe('a node that answers ARP on a LAN', () => {
  let lan: NamespaceLan;
  let plane: NodePlane;
  let station: Station;
  let nodeMac: string;

  beforeAll(async () => {
    lan = await NamespaceLan.create('node1', CLIENT);
    nodeMac = (await linkOf('node1', 'eth0')).mac;
    plane = await NodePlane.start('node1');
    plane.announce(ADDRESS, SURE);
    await plane.claims(ADDRESS, SURE);
    station = await Station.open(CLIENT);
  });

  afterAll(async () => {
    station.close();
    await plane.stop();
    await lan.destroy();
  });

  it('answers by unicast with the MAC of the interface', async () => {
    const answer = await station.ask(ADDRESS);
    expect(answer).toEqual({
      destination: station.mac,
      source: mac(nodeMac),
      op: 2,
      sha: mac(nodeMac),
      spa: ADDRESS,
      tha: station.mac,
      tpa: v4('0.0.0.0'),
    });
  });

  it('is what the kernel of a client resolves the address to', async () => {
    sendDatagram(CLIENT, ADDRESS);
    await eventually(async () => {
      expect(await neighbour(CLIENT, ADDRESS)).toEqual({ mac: nodeMac, state: 'REACHABLE' });
    });
  });

  it.skipIf(!hasProgram('arping'))('is what arping finds (needs the package arping)', async () => {
    const { stdout } = await run('ip', ['netns', 'exec', CLIENT, 'arping', '-c1', '-i', 'eth0', formatIp(ADDRESS)]);
    expect(stdout).toContain(`from ${nodeMac} (10.9.0.50)`);
  });

  it('is silent about addresses that it does not announce, even its own', async () => {
    expect(await station.isSilent(station.request(OTHER), SURE)).toBe(true);
    await eventually(() => expect(plane.counted(({ drops }) => drops['not-owned'])).toBeGreaterThanOrEqual(3));
  });

  it('is silent about requests of another VLAN, whose tag the kernel takes away (802.1Q)', async () => {
    const request = station.request(ADDRESS);
    const tagged = (vlan: string): Uint8Array =>
      Uint8Array.from([...request.subarray(0, 12), ...bytes(`8100${vlan}`), ...request.subarray(12)]);
    expect(await station.isSilent(tagged('0005'), SURE)).toBe(true);
    // Priority only: VLAN 0 is no VLAN.
    const answer = await station.ask(ADDRESS, tagged('e000'));
    expect(answer.spa).toBe(ADDRESS);
  });

  it('is silent about a frame cut after its operation, which the filter lets through', async () => {
    const cut = station.request(ADDRESS).subarray(0, 22);
    expect(await station.isSilent(cut, SURE)).toBe(true);
    await eventually(() => expect(plane.counted(({ drops }) => drops.truncated)).toBeGreaterThanOrEqual(3));
  });

  it('goes on answering through 10,000 random and mutated frames, each of them counted', async () => {
    const before = plane.counted(({ received }) => received);
    const random = seededRandom(99);
    const below = (limit: number): number => Math.floor(random.next() * limit);
    for (let count = 0; count < 10_000; count += 1) {
      const frame = station.request(ADDRESS).slice(0, 14 + below(50));
      for (let flips = below(4); flips >= 0; flips -= 1) frame[below(frame.length)] = below(256);
      station.send(frame);
      // The client's own queue is longer than the node's; give the thread its turn now and then.
      if (count % 200 === 0) await sleep(5);
    }
    await sleep(2100);
    await station.ask(ADDRESS, station.request(ADDRESS, { sha: station.mac }));
    await eventually(() => expect(plane.counted(({ received }) => received)).toBeGreaterThan(before + 1000));
    const dropped = plane.counted(({ drops }) =>
      Object.entries(drops).reduce((sum, [reason, count]) => sum + (reason === 'overrun' ? 0 : count), 0),
    );
    const accounted = dropped + plane.counted(({ replies }) => replies);
    expect(accounted).toBe(plane.counted(({ received }) => received));
  });

  it('sees that a foreign station claims the address, and does not answer it', async () => {
    const before = station.heard.length;
    station.send(station.request(ADDRESS, { spa: ADDRESS }));
    await station.ask(SURE);
    // The address is defended before everybody; the station itself gets no answer.
    const answers = station.heard.slice(before).filter(({ op, spa }) => op === 2 && spa === ADDRESS);
    expect(answers.filter(({ tha }) => tha === station.mac)).toEqual([]);
    await eventually(() =>
      expect(plane.events).toContainEqual({
        kind: 'conflict',
        address: ADDRESS,
        mac: station.mac,
        interface: 'eth0',
        seen: 'announcement',
      }),
    );
  });

  it('tells when the kernel would answer for the address too, until arp_ignore keeps it quiet', async () => {
    const told = (): number => plane.events.filter(({ kind }) => kind === 'kernel-answers').length;
    await sysctl('node1', 'ipv4/conf/all/arp_ignore', 1);
    await sysctl('node1', 'ipv4/conf/all/arp_announce', 2);
    await ip(`-n node1 address add ${formatIp(ADDRESS)}/32 dev lo`);
    await sleep(200);
    expect(told()).toBe(0);
    await sysctl('node1', 'ipv4/conf/all/arp_ignore', 0);
    await ip('-n node1 address add 10.9.9.9/32 dev lo');
    await eventually(() => expect(told()).toBe(1));
    await ip(`-n node1 address delete ${formatIp(ADDRESS)}/32 dev lo`);
  });

  it('stops answering at once when the grant is gone', async () => {
    plane.announce(SURE);
    await plane.claims(SURE);
    expect(await station.isSilent(station.request(ADDRESS), SURE)).toBe(true);
  });

  it('has no socket where it announces nothing', async () => {
    const sockets = async (): Promise<number> => {
      const { stdout } = await run('ip', ['netns', 'exec', 'node1', 'cat', '/proc/net/packet']);
      return stdout.trim().split('\n').length - 1;
    };
    expect(await sockets()).toBe(1);
    plane.announce();
    await plane.claims();
    expect(await sockets()).toBe(0);
  });
});
