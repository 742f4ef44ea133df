import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formatIp } from '../../src/core/net/index.ts';
import { eventually } from '../support/eventually.ts';
import { mac, v4 } from '../support/fake-lan.ts';
import { NamespaceLan, NodePlane, neighbour, Station } from '../support/namespace-lan.ts';
import { hasProgram, ip, linkOf, mayChangeGroups, sendDatagram } from '../support/network-namespace.ts';

const ADDRESS = v4('10.9.0.50');
const CLIENT = 'client';

describe('a node that announces addresses on a LAN', () => {
  let lan: NamespaceLan;
  let node1: NodePlane;
  let node2: NodePlane;
  let station: Station;
  const macs: Record<string, string> = {};

  beforeAll(async () => {
    lan = await NamespaceLan.create('node1', 'node2', CLIENT);
    for (const node of ['node1', 'node2']) macs[node] = (await linkOf(node, 'eth0')).mac;
    await ip('-n node2 route add default via 10.9.0.3');
    [node1, node2] = await Promise.all([NodePlane.start('node1'), NodePlane.start('node2')]);
    station = await Station.open(CLIENT);
  });

  beforeEach(() => {
    station.heard.length = 0;
  });

  afterEach(async () => {
    node1.announce();
    node2.announce();
    await Promise.all([node1.claims(), node2.claims()]);
  });

  afterAll(async () => {
    station.close();
    await Promise.all([node1.stop(), node2.stop()]);
    await lan.destroy();
  });

  it('moves what the kernel of a client believes at the moment of the takeover', async () => {
    node1.announce(ADDRESS);
    sendDatagram(CLIENT, ADDRESS);
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node1 }));
    node1.announce();
    await node1.claims();
    node2.announce(ADDRESS);
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node2 }));
  });

  it('makes itself known to its gateway, which has never heard of the address', async () => {
    await ip(`-n ${CLIENT} neigh flush all`);
    node2.announce(ADDRESS);
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node2 }));
  });

  it('learns of a gateway that is set later', async () => {
    await ip('-n node1 route add 10.77.0.0/16 via 10.9.0.3');
    await sleep(1200);
    node1.announce(ADDRESS);
    await eventually(() =>
      expect(station.heard).toContainEqual(expect.objectContaining({ spa: ADDRESS, tpa: v4('10.9.0.3'), op: 1 })),
    );
  });

  it('sends both gratuitous forms in several rounds', async () => {
    node1.announce(ADDRESS);
    await eventually(() => {
      const forms = station.heard.filter(({ spa, tpa }) => spa === ADDRESS && tpa === ADDRESS).map(({ op }) => op);
      expect(forms).toEqual([1, 2, 1, 2, 1, 2]);
    });
  });

  it('announces again when the carrier comes back', async () => {
    node1.announce(ADDRESS);
    await node1.claims(ADDRESS);
    await ip('-n switch link set node1-eth0 down');
    await node1.claims();
    expect(node1.interfaces).toEqual(['eth0 down']);
    station.heard.length = 0;
    await ip('-n switch link set node1-eth0 up');
    await node1.claims(ADDRESS);
    await eventually(() => expect(station.heard.filter(({ tpa }) => tpa === ADDRESS).length).toBeGreaterThan(1));
    expect(await station.ask(ADDRESS)).toMatchObject({ sha: mac(macs.node1 ?? '') });
  });

  it('survives its interface being switched off and on', async () => {
    node1.announce(ADDRESS);
    await node1.claims(ADDRESS);
    await ip('-n node1 link set eth0 down');
    await node1.claims();
    await ip('-n node1 link set eth0 up');
    await node1.claims(ADDRESS);
    expect(await station.ask(ADDRESS)).toMatchObject({ sha: mac(macs.node1 ?? '') });
  });

  it('answers and announces with the new MAC when the MAC changes', async () => {
    node1.announce(ADDRESS);
    await node1.claims(ADDRESS);
    sendDatagram(CLIENT, ADDRESS);
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: macs.node1 }));
    await ip('-n node1 link set eth0 address 02:00:00:00:77:01');
    await eventually(async () => expect(await neighbour(CLIENT, ADDRESS)).toMatchObject({ mac: '02:00:00:00:77:01' }));
    expect(await station.ask(ADDRESS)).toMatchObject({ sha: mac('02:00:00:00:77:01') });
    macs.node1 = '02:00:00:00:77:01';
  });

  it('answers on an interface that appears later, and forgets one that is taken away', async () => {
    node1.announce(ADDRESS);
    await lan.plug('node1', 'eth1');
    const { mac: eth1 } = await linkOf('node1', 'eth1');
    await eventually(() => expect(node1.interfaces).toEqual(['eth0 up', 'eth1 up']));
    await eventually(() =>
      expect(station.heard).toContainEqual(expect.objectContaining({ sha: mac(eth1), tpa: ADDRESS })),
    );
    await ip('-n switch link delete node1-eth1');
    await eventually(() => expect(node1.interfaces).toEqual(['eth0 up']));
    expect(await station.ask(ADDRESS)).toMatchObject({ sha: mac(macs.node1 ?? '') });
  });

  it('leaves an interface that becomes the port of a bridge, and speaks from the bridge', async () => {
    node1.announce(ADDRESS);
    await node1.claims(ADDRESS);
    await ip('-n node1 link add br1 type bridge stp_state 0');
    await ip('-n node1 link set br1 address 02:00:00:00:77:02');
    await ip('-n node1 link set eth0 master br1');
    await ip('-n node1 link set br1 up');
    await eventually(() => expect(node1.interfaces).toEqual(['br1 up']));
    await eventually(async () => expect(await station.ask(ADDRESS)).toMatchObject({ sha: mac('02:00:00:00:77:02') }));
    await ip('-n node1 link delete br1');
    await eventually(() => expect(node1.interfaces).toEqual(['eth0 up']));
    await eventually(async () => expect(await station.ask(ADDRESS)).toMatchObject({ sha: mac(macs.node1 ?? '') }));
  });

  it('is silent on an interface that needs no ARP', async () => {
    node1.announce(ADDRESS);
    await node1.claims(ADDRESS);
    await ip('-n node1 link set eth0 arp off');
    await node1.claims();
    expect(node1.interfaces).toEqual([]);
    await ip('-n node1 link set eth0 arp on');
    await node1.claims(ADDRESS);
  });

  it('needs no address of its own on the interface', async () => {
    await ip('-n node1 address flush dev eth0');
    node1.announce(ADDRESS);
    expect(await station.ask(ADDRESS)).toMatchObject({ sha: mac(macs.node1 ?? '') });
    await ip('-n node1 address add 10.9.0.1/24 dev eth0');
  });

  const title = 'sends frames that tcpdump reads without complaint (needs tcpdump, and the true root for it)';
  it.skipIf(!hasProgram('tcpdump') || !mayChangeGroups())(title, async () => {
    const capture = `tcpdump -Z root -i eth0 -n -e -v -l -c 6 --immediate-mode arp and host ${formatIp(ADDRESS)}`;
    const tcpdump = spawn('ip', ['netns', 'exec', CLIENT, ...capture.split(' ')]);
    let output = '';
    let complaints = '';
    tcpdump.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    tcpdump.stderr.on('data', (chunk: Buffer) => {
      complaints += chunk.toString();
    });
    await eventually(() => expect(complaints).toContain('listening on eth0'));
    node2.announce(ADDRESS);
    await once(tcpdump, 'exit');
    expect(output).toContain('Request who-has 10.9.0.50');
    expect(output).toContain(`Reply 10.9.0.50 is-at ${macs.node2}`);
    expect(output).toContain('who-has 10.9.0.3');
    expect(output).not.toMatch(/\[\||malformed|invalid/);
  });

  it('announces 1,000 addresses round by round, none of them twice before all had their turn', async () => {
    const all = Array.from({ length: 1000 }, (_, index) =>
      v4(`10.9.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`),
    );
    node1.announce(...all);
    await eventually(() => {
      const order = station.heard.filter(({ op, spa, tpa }) => op === 1 && spa === tpa).map(({ spa }) => spa);
      expect(order.length).toBeGreaterThanOrEqual(1000);
      expect(new Set(order.slice(0, 1000)).size).toBe(1000);
    });
  });
});
