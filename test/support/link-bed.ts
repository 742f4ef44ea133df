import { type ArpFrame, encodeArpFrame } from '../../src/core/codec/arp/index.ts';
import { encodeNdpFrame, type NdpFrame } from '../../src/core/codec/ndp/index.ts';
import {
  BROADCAST_MAC,
  formatIp,
  formatMac,
  type IpAddress,
  type MacAddress,
  ZERO_MAC,
} from '../../src/core/net/index.ts';
import type { PacketCounters } from '../../src/ports/packet-plane.ts';
import { ARP } from '../../src/speaker/packet/arp-protocol.ts';
import { Counting } from '../../src/speaker/packet/counting.ts';
import type { EthernetInterface } from '../../src/speaker/packet/eligible-interface.ts';
import { FamilyLinks } from '../../src/speaker/packet/family-links.ts';
import { NDP } from '../../src/speaker/packet/ndp-protocol.ts';
import type { Stance } from '../../src/speaker/packet/stance.ts';
import { ethernet, FakeHost, FakeLan, mac, v4 } from './fake-lan.ts';
import { ManualTime } from './manual-time.ts';
import { seededRandom } from './seeded-random.ts';

const SPEAKER = mac('02:00:00:00:0a:01');

/** The links of one node with one interface on a fake LAN, in virtual time, and stations that the test plays. */
export class LinkBed {
  readonly time = new ManualTime();
  readonly lan = new FakeLan();
  readonly counting = new Counting();
  /** What was told, as text: `<kind> <address> <MAC>`. */
  readonly news: string[] = [];
  readonly peerMacs = new Set<MacAddress>();
  link: EthernetInterface = { ...ethernet({ name: 'eth0', index: 2, mac: SPEAKER }), mac: SPEAKER };
  readonly host = new FakeHost(this.lan, [this.link]);
  readonly families: readonly FamilyLinks[];

  constructor() {
    this.families = [ARP, NDP].map(
      (protocol) =>
        new FamilyLinks(protocol, {
          sockets: this.host,
          groups: this.host,
          clock: this.time,
          timers: this.time,
          random: seededRandom(7),
          counting: this.counting,
          announced: (address) => this.news.push(`announced ${formatIp(address)}`),
          conflict: (news) =>
            this.news.push(
              [news.kind, formatIp(news.address), 'mac' in news && formatMac(news.mac)].filter(Boolean).join(' '),
            ),
          groupsRefused: () => undefined,
          refused: (_, reason) => this.news.push(`refused: ${reason}`),
        }),
    );
    this.identify();
  }

  /** Tells the links what the node is known by now. */
  identify(fields: Partial<EthernetInterface> = {}): void {
    this.link = { ...this.link, ...fields };
    const node = {
      ownMacs: new Set([this.link.mac]),
      peerMacs: this.peerMacs,
      kernelAddresses: new Set(this.link.addresses),
    };
    for (const family of this.families) family.update(new Map([[this.link.index, this.link]]), node);
  }

  set(stance: Stance | undefined, ...addresses: IpAddress[]): void {
    for (const family of this.families) family.assign(this.link, addresses, () => stance);
  }

  probe(...addresses: IpAddress[]): void {
    this.set({ kind: 'announce', probe: true }, ...addresses);
  }

  announce(...addresses: IpAddress[]): void {
    this.set({ kind: 'announce', probe: false }, ...addresses);
  }

  /** Sends an ARP frame as a station. */
  arp(from: MacAddress, fields: Partial<ArpFrame>): void {
    const frame = { destination: BROADCAST_MAC, source: from, op: 1, sha: from, spa: v4('0.0.0.0'), tha: ZERO_MAC };
    this.lan.inject(encodeArpFrame({ ...frame, tpa: v4('0.0.0.0'), ...fields }));
  }

  ndp(frame: NdpFrame): void {
    this.lan.inject(encodeNdpFrame(frame));
  }

  /** Of what was sent since the last call, what is about an address, in short. */
  takeArp(): string[] {
    return this.lan
      .takeSent()
      .map(({ op, spa, tpa, sha }) =>
        spa === 0
          ? `probe ${formatIp(tpa)}`
          : op === 1 && spa === tpa
            ? `announcement ${formatIp(spa)}`
            : `op ${op} ${formatIp(spa)} at ${formatMac(sha)} to ${formatIp(tpa)}`,
      );
  }

  counters(): PacketCounters['drops'] {
    return this.counting.take().drops;
  }

  takeNews(): string[] {
    return this.news.splice(0);
  }
}
