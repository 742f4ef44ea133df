import { describe, expect, it } from 'vitest';
import { arpAnnouncement, gratuitousReply } from '../../../../src/core/codec/arp/index.ts';
import { formatIp } from '../../../../src/core/net/index.ts';
import { FrameSocketError } from '../../../../src/ports/frames.ts';
import { address, ethernet, mac, v4 } from '../../../support/fake-lan.ts';
import { ADDRESS, CLIENT, ETH0, grant, PacketBed, SPEAKER } from '../../../support/packet-bed.ts';

/** A node whose link came up listens first. */
const LISTENS_MS = 500;

it('reports also those interfaces that announce only when a grant names them, but no ends of Pods', async () => {
  const docker0 = ethernet({ name: 'docker0', index: 3, mac: mac('02:00:00:00:0a:07') });
  const bed = await new PacketBed([ETH0, docker0, { ...docker0, name: 'veth1a2b', index: 4 }]).start();
  const [reported] = bed.notices.flatMap((notice) => (notice.kind === 'interfaces' ? [notice.interfaces] : []));
  expect(reported?.map(({ name }) => name)).toEqual(['eth0', 'docker0']);
  bed.grant(grant(ADDRESS, { candidates: ['node1'] }));
  expect([...bed.host.sockets.keys()]).toEqual([2]);
  bed.grant(grant(ADDRESS, { candidates: ['node1'], interfaces: ['docker0'], epoch: { generation: 1, counter: 2 } }));
  expect(bed.claims()).toEqual(['+192.0.2.50 1.1', '+192.0.2.50 1.2']);
  expect([...bed.host.sockets.keys()]).toEqual([3]);
});

describe('the packet engine, told what to announce', () => {
  it('answers for a granted address and claims it', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    expect(bed.ask()).toMatchObject([{ op: 2, sha: SPEAKER, spa: ADDRESS, tha: CLIENT }]);
    expect(bed.claims()).toEqual(['+192.0.2.50 1.1']);
  });

  it('announces it at the moment of the grant, and right after that in the other form', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    expect(bed.lan.takeSent()).toEqual([arpAnnouncement(SPEAKER, ADDRESS)]);
    await bed.time.advance(20);
    expect(bed.lan.takeSent()).toEqual([gratuitousReply(SPEAKER, ADDRESS)]);
  });

  it('asks the gateways of the interface in its name', async () => {
    const bed = await new PacketBed([{ ...ETH0, gateways: [v4('192.0.2.1'), v4('192.0.2.2')] }]).start();
    bed.grant(grant(ADDRESS));
    bed.lan.takeSent();
    await bed.time.advance(50);
    const sent = bed.lan.takeSent().filter(({ op }) => op === 1);
    expect(sent.map(({ spa, tpa }) => [formatIp(spa), formatIp(tpa)])).toEqual([
      ['192.0.2.50', '192.0.2.1'],
      ['192.0.2.50', '192.0.2.2'],
    ]);
  });

  it('stays silent where another candidate comes first', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS, { candidates: ['node2', 'node1'] }));
    expect(bed.ask()).toEqual([]);
    expect(bed.claims()).toEqual([]);
    expect(bed.host.sockets.size).toBe(0);
  });

  it('stops answering and announcing at once when the grant is revoked', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    bed.engine.command({ kind: 'change', grants: [], revoked: [ADDRESS] });
    expect(bed.ask()).toEqual([]);
    await bed.time.advance(200_000);
    expect(bed.lan.takeSent()).toEqual([]);
    expect(bed.claims()).toEqual(['+192.0.2.50 1.1', '-192.0.2.50']);
    expect(bed.host.sockets.size).toBe(0);
  });

  it('claims an address again by the newer grant, without announcing it anew', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    await bed.time.advance(20_000);
    bed.lan.takeSent();
    bed.grant(grant(ADDRESS, { epoch: { generation: 1, counter: 2 } }));
    await bed.time.advance(20_000);
    expect(bed.lan.takeSent()).toEqual([]);
    expect(bed.claims()).toEqual(['+192.0.2.50 1.1', '+192.0.2.50 1.2']);
  });

  it('keeps what is granted twice while another grant is revoked', async () => {
    const bed = await new PacketBed().start();
    const other = v4('192.0.2.51');
    bed.grant(grant(ADDRESS), grant(other));
    bed.engine.command({ kind: 'change', grants: [grant(ADDRESS)], revoked: [other] });
    expect(bed.claims()).toEqual(['+192.0.2.50 1.1', '+192.0.2.51 1.1', '-192.0.2.51']);
    expect(bed.ask()).toHaveLength(1);
  });

  it('stops for good, tells its last claims and counts, and leaves no timer behind', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    bed.ask();
    await bed.engine.stop();
    expect(bed.claims().at(-1)).toBe('-192.0.2.50');
    expect(bed.notices.at(-1)).toMatchObject({ kind: 'counters', counters: { replies: 1 } });
    expect(bed.ask()).toEqual([]);
    expect(bed.time.armed).toBe(0);
  });
});

