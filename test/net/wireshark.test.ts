import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { v4, v6 } from '../support/fake-lan.ts';
import { HostProgram, runOn } from '../support/host-program.ts';
import { NamespaceLan, NodePlane, Station } from '../support/namespace-lan.ts';
import { hasProgram, ip, linkOf, mayChangeGroups, sendDatagram } from '../support/network-namespace.ts';

const ADDRESS = v4('10.9.0.70');
const ADDRESS6 = v6('fd09::70');
const CLIENT = 'client';

/** What every kind of frame of a node looks like to Wireshark, in the words of its fields. */
const KINDS: Readonly<Record<string, string>> = {
  'the ARP probe (RFC 5227 §2.1.1)':
    'arp.opcode == 1 && arp.src.proto_ipv4 == 0.0.0.0 && arp.dst.proto_ipv4 == 10.9.0.70',
  'the announcement in request form': 'arp.isannouncement && arp.opcode == 1 && arp.src.proto_ipv4 == 10.9.0.70',
  'the announcement in reply form':
    'arp.opcode == 2 && arp.src.proto_ipv4 == 10.9.0.70 && arp.dst.proto_ipv4 == 10.9.0.70',
  'the directed refresh of the gateway':
    'arp.opcode == 1 && arp.src.proto_ipv4 == 10.9.0.70 && arp.dst.proto_ipv4 == 10.9.0.2',
  'the answer': 'arp.opcode == 2 && arp.src.proto_ipv4 == 10.9.0.70 && !(eth.dst == ff:ff:ff:ff:ff:ff)',
  'the solicitation that looks for duplicates, with its nonce (RFC 7527 §4.1)':
    'icmpv6.type == 135 && ipv6.src == :: && icmpv6.nd.ns.target_address == fd09::70 && icmpv6.opt.nonce',
  'the solicitation of a survey':
    'icmpv6.type == 135 && ipv6.src == fe80::/10 && icmpv6.nd.ns.target_address == fd09::71',
  'the advertisement to everybody':
    'icmpv6.type == 136 && ipv6.dst == ff02::1 && icmpv6.nd.na.target_address == fd09::70 && icmpv6.nd.na.flag.o == 1',
  'the seeding of routers (RFC 9131)': 'icmpv6.type == 136 && ipv6.dst == ff02::2 && icmpv6.nd.na.flag.o == 0',
  'the solicitation of the gateway in the name of the address':
    'icmpv6.type == 135 && ipv6.src == fd09::70 && icmpv6.nd.ns.target_address == fd09::2',
  'the solicited advertisement':
    'icmpv6.type == 136 && icmpv6.nd.na.flag.s == 1 && icmpv6.nd.na.target_address == fd09::70',
  'the report of the group (RFC 3810)': 'icmpv6.type == 143 && icmpv6.mldr.mar.multicast_address == ff02::1:ff00:70',
};

const able = hasProgram('tshark') && hasProgram('tcpdump') && mayChangeGroups();

describe.skipIf(!able)('what a node sends (needs tshark and tcpdump, and the true root for them)', () => {
  let folder: string;
  let capture: string;
  let lan: NamespaceLan;
  let node: NodePlane;
  let own: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'heraldlb-'));
    capture = join(folder, 'frames.pcap');
    lan = await NamespaceLan.create('node1', CLIENT);
    for (const [index, host] of ['node1', CLIENT].entries())
      await ip(`-n ${host} address add fd09::${index + 1}/64 dev eth0 nodad`);
    await ip('-n node1 route add default via 10.9.0.2');
    await ip('-n node1 -6 route add default via fd09::2');
    own = (await linkOf('node1', 'eth0')).mac;
    const tcpdump = new HostProgram(
      CLIENT,
      `tcpdump -Z root -i eth0 -U --immediate-mode -w ${capture} arp or icmp6 or ip6 proto 0`,
    );
    try {
      await eventually(() => expect(tcpdump.output).toContain('listening on eth0'));
      await speak();
    } finally {
      await tcpdump.end();
    }
  });

  afterAll(async () => {
    await node?.stop();
    await lan?.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Has the node send one frame of each kind. */
  async function speak(): Promise<void> {
    // Its kernel has to have ended its own search for duplicates before it can ask from its address.
    await eventually(async () =>
      expect(await ip('-n node1 -6 address show dev eth0 scope link')).not.toContain('tentative'),
    );
    node = await NodePlane.start('node1');
    node.announceUnproven(ADDRESS, ADDRESS6);
    await node.claims(ADDRESS, ADDRESS6);
    const station = await Station.open(CLIENT);
    await station.ask(ADDRESS);
    station.close();
    await ip(`-n ${CLIENT} neigh flush all`);
    sendDatagram(CLIENT, ADDRESS6);
    await node.survey(v6('fd09::71'));
    await sleep(1200);
  }

  /** The numbers of the frames that a filter lets through. */
  async function dissected(filter: string): Promise<readonly string[]> {
    const output = await runOn(CLIENT, `tshark -r ${capture} -T fields -e frame.number -Y`, filter);
    if (/^tshark: /m.test(output)) throw new Error(output);
    return output.split('\n').filter((line) => /^\d+$/.test(line));
  }

  it.each(Object.entries(KINDS))('contains %s, as Wireshark names it', async (_, filter) => {
    expect((await dissected(`eth.src == ${own} && ${filter}`)).length).toBeGreaterThan(0);
  });

  it('has nothing that Wireshark calls malformed, wrong or doubtful', async () => {
    const complaints = '(_ws.malformed || _ws.expert.severity >= 6291456 || icmpv6.checksum.status == 0)';
    expect(await dissected(`eth.src == ${own} && ${complaints}`)).toEqual([]);
    expect(await dissected(`eth.src == ${own} && eth.addr == ff:ff:ff:ff:ff:ff && !arp`)).toEqual([]);
  });
});
