import { beforeEach, describe, expect, it } from 'vitest';
import { encodeArpFrame } from '../../../../src/core/codec/arp/index.ts';
import { encodeNdpFrame, solicitedAdvertisement } from '../../../../src/core/codec/ndp/index.ts';
import { BROADCAST_MAC, type IpAddress, type Ipv4, type MacAddress, prefixOf } from '../../../../src/core/net/index.ts';
import { KernelProbe } from '../../../../src/speaker/neighbours/kernel-probe.ts';
import { ethernet, FakeHost, FakeLan, mac, v4, v6 } from '../../../support/fake-lan.ts';
import { ManualTime } from '../../../support/manual-time.ts';

const OWN = v4('192.0.2.1');
const OWN6 = v6('2001:db8::1');
const OTHER = v4('192.0.2.2');
const OTHER6 = v6('2001:db8::2');
const GATEWAY = v4('192.0.2.254');
const FAR = v4('198.51.100.2');
const OWN_MAC = mac('02:00:00:00:0a:01');
const OTHER_MAC = mac('02:00:00:00:0a:02');
const BOND_MAC = mac('02:00:00:00:0b:02');
const STRANGER_MAC = mac('02:00:00:00:66:66');
const ETH0 = ethernet({
  name: 'eth0',
  index: 2,
  mac: OWN_MAC,
  addresses: [OWN, OWN6],
  subnets: [prefixOf(OWN, 24), prefixOf(OWN6, 64)],
  gateways: [GATEWAY],
});

describe('the probe of the kernels of neighbours', () => {
  let time: ManualTime;
  let lan: FakeLan;
  let host: FakeHost;
  let answered: string[];
  let gateways: number;
  let echoes: IpAddress[];
  let macs: Map<string, ReadonlySet<MacAddress>>;
  let probe: KernelProbe;

  beforeEach(() => {
    time = new ManualTime();
    lan = new FakeLan();
    host = new FakeHost(lan, [ETH0]);
    answered = [];
    gateways = 0;
    echoes = [];
    macs = new Map();
    probe = new KernelProbe({
      sockets: host,
      echoes: {
        ask: (address, tell) => {
          echoes.push(address);
          tell();
        },
        close: () => {},
      },
      timers: time,
      macsOf: (nodeName) => macs.get(nodeName) ?? new Set(),
      answered: (nodeName) => answered.push(nodeName),
      gatewayAnswered: () => {
        gateways += 1;
      },
    });
    probe.useInterfaces([ETH0, ethernet({ name: 'eth1', index: 3, mac: mac('02:00:00:00:0a:03') })]);
    probe.useNeighbours([
      { nodeName: 'node2', addresses: [OTHER] },
      { nodeName: 'node3', addresses: [OTHER6] },
      { nodeName: 'far', addresses: [FAR] },
    ]);
  });

  const reply = (spa: Ipv4, sha = OTHER_MAC): Uint8Array =>
    encodeArpFrame({ destination: OWN_MAC, source: sha, op: 2, sha, spa, tha: OWN_MAC, tpa: OWN });

  it('asks by ARP on the link that the neighbour is on, in the name of an address of the same subnet', () => {
    probe.ask('node2');
    expect(lan.takeSent()).toMatchObject([{ destination: BROADCAST_MAC, op: 1, sha: OWN_MAC, spa: OWN, tpa: OTHER }]);
    expect([...host.sockets.keys()]).toEqual([2]);
  });

  it('asks by neighbour solicitation where the neighbour has IPv6', () => {
    probe.ask('node3');
    expect(lan.takeSentNdp()).toMatchObject([
      { sourceAddress: OWN6, message: { kind: 'solicitation', target: OTHER6 } },
    ]);
    lan.inject(encodeNdpFrame(solicitedAdvertisement(OTHER_MAC, OTHER6, OWN_MAC, OWN6)));
    expect(answered).toEqual(['node3']);
  });

  it('believes whoever answers while the neighbour has not said its MACs', () => {
    probe.ask('node2');
    lan.inject(reply(OTHER));
    expect(answered).toEqual(['node2']);
  });

  it('asks the MACs alone that the neighbour said', () => {
    macs.set('node2', new Set([OTHER_MAC, BOND_MAC])).set('node3', new Set([OTHER_MAC]));
    probe.ask('node2');
    expect(lan.takeSent().map(({ destination }) => destination)).toEqual([OTHER_MAC, BOND_MAC]);
    probe.ask('node3');
    expect(lan.takeSentNdp()).toMatchObject([{ destination: OTHER_MAC, destinationAddress: OTHER6 }]);
    lan.inject(reply(OTHER, BOND_MAC));
    expect(answered).toEqual(['node2']);
  });

  it('does not believe a station that answers for everybody, once the neighbour has said its MACs', () => {
    macs.set('node2', new Set([OTHER_MAC])).set('node3', new Set([OTHER_MAC]));
    probe.ask('node2');
    probe.ask('node3');
    lan.inject(reply(OTHER, STRANGER_MAC));
    lan.inject(encodeNdpFrame(solicitedAdvertisement(STRANGER_MAC, OTHER6, OWN_MAC, OWN6)));
    expect(answered).toEqual([]);
    lan.inject(reply(OTHER));
    expect(answered).toEqual(['node2']);
  });

  it('follows a neighbour that says another MAC', () => {
    macs.set('node2', new Set([OTHER_MAC]));
    probe.ask('node2');
    macs.set('node2', new Set([BOND_MAC]));
    lan.takeSent();
    probe.ask('node2');
    expect(lan.takeSent().map(({ destination }) => destination)).toEqual([BOND_MAC]);
    lan.inject(reply(OTHER));
    expect(answered).toEqual([]);
    lan.inject(reply(OTHER, BOND_MAC));
    expect(answered).toEqual(['node2']);
  });

  it('takes neither its own frames, nor those about others, nor noise for an answer', () => {
    probe.ask('node2');
    lan.inject(reply(OTHER, OWN_MAC));
    lan.inject(reply(v4('192.0.2.77')));
    lan.inject(reply(OTHER).subarray(0, 30));
    expect(answered).toEqual([]);
  });

  it('asks by echo who is on no link of this node', () => {
    probe.ask('far');
    expect(echoes).toEqual([FAR]);
    expect(answered).toEqual(['far']);
    expect(lan.takeSent()).toEqual([]);
  });

  it('asks every gateway, and hears that one answers', () => {
    probe.askGateways();
    expect(lan.takeSent()).toMatchObject([{ op: 1, tpa: GATEWAY }]);
    lan.inject(reply(GATEWAY));
    expect([gateways, answered]).toEqual([1, []]);
  });

  it('asks nobody whom it does not know, and on no link without a carrier', () => {
    probe.ask('node9');
    probe.useInterfaces([{ ...ETH0, running: false }]);
    probe.askGateways();
    expect(lan.takeSent()).toEqual([]);
  });

  it('keeps no socket open when nobody was asked for a while, nor after it is closed', async () => {
    probe.ask('node2');
    await time.advance(2000);
    expect(host.sockets.size).toBe(0);
    probe.ask('node2');
    probe.close();
    expect([host.sockets.size, time.armed]).toEqual([0, 0]);
  });
});
