import { type ArpFrame, encodeArpFrame } from '../../src/core/codec/arp/index.ts';
import { encodeNdpFrame, multicastMac, type NdpFrame, solicitedNodeGroup } from '../../src/core/codec/ndp/index.ts';
import { BROADCAST_MAC, formatIp, type IpAddress, type Ipv4, type Ipv6, ZERO_MAC } from '../../src/core/net/index.ts';
import type { Grant } from '../../src/ports/channel.ts';
import type { NetworkInterface } from '../../src/ports/interfaces.ts';
import type { DropReason, PacketCounters, PacketNotice } from '../../src/ports/packet-plane.ts';
import { PacketEngine, type PacketEngineOptions } from '../../src/speaker/packet/packet-engine.ts';
import { FakeDatagrams, NO_ECHOES } from './fake-datagrams.ts';
import { ethernet, FakeHost, FakeLan, mac, v4, v6 } from './fake-lan.ts';
import { ManualTime } from './manual-time.ts';
import { seededRandom } from './seeded-random.ts';

export const SPEAKER = mac('02:00:00:00:0a:01');
export const CLIENT = mac('02:00:00:00:0c:01');
export const ADDRESS = v4('192.0.2.50');
export const ADDRESS6 = v6('2001:db8::50');
export const CLIENT6 = v6('2001:db8::9');
export const ETH0 = ethernet({ name: 'eth0', index: 2, mac: SPEAKER });

/** A packet engine of `node1` on a fake LAN, in virtual time. */
export class PacketBed {
  readonly time = new ManualTime();
  readonly lan = new FakeLan();
  readonly datagrams = new FakeDatagrams();
  readonly host: FakeHost;
  readonly engine: PacketEngine;
  readonly notices: PacketNotice[] = [];
  readonly failures: string[] = [];

  constructor(interfaces: readonly NetworkInterface[] = [ETH0], options: Omit<PacketEngineOptions, 'nodeName'> = {}) {
    this.host = new FakeHost(this.lan, interfaces);
    this.engine = new PacketEngine(
      { nodeName: 'node1', ...options },
      {
        sockets: this.host,
        datagrams: this.datagrams.host,
        echoes: NO_ECHOES,
        groups: this.host,
        interfaces: this.host,
        clock: this.time,
        timers: this.time,
        random: seededRandom(1),
      },
    );
  }

  async start(): Promise<this> {
    await this.engine.start({
      notice: (notice) => this.notices.push(notice),
      failed: (error) => this.failures.push(error.message),
    });
    // It waits for neighbours until it is told that there are none.
    this.engine.command({ kind: 'neighbours', neighbours: [], ownAddresses: [] });
    return this;
  }

  grant(...grants: Grant[]): void {
    this.engine.command({ kind: 'change', grants, revoked: [] });
  }

  /** The answers to a request of a client. */
  ask(fields: Partial<ArpFrame> = {}): ArpFrame[] {
    this.lan.takeSent();
    this.lan.inject(encodeArpFrame({ ...request(ADDRESS), ...fields }));
    return this.lan.takeSent();
  }

  /** The answers to a solicitation of a client. */
  solicit(fields: Partial<NdpFrame> = {}): NdpFrame[] {
    this.lan.takeSentNdp();
    this.lan.inject(encodeNdpFrame({ ...solicitation(ADDRESS6), ...fields }));
    return this.lan.takeSentNdp();
  }

  claims(): string[] {
    return this.notices.flatMap((notice) =>
      notice.kind === 'claims'
        ? [
            ...notice.claimed.map(
              (claim) => `+${formatIp(claim.address)} ${claim.epoch.generation}.${claim.epoch.counter}`,
            ),
            ...notice.released.map((released) => `-${formatIp(released)}`),
          ]
        : [],
    );
  }

  events(): unknown[] {
    return this.notices.flatMap((notice) => (notice.kind === 'event' ? [notice.event] : []));
  }

  async drops(): Promise<Partial<Record<DropReason, number>>> {
    return (await this.counters())?.drops ?? {};
  }

  /** What the next second tells first. */
  async counters(): Promise<PacketCounters | undefined> {
    this.notices.length = 0;
    await this.time.advance(1000);
    return this.notices.flatMap((notice) => (notice.kind === 'counters' ? [notice.counters] : []))[0];
  }
}

export function grant(address: IpAddress, fields: Partial<Grant> = {}): Grant {
  return { address, epoch: { generation: 1, counter: 1 }, candidates: ['node1', 'node2'], probed: true, ...fields };
}

export function request(tpa: Ipv4): ArpFrame {
  return { destination: BROADCAST_MAC, source: CLIENT, op: 1, sha: CLIENT, spa: v4('192.0.2.9'), tha: ZERO_MAC, tpa };
}

export function solicitation(target: Ipv6): NdpFrame {
  const group = solicitedNodeGroup(target);
  return {
    destination: multicastMac(group),
    source: CLIENT,
    trafficClass: 0,
    flowLabel: 0,
    sourceAddress: CLIENT6,
    destinationAddress: group,
    message: {
      kind: 'solicitation',
      reserved: 0,
      target,
      options: [{ kind: 'source-link-layer-address', mac: CLIENT }],
    },
  };
}