describe('the packet engine and the interfaces', () => {
  it('tells which interfaces can announce, and when that changes', async () => {
    const pod = ethernet({ name: 'veth0', index: 9, mac: mac('02:00:00:00:0b:09') });
    const bed = await new PacketBed([ETH0, pod, ethernet({ name: 'lo', index: 1, loopback: true })]).start();
    bed.host.change([{ ...ETH0, running: false }, pod]);
    bed.host.change([{ ...ETH0, running: false, addresses: [address('192.0.2.1')] }, pod]);
    expect(bed.notices.filter(({ kind }) => kind === 'interfaces')).toEqual([
      { kind: 'interfaces', interfaces: [{ name: 'eth0', mac: SPEAKER, up: true }] },
      { kind: 'interfaces', interfaces: [{ name: 'eth0', mac: SPEAKER, up: false }] },
    ]);
  });

  it('says so when there is none at all', async () => {
    const bed = await new PacketBed([]).start();
    expect(bed.notices[0]).toEqual({ kind: 'interfaces', interfaces: [] });
  });

  it('answers and announces on an interface that appears later', async () => {
    const bed = await new PacketBed([]).start();
    bed.grant(grant(ADDRESS));
    expect(bed.claims()).toEqual([]);
    bed.host.change([ETH0]);
    await bed.time.advance(LISTENS_MS);
    expect(bed.ask()).toHaveLength(1);
    expect(bed.claims()).toEqual(['+192.0.2.50 1.1']);
  });

  it('closes the socket of an interface that goes away, or becomes a member of a bond', async () => {
    for (const after of [[], [{ ...ETH0, master: 7 }]]) {
      const bed = await new PacketBed().start();
      bed.grant(grant(ADDRESS));
      bed.host.change(after);
      expect(bed.host.sockets.size).toBe(0);
      expect(bed.claims().at(-1)).toBe('-192.0.2.50');
    }
  });

  it('claims nothing while the carrier is away, and announces again when it is back', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    await bed.time.advance(20_000);
    bed.host.change([{ ...ETH0, running: false }]);
    bed.lan.takeSent();
    await bed.time.advance(200_000);
    expect(bed.lan.takeSent()).toEqual([]);
    bed.host.change([ETH0]);
    await bed.time.advance(LISTENS_MS);
    expect(bed.lan.takeSent().length).toBeGreaterThan(1);
    expect(bed.claims()).toEqual(['+192.0.2.50 1.1', '-192.0.2.50', '+192.0.2.50 1.1']);
  });

  it('answers with the new MAC, and announces it, when the MAC changes', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    await bed.time.advance(20_000);
    bed.lan.takeSent();
    const renewed = mac('02:00:00:00:0a:77');
    bed.host.change([{ ...ETH0, mac: renewed }]);
    expect(bed.lan.takeSent()).toEqual([arpAnnouncement(renewed, ADDRESS), gratuitousReply(renewed, ADDRESS)]);
    expect(bed.ask()).toMatchObject([{ sha: renewed }]);
  });

  it('announces again when the kernel says that the path moved', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    await bed.time.advance(20_000);
    bed.lan.takeSent();
    bed.host.moved(2);
    bed.host.moved(99);
    expect(bed.lan.takeSent()).toHaveLength(2);
  });

  it('does not announce again when only an address of the interface changes', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    await bed.time.advance(20_000);
    bed.lan.takeSent();
    bed.host.change([{ ...ETH0, addresses: [address('192.0.2.1')] }]);
    await bed.time.advance(10_000);
    expect(bed.lan.takeSent()).toEqual([]);
  });

  it('follows a grant from one interface to another', async () => {
    const eth1 = ethernet({ name: 'eth1', index: 3, mac: mac('02:00:00:00:0a:03') });
    const bed = await new PacketBed([ETH0, eth1]).start();
    bed.grant(grant(ADDRESS, { interfaces: ['eth0'] }));
    expect([...bed.host.sockets.keys()]).toEqual([2]);
    bed.grant(grant(ADDRESS, { interfaces: ['eth1'], epoch: { generation: 1, counter: 2 } }));
    expect([...bed.host.sockets.keys()]).toEqual([3]);
    bed.grant(grant(ADDRESS, { epoch: { generation: 1, counter: 3 } }));
    expect([...bed.host.sockets.keys()].sort()).toEqual([2, 3]);
  });

  it('opens a socket anew when an interface was made again under the same number without a word', async () => {
    const bed = await new PacketBed().start();
    bed.grant(grant(ADDRESS));
    const socket = bed.host.sockets.get(ETH0.index);
    if (socket !== undefined) socket.lost = true;
    await bed.time.advance(1000);
    expect(bed.host.sockets.get(ETH0.index)).not.toBe(socket);
    expect(bed.ask()).toHaveLength(1);
    expect(bed.claims()).toEqual(['+192.0.2.50 1.1']);
  });

  it('announces on a container interface while a grant names it, and no longer', async () => {
    const pod = ethernet({ name: 'veth0', index: 9, mac: mac('02:00:00:00:0b:09') });
    const bed = await new PacketBed([pod]).start();
    bed.grant(grant(ADDRESS, { interfaces: ['veth0'] }));
    await bed.time.advance(LISTENS_MS);
    expect(bed.claims()).toEqual(['+192.0.2.50 1.1']);
    expect(bed.notices.findLast(({ kind }) => kind === 'interfaces')).toMatchObject({
      interfaces: [{ name: 'veth0' }],
    });
    bed.engine.command({ kind: 'change', grants: [], revoked: [ADDRESS] });
    expect(bed.host.sockets.size).toBe(0);
    expect(bed.notices.findLast(({ kind }) => kind === 'interfaces')).toMatchObject({ interfaces: [] });
  });

  it('goes on without an interface whose socket is refused, tells it, and tries again', async () => {
    const bed = await new PacketBed().start();
    bed.host.refusal = new FrameSocketError('refused', 'no memory');
    bed.grant(grant(ADDRESS));
    expect(bed.claims()).toEqual([]);
    expect(bed.events()).toEqual([{ kind: 'interface-refused', interface: 'eth0', reason: 'no memory' }]);
    bed.host.refusal = undefined;
    await bed.time.advance(5000);
    expect(bed.claims()).toEqual(['+192.0.2.50 1.1']);
  });

  it('does not start without the permission to open sockets, and says which is missing', async () => {
    const bed = new PacketBed();
    bed.host.refusal = new FrameSocketError('no-permission', 'NET_RAW is missing');
    await expect(bed.start()).rejects.toThrow('NET_RAW is missing');
  });

  it('fails when the kernel tells nothing more', async () => {
    const bed = await new PacketBed().start();
    bed.host.break(new Error('netlink broke'));
    expect(bed.failures).toEqual(['netlink broke']);
  });

  it('tells when the kernel answers for the address as well, unless it is kept quiet', async () => {
    const ipvs = ethernet({ name: 'kube-ipvs0', index: 5, noArp: true, addresses: [ADDRESS] });
    for (const [settings, told] of [
      [{ arpIgnore: 0, arpAnnounce: 0 }, 1],
      [{ arpIgnore: 1, arpAnnounce: 0 }, 1],
      [{ arpIgnore: 1, arpAnnounce: 2 }, 0],
      [undefined, 0],
    ] as const) {
      const bed = new PacketBed([ETH0, ipvs]);
      bed.host.settings = settings;
      await bed.start();
      bed.grant(grant(ADDRESS));
      bed.grant(grant(ADDRESS, { epoch: { generation: 1, counter: 2 } }));
      expect(bed.events()).toEqual(Array(told).fill({ kind: 'kernel-answers', address: ADDRESS, interface: 'eth0' }));
    }
  });

  it('tells of hellos that could not be sent, though nothing else happened', async () => {
    const bed = await new PacketBed().start();
    bed.datagrams.outcome = 'link-down';
    bed.engine.command({ kind: 'hello-keys', keys: [{ id: 1, key: new Uint8Array(32) }] });
    const neighbours = [{ nodeName: 'node2', addresses: [v4('192.0.2.2')] }];
    bed.engine.command({ kind: 'neighbours', neighbours, ownAddresses: [v4('192.0.2.1')] });
    const { hellos } = (await bed.counters()) ?? {};
    expect(hellos).toMatchObject({ sent: 0, received: 0 });
    expect(hellos?.sendFailures['link-down']).toBeGreaterThan(0);
  });
});
