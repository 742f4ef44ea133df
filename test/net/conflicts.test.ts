import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { arpAnnouncement, encodeArpFrame } from '../../src/core/codec/arp/index.ts';
import { formatIp, macFromValue } from '../../src/core/net/index.ts';
import { eventually } from '../support/eventually.ts';
import { mac, v4, v6 } from '../support/fake-lan.ts';
import { HostProgram, runOn } from '../support/host-program.ts';
import { NamespaceLan, NodePlane, neighbour, Station } from '../support/namespace-lan.ts';
import { hasProgram, ip, linkOf, sendDatagram } from '../support/network-namespace.ts';

const ADDRESS = v4('10.9.0.60');
const ADDRESS6 = v6('fd09::60');
const CLIENT = 'client';
const FOREIGN = 'foreign';

describe('an address that another host on the LAN has', () => {
  let lan: NamespaceLan;
  let node: NodePlane;
  let station: Station;
  const macs: Record<string, string> = {};

  beforeAll(async () => {
    lan = await NamespaceLan.create('node1', CLIENT, FOREIGN);
    for (const [index, host] of ['node1', CLIENT, FOREIGN].entries()) {
      await ip(`-n ${host} address add fd09::${index + 1}/64 dev eth0 nodad`);
      macs[host] = (await linkOf(host, 'eth0')).mac;
    }
    node = await NodePlane.start('node1');
    station = await Station.open(CLIENT);
  });

  beforeEach(() => {
    node.notices.length = 0;
    station.heard.length = 0;
  });

  afterEach(async () => {
    node.announce();
    await ip(`-n ${FOREIGN} address flush dev eth0 to 10.9.0.60/32`);
    await ip(`-n ${FOREIGN} -6 address flush dev eth0 to fd09::60/128`);
  });

  afterAll(async () => {
    station.close();
    await node.stop();
    await lan.destroy();
  });

  const isTold = (address: typeof ADDRESS | typeof ADDRESS6, seen: string) =>
    expect.objectContaining({ kind: 'conflict', address, mac: mac(macs[FOREIGN] ?? ''), interface: 'eth0', seen });

  it('is not announced, and is as soon as that host gives it up (RFC 5227 §2.1)', { timeout: 30_000 }, async () => {
    await ip(`-n ${FOREIGN} address add 10.9.0.60/24 dev eth0`);
    node.announceUnproven(ADDRESS);
    await eventually(() => expect(node.events).toContainEqual(isTold(ADDRESS, 'answer')));
    await node.claims();
    expect(station.heard.filter(({ spa }) => spa === ADDRESS)).toEqual([]);
    await ip(`-n ${FOREIGN} address delete 10.9.0.60/24 dev eth0`);
    await eventually(
      () => expect(node.events).toContainEqual(expect.objectContaining({ kind: 'conflict-over' })),
      15_000,
    );
    await node.claims(ADDRESS);
    expect(await station.ask(ADDRESS)).toMatchObject({ sha: mac(macs.node1 ?? '') });
  });

  it('is announced all the same when a newer grant says that it is free', async () => {
    await ip(`-n ${FOREIGN} address add 10.9.0.60/24 dev eth0`);
    node.announceUnproven(ADDRESS);
    await eventually(() => expect(node.events).toContainEqual(isTold(ADDRESS, 'answer')));
    node.announce(ADDRESS);
    await node.claims(ADDRESS);
    await ip(`-n ${FOREIGN} address delete 10.9.0.60/24 dev eth0`);
  });

  it('of IPv6 is not announced, and is as soon as that host gives it up (RFC 4862 §5.4)', {
    timeout: 30_000,
  }, async () => {
    await ip(`-n ${FOREIGN} address add fd09::60/64 dev eth0 nodad`);
    node.announceUnproven(ADDRESS6);
    await eventually(() => expect(node.events).toContainEqual(isTold(ADDRESS6, 'answer')));
    await ip(`-n ${FOREIGN} address delete fd09::60/64 dev eth0`);
    await eventually(
      () => expect(node.events).toContainEqual(expect.objectContaining({ kind: 'conflict-over' })),
      15_000,
    );
    await node.claims(ADDRESS6);
  });

  it('is announced after three probes when nobody has it', async () => {
    node.announceUnproven(ADDRESS, ADDRESS6);
    await node.claims(ADDRESS, ADDRESS6);
    const about = station.heard
      .filter(({ tpa }) => tpa === ADDRESS)
      .map(({ op, spa }) => `${op} ${spa === 0 ? 'probe' : ''}`);
    expect(about.slice(0, 4)).toEqual(['1 probe', '1 probe', '1 probe', '1 ']);
    expect(node.events).toEqual([]);
  });

  it('is found by a survey, of either family, and nothing of it stays', async () => {
    await ip(`-n ${FOREIGN} address add 10.9.0.60/24 dev eth0`);
    await ip(`-n ${FOREIGN} address add fd09::60/64 dev eth0 nodad`);
    const stations = [{ interface: 'eth0', mac: mac(macs[FOREIGN] ?? '') }];
    expect(await node.survey(ADDRESS, v4('10.9.0.61'), ADDRESS6, v6('fd09::61'))).toEqual([
      { address: ADDRESS, stations },
      { address: v4('10.9.0.61'), stations: [] },
      { address: ADDRESS6, stations },
      { address: v6('fd09::61'), stations: [] },
    ]);
    expect((await runOn('node1', 'cat /proc/net/packet')).trim().split('\n')).toHaveLength(1);
  });

  it('is found by a survey of the node that announces it, though the host says nothing unasked', async () => {
    await ip(`-n ${FOREIGN} address add 10.9.0.60/24 dev eth0`);
    await ip(`-n ${FOREIGN} address add fd09::60/64 dev eth0 nodad`);
    node.announce(ADDRESS, ADDRESS6);
    await node.claims(ADDRESS, ADDRESS6);
    const stations = [{ interface: 'eth0', mac: mac(macs[FOREIGN] ?? '') }];
    expect(await node.survey(ADDRESS, ADDRESS6)).toEqual([
      { address: ADDRESS, stations },
      { address: ADDRESS6, stations },
    ]);
  });

  it('is defended when a host takes it later, and clients come back (RFC 5227 §2.4)', async () => {
    node.announce(ADDRESS);
    await node.claims(ADDRESS);
    sendDatagram(CLIENT, ADDRESS);
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node1 }));
    const claim = encodeArpFrame(arpAnnouncement(mac(macs[FOREIGN] ?? ''), ADDRESS));
    const foreign = await Station.open(FOREIGN);
    foreign.send(claim);
    foreign.close();
    await eventually(() => expect(node.events).toContainEqual(isTold(ADDRESS, 'announcement')));
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node1 }));
  });

  it('is told apart from another host with the MAC of the node, which is told as well', async () => {
    node.announce(ADDRESS);
    await node.claims(ADDRESS);
    const own = mac(macs.node1 ?? '');
    const clone = station.request(v4('10.9.0.9'), { source: own, sha: own, spa: v4('10.9.0.99') });
    await eventually(async () => {
      station.send(clone);
      await sleep(200);
      expect(node.events).toContainEqual({
        kind: 'conflict',
        address: v4('10.9.0.99'),
        mac: own,
        interface: 'eth0',
        seen: 'own-mac',
      });
    });
    expect(await station.ask(ADDRESS)).toMatchObject({ sha: own });
  });

  it('costs few answers and few words when ten thousand claims come, and others are answered as before', async () => {
    node.announce(ADDRESS);
    await node.claims(ADDRESS);
    await sleep(500);
    station.heard.length = 0;
    const foreign = await Station.open(FOREIGN);
    for (let count = 0; count < 10_000; count += 1) {
      foreign.send(encodeArpFrame(arpAnnouncement(macFromValue(0x0200_ff00_0000 + count), ADDRESS)));
      if (count % 200 === 0) await sleep(2);
    }
    foreign.close();
    expect(await station.ask(ADDRESS)).toMatchObject({ sha: mac(macs.node1 ?? '') });
    expect(node.events.length).toBeLessThanOrEqual(2);
    const own = station.heard.filter(
      ({ op, sha, tpa }) => op === 1 && sha === mac(macs.node1 ?? '') && tpa === ADDRESS,
    );
    expect(own.length).toBeLessThanOrEqual(4);
    await eventually(() => expect(node.counted(({ drops }) => drops.conflict)).toBeGreaterThan(100));
  });

  it.skipIf(!hasProgram('arping'))(
    'is seen by arping as taken, and not as taken twice (needs the package arping)',
    async () => {
      node.announce(ADDRESS);
      await node.claims(ADDRESS);
      // From 0.0.0.0, as a host asks that wants the address for itself.
      expect(await runOn(CLIENT, `arping -0 -c 2 -C 1 -i eth0 ${formatIp(ADDRESS)}`)).toContain(`from ${macs.node1}`);
      expect(await runOn(CLIENT, `arping -d -c 3 -i eth0 ${formatIp(ADDRESS)}`)).not.toContain('DUP');
    },
  );

  it.skipIf(!hasProgram('arping'))(
    'is defended against the gratuitous ARP of arping (needs the package arping)',
    async () => {
      node.announce(ADDRESS);
      await node.claims(ADDRESS);
      await runOn(FOREIGN, `arping -U -c 1 -i eth0 -S ${formatIp(ADDRESS)} ${formatIp(ADDRESS)}`);
      await eventually(() => expect(node.events).toContainEqual(isTold(ADDRESS, 'announcement')));
    },
  );

  it.skipIf(!hasProgram('arp-scan'))(
    'is found by arp-scan, once and with the MAC of the node (needs the package arp-scan)',
    async () => {
      node.announce(ADDRESS, v4('10.9.0.61'));
      await node.claims(ADDRESS, v4('10.9.0.61'));
      const found = await runOn(CLIENT, 'arp-scan -I eth0 -q -x 10.9.0.56/29');
      const lines = found
        .trim()
        .split('\n')
        .map((line) => line.split('\t').slice(0, 2).join(' '));
      expect(lines.sort()).toEqual([`10.9.0.60 ${macs.node1}`, `10.9.0.61 ${macs.node1}`]);
    },
  );

  const attack = hasProgram('atk6-dos-new-ip6');

  it.skipIf(!attack)(
    'is announced though a host answers every question for any address (needs the package thc-ipv6)',
    async () => {
      const liar = new HostProgram(FOREIGN, 'stdbuf -oL atk6-dos-new-ip6 eth0');
      try {
        await eventually(() => expect(liar.output).toContain('Started'));
        node.announceUnproven(ADDRESS6);
        await eventually(() => expect(node.events).toContainEqual(expect.objectContaining({ seen: 'every-address' })));
        await node.claims(ADDRESS6);
      } finally {
        await liar.end();
      }
      expect(liar.output).toContain('fd09::60');
    },
  );

  it.skipIf(!attack)('is defended against false advertisements (needs the package thc-ipv6)', async () => {
    node.announce(ADDRESS6);
    await node.claims(ADDRESS6);
    const liar = new HostProgram(FOREIGN, `atk6-fake_advertise6 -n 1 eth0 ${formatIp(ADDRESS6)}`);
    await eventually(
      () => expect(node.events).toContainEqual(expect.objectContaining({ seen: 'announcement' })),
      8000,
    ).finally(() => liar.end());
    sendDatagram(CLIENT, ADDRESS6);
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS6)).toMatchObject({ mac: macs.node1 }));
  });

  it.skipIf(!attack)('is answered through a flood of solicitations (needs the package thc-ipv6)', async () => {
    node.announce(ADDRESS6);
    await node.claims(ADDRESS6);
    const flood = new HostProgram(FOREIGN, `atk6-flood_solicitate6 eth0 ${formatIp(ADDRESS6)}`);
    try {
      await sleep(1000);
      await ip(`-n ${CLIENT} -6 neigh flush all`);
      sendDatagram(CLIENT, ADDRESS6);
      await eventually(async () => expect(await neighbour(CLIENT, ADDRESS6)).toMatchObject({ mac: macs.node1 }));
    } finally {
      await flood.end();
    }
    expect(node.failures).toEqual([]);
  });
});
