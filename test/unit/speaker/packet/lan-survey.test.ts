import { describe, expect, it } from 'vitest';
import { unsolicitedAdvertisement } from '../../../../src/core/codec/ndp/index.ts';
import { type IpAddress, ipv4FromValue, isIpv4 } from '../../../../src/core/net/index.ts';
import type { ProbeResult } from '../../../../src/ports/channel.ts';
import { LanSurvey } from '../../../../src/speaker/packet/lan-survey.ts';
import { mac, v4, v6 } from '../../../support/fake-lan.ts';
import { LinkBed } from '../../../support/link-bed.ts';

const A = v4('192.0.2.50');
const A6 = v6('2001:db8:1::50');
const FOREIGN = mac('02:00:00:00:0f:01');
const PEER = mac('02:00:00:00:0b:01');

describe('a survey of addresses', () => {
  async function surveyed(bed: LinkBed, addresses: readonly IpAddress[], answer: (bed: LinkBed) => void) {
    const outcome: ProbeResult[][] = [];
    const survey = new LanSurvey({ families: bed.families, timers: bed.time });
    survey.ask(addresses, [bed.link], (results) => outcome.push(results));
    await bed.time.advance(100);
    answer(bed);
    await bed.time.advance(6000);
    expect(outcome).toHaveLength(1);
    return outcome[0];
  }

  it('tells who answers for each address of either family, neighbours too, and leaves no socket behind', async () => {
    const bed = new LinkBed();
    bed.peerMacs.add(PEER);
    const free = v4('192.0.2.51');
    const results = await surveyed(bed, [A, free, A6], () => {
      bed.arp(FOREIGN, { op: 2, spa: A });
      bed.arp(PEER, { op: 2, spa: A });
      bed.ndp(unsolicitedAdvertisement(FOREIGN, A6));
    });
    expect(results).toEqual([
      { address: A, stations: [FOREIGN, PEER].map((by) => ({ interface: 'eth0', mac: by })) },
      { address: free, stations: [] },
      { address: A6, stations: [{ interface: 'eth0', mac: FOREIGN }] },
    ]);
    expect([...bed.host.sockets, ...bed.host.ndpSockets]).toEqual([]);
    expect(bed.time.armed).toBe(0);
  });

  it('asks for IPv6 from the address of the interface, so that no host that looks for an address gives it up', async () => {
    const bed = new LinkBed();
    bed.identify({ addresses: [v6('fe80::a')] });
    await surveyed(bed, [A6], () => undefined);
    for (const { sourceAddress } of bed.lan.takeSentNdp()) expect(sourceAddress).toBe(v6('fe80::a'));
  });

  it('says so when there is no carrier, or the request is too long', async () => {
    const bed = new LinkBed();
    bed.identify({ running: false });
    expect(await surveyed(bed, [A], () => undefined)).toEqual([
      { address: A, stations: [], failure: 'no interface with a carrier can ask' },
    ]);
    const many = Array.from({ length: 257 }, (_, index) => ipv4FromValue(0x0a09_0000 + index));
    const results = await surveyed(new LinkBed(), many, () => undefined);
    expect(results?.filter(({ failure }) => failure !== undefined).map(({ address }) => isIpv4(address))).toEqual([
      true,
    ]);
  });

  it('says so when the interface goes away', async () => {
    const bed = new LinkBed();
    const results = await surveyed(bed, [A], () => {
      for (const family of bed.families) family.close();
    });
    expect(results).toEqual([{ address: A, stations: [], failure: 'an interface went away while it was asked on' }]);
  });
});
