import { beforeEach, describe, expect, it } from 'vitest';
import {
  solicitedAdvertisement,
  tentativeSolicitation,
  unsolicitedAdvertisement,
} from '../../../../src/core/codec/ndp/index.ts';
import {
  formatIp,
  formatMac,
  ipv4FromValue,
  macFromValue,
  parsePrefix,
  prefixOf,
} from '../../../../src/core/net/index.ts';
import { mac, v4, v6 } from '../../../support/fake-lan.ts';
import { LinkBed } from '../../../support/link-bed.ts';

const A = v4('192.0.2.50');
const A6 = v6('2001:db8:1::50');
const FOREIGN = mac('02:00:00:00:0f:01');
const PEER = mac('02:00:00:00:0b:01');
const NONCE = Uint8Array.from([1, 2, 3, 4, 5, 6]);

describe('an address that nobody announced before', () => {
  let bed: LinkBed;

  beforeEach(() => {
    bed = new LinkBed();
  });

  it('is asked for three times, and announced when nobody answers (RFC 5227 §2.1)', async () => {
    bed.probe(A);
    await bed.time.advance(699);
    expect(bed.takeArp()).toEqual(['probe 192.0.2.50', 'probe 192.0.2.50', 'probe 192.0.2.50']);
    expect(bed.takeNews()).toEqual([]);
    await bed.time.advance(1);
    expect(bed.takeNews()).toEqual(['announced 192.0.2.50']);
    expect(bed.takeArp()[0]).toBe('announcement 192.0.2.50');
  });

  it('is not answered while it is asked for', async () => {
    bed.probe(A);
    await bed.time.advance(100);
    bed.takeArp();
    bed.arp(FOREIGN, { spa: v4('192.0.2.9'), tpa: A });
    expect(bed.takeArp()).toEqual([]);
    expect(bed.counters()).toMatchObject({ 'not-owned': 1 });
  });

  it('is neither announced nor answered while somebody else has it, and is when that one is gone', async () => {
    bed.probe(A);
    await bed.time.advance(250);
    bed.arp(FOREIGN, { op: 2, spa: A });
    await bed.time.advance(2000);
    expect(bed.takeNews()).toEqual([`in-use 192.0.2.50 ${formatMac(FOREIGN)}`]);
    expect(bed.takeArp().filter((frame) => frame.startsWith('announcement'))).toEqual([]);
    await bed.time.advance(12_000);
    expect(bed.takeNews()).toEqual(['over 192.0.2.50', 'announced 192.0.2.50']);
    bed.takeArp();
    bed.arp(FOREIGN, { spa: v4('192.0.2.9'), tpa: A });
    expect(bed.takeArp()).toHaveLength(1);
  });

  it('is asked for again after a pause that a station which stays cannot shorten', async () => {
    bed.probe(A);
    for (let tenths = 0; tenths < 2400; tenths += 1) {
      await bed.time.advance(100);
      if (bed.lan.takeSent().some(({ spa, tpa }) => spa === 0 && tpa === A)) bed.arp(FOREIGN, { op: 2, spa: A });
    }
    const told = bed.takeNews().filter((news) => news.startsWith('in-use')).length;
    // Ten in about 100 s, then one in about 60 s.
    expect(told).toBeGreaterThanOrEqual(11);
    expect(told).toBeLessThanOrEqual(13);
  });

  it('is announced in the end though a station asks for it at the same time, for that one does not have it', async () => {
    bed.probe(A);
    for (let tenths = 0; tenths < 100; tenths += 1) {
      await bed.time.advance(100);
      bed.arp(FOREIGN, { tpa: A });
    }
    expect(bed.takeNews()).toEqual(['announced 192.0.2.50']);
  });

  it('is announced though a neighbour answers: among neighbours hellos decide', async () => {
    bed.peerMacs.add(PEER);
    bed.probe(A);
    await bed.time.advance(100);
    bed.arp(PEER, { op: 2, spa: A });
    await bed.time.advance(2000);
    expect(bed.takeNews()).toEqual(['announced 192.0.2.50']);
  });

  it('is announced at once when it turns out to be known as free meanwhile', async () => {
    bed.probe(A);
    await bed.time.advance(100);
    bed.announce(A);
    expect(bed.takeArp()).toContain('announcement 192.0.2.50');
    await bed.time.advance(2000);
    expect(bed.takeNews()).toEqual([]);
  });

  it('is forgotten when it is not wanted any more', async () => {
    bed.probe(A);
    await bed.time.advance(100);
    bed.set(undefined, A);
    bed.takeArp();
    await bed.time.advance(5000);
    expect(bed.takeArp()).toEqual([]);
    expect(bed.host.sockets.size).toBe(0);
    expect(bed.time.armed).toBe(0);
  });

  it('is asked for only when there is a carrier', async () => {
    bed.identify({ running: false });
    bed.probe(A);
    await bed.time.advance(5000);
    expect(bed.takeNews()).toEqual([]);
    bed.identify({ running: true });
    await bed.time.advance(100);
    bed.identify({ running: false });
    await bed.time.advance(5000);
    expect(bed.takeNews()).toEqual([]);
    bed.identify({ running: true });
    await bed.time.advance(800);
    expect(bed.takeNews()).toEqual(['announced 192.0.2.50']);
  });

  it('is announced although a station answers for every address, and people are told (RFC 5737 §3)', async () => {
    bed.probe(A);
    for (let tenths = 0; tenths < 40; tenths += 1) {
      await bed.time.advance(100);
      for (const { spa, tpa } of bed.lan.takeSent()) if (spa === 0) bed.arp(FOREIGN, { op: 2, spa: tpa });
    }
    const news = bed.takeNews();
    expect(news[0]).toMatch(new RegExp(`^answers-everything 192\\.0\\.2\\.\\d+ ${formatMac(FOREIGN)}$`));
    expect(news).toContain('announced 192.0.2.50');
    expect(news.filter((text) => text.startsWith('in-use'))).toEqual([]);
  });

  it('is announced although somebody answers for every address with ever new MACs', async () => {
    let made = 0x0200_ff00_0000;
    bed.probe(A);
    for (let tenths = 0; tenths < 40; tenths += 1) {
      await bed.time.advance(100);
      for (const { spa, tpa } of bed.lan.takeSent()) {
        if (spa !== 0) continue;
        made += 1;
        // Each answer twice, as one such program does.
        for (const by of [made, made]) bed.arp(macFromValue(by), { op: 2, spa: tpa });
      }
    }
    const news = bed.takeNews();
    expect(news).toContain('announced 192.0.2.50');
    expect(news.filter((text) => text.startsWith('in-use'))).toEqual([]);
  });

  it('is not announced when an honest station has it beside one that answers for every address', async () => {
    const honest = mac('02:00:00:00:0f:02');
    bed.probe(A);
    for (let tenths = 0; tenths < 40; tenths += 1) {
      await bed.time.advance(100);
      for (const { spa, tpa } of bed.lan.takeSent()) {
        if (spa === 0) bed.arp(FOREIGN, { op: 2, spa: tpa });
        if (spa === 0 && tpa === A) bed.arp(honest, { op: 2, spa: tpa });
      }
    }
    expect(bed.takeNews()).toContain(`in-use 192.0.2.50 ${formatMac(honest)}`);
  });

  it.each([
    [[], '192.0.2.'],
    [['192.0.2.0/24'], '198.51.100.'],
    [['192.0.0.0/16', '198.51.100.128/25'], '203.0.113.'],
  ])('is told from what nobody can have: on a link with %s, that is %s*', async (subnets, beginning) => {
    bed.identify({ subnets: subnets.map((text) => parsePrefix(text) ?? prefixOf(A, 32)) });
    bed.probe(v4('10.0.0.50'));
    await bed.time.advance(500);
    bed.arp(FOREIGN, { op: 2, spa: v4('10.0.0.50') });
    bed.lan.sent.length = 0;
    await bed.time.advance(1000);
    const asked = bed.lan.takeSent().map(({ tpa }) => formatIp(tpa));
    expect(asked.filter((text) => text.startsWith(beginning))).not.toEqual([]);
  });

  it('gets its turn among a thousand, in seconds', async () => {
    const all = Array.from({ length: 1000 }, (_, index) => ipv4FromValue(0x0a09_0000 + index));
    bed.probe(...all);
    await bed.time.advance(8000);
    expect(bed.takeNews().filter((news) => news.startsWith('announced'))).toHaveLength(1000);
  });
});

describe('an IPv6 address that nobody announced before', () => {
  let bed: LinkBed;

  beforeEach(() => {
    bed = new LinkBed();
  });

  it('is asked for from the unspecified address with a nonce, in its group (RFC 4862 §5.4.2, RFC 7527 §4.1)', async () => {
    bed.probe(A6);
    expect([...bed.host.groups]).toEqual(['2 ff02::1:ff00:50']);
    await bed.time.advance(999);
    expect(bed.lan.takeSentNdp()).toEqual([
      expect.objectContaining({
        sourceAddress: v6('::'),
        destinationAddress: v6('ff02::1:ff00:50'),
        message: {
          kind: 'solicitation',
          reserved: 0,
          target: A6,
          options: [{ kind: 'nonce', octets: expect.any(Uint8Array) }],
        },
      }),
      expect.anything(),
    ]);
    await bed.time.advance(1);
    expect(bed.takeNews()).toEqual(['announced 2001:db8:1::50']);
  });

  it('is not announced while somebody advertises it (RFC 4862 §5.4.4)', async () => {
    bed.probe(A6);
    await bed.time.advance(300);
    bed.ndp(unsolicitedAdvertisement(FOREIGN, A6));
    await bed.time.advance(3000);
    expect(bed.takeNews()).toEqual([`in-use 2001:db8:1::50 ${formatMac(FOREIGN)}`]);
  });

  it('yields for a moment to a host that looks for the same address, and takes it when that one does not (RFC 4862 §5.4.3)', async () => {
    bed.probe(A6);
    await bed.time.advance(300);
    bed.ndp(tentativeSolicitation(FOREIGN, A6, NONCE));
    await bed.time.advance(701);
    expect(bed.takeNews()).toEqual([]);
    await bed.time.advance(2100);
    expect(bed.takeNews()).toEqual(['announced 2001:db8:1::50']);
  });

  it('does not take its own question that comes back for that of another (RFC 7527 §4.2)', async () => {
    bed.probe(A6);
    await bed.time.advance(1);
    for (const frame of bed.lan.takeSentNdp()) bed.ndp(frame);
    await bed.time.advance(1000);
    expect(bed.takeNews()).toEqual(['announced 2001:db8:1::50']);
    expect(bed.counters()).toEqual({ 'own-reflection': 1 });
  });

  it('knows its own question by the nonce, whatever MAC a bridge on the way gave it (RFC 7527 §4.2)', async () => {
    bed.probe(A6);
    await bed.time.advance(1);
    for (const frame of bed.lan.takeSentNdp()) bed.ndp({ ...frame, source: FOREIGN });
    await bed.time.advance(1000);
    expect(bed.takeNews()).toEqual(['announced 2001:db8:1::50']);
    expect(bed.counters()).toEqual({ 'own-reflection': 1 });
  });
});

describe('an announced address that another station claims', () => {
  let bed: LinkBed;

  beforeEach(async () => {
    bed = new LinkBed();
    bed.identify({ gateways: [v4('192.0.2.1'), v6('fe80::1')] });
    bed.announce(A, A6);
    await bed.time.advance(20_000);
    bed.lan.sent.length = 0;
  });

  it('is defended at once, to everybody and to the gateway, and told (RFC 5227 §2.4)', () => {
    bed.arp(FOREIGN, { spa: A, tpa: A });
    expect(bed.takeArp()).toEqual([
      'announcement 192.0.2.50',
      'op 2 192.0.2.50 at 02:00:00:00:0a:01 to 192.0.2.50',
      'op 1 192.0.2.50 at 02:00:00:00:0a:01 to 192.0.2.1',
    ]);
    expect(bed.takeNews()).toEqual([`claimed 192.0.2.50 ${formatMac(FOREIGN)}`]);
  });

  it('is not defended while the node announces nothing, because nobody hears it', () => {
    for (const family of bed.families) family.hush(true);
    bed.lan.sent.length = 0;
    bed.arp(FOREIGN, { spa: A, tpa: A });
    expect(bed.takeArp()).toEqual([]);
    expect(bed.takeNews()).toHaveLength(1);
  });

  it('is defended by an overriding advertisement (RFC 4861 §7.2.6)', () => {
    bed.ndp(solicitedAdvertisement(FOREIGN, A6, mac('02:00:00:00:0a:01'), v6('2001:db8:1::9')));
    const [defence] = bed.lan.takeSentNdp();
    expect(defence?.message).toMatchObject({ kind: 'advertisement', target: A6, override: true, solicited: false });
  });

  it('is defended no more than once in 10 s, stays announced, and is told as often', async () => {
    for (let tenths = 0; tenths < 305; tenths += 1) {
      bed.arp(FOREIGN, { spa: A, tpa: A });
      await bed.time.advance(100);
    }
    const defences = bed.takeArp().filter((frame) => frame === 'announcement 192.0.2.50').length;
    expect(defences).toBe(4);
    expect(bed.takeNews()).toHaveLength(4);
    bed.arp(FOREIGN, { spa: v4('192.0.2.9'), tpa: A });
    expect(bed.takeArp()).toHaveLength(1);
    expect(bed.counters()).toMatchObject({ conflict: 305 });
  });

  it('is announced anew, in several rounds, when the other station is gone', async () => {
    bed.arp(FOREIGN, { spa: A, tpa: A });
    bed.lan.sent.length = 0;
    await bed.time.advance(30_000);
    expect(bed.takeArp().filter((frame) => frame.startsWith('probe'))).toHaveLength(1);
    await bed.time.advance(800);
    expect(bed.takeNews()).toEqual([`claimed 192.0.2.50 ${formatMac(FOREIGN)}`, 'over 192.0.2.50']);
    await bed.time.advance(4000);
    expect(bed.takeArp().filter((frame) => frame === 'announcement 192.0.2.50')).toHaveLength(3);
  });

  it('stays in dispute while the other station answers when it is asked', async () => {
    bed.set(undefined, A6);
    bed.arp(FOREIGN, { spa: A, tpa: A });
    bed.lan.sent.length = 0;
    for (let tenths = 0; tenths < 1000; tenths += 1) {
      await bed.time.advance(100);
      if (bed.lan.takeSent().some(({ spa }) => spa === 0)) bed.arp(FOREIGN, { op: 2, spa: A });
    }
    expect(bed.takeNews().filter((news) => news.startsWith('over'))).toEqual([]);
  });

  it('is left to hellos when a neighbour claims it', () => {
    bed.peerMacs.add(PEER);
    bed.arp(PEER, { spa: A, tpa: A });
    expect(bed.takeArp()).toEqual([]);
    expect(bed.takeNews()).toEqual([]);
    expect(bed.counters()).toEqual({ 'peer-claim': 1 });
  });

  it('costs no more than 50 defences a second when a station claims a thousand addresses, and all of them stay', async () => {
    const all = Array.from({ length: 1000 }, (_, index) => ipv4FromValue(0x0a09_0000 + index));
    bed.announce(...all);
    await bed.time.advance(30_000);
    bed.lan.sent.length = 0;
    for (let second = 0; second < 10; second += 1) {
      for (const address of all) bed.arp(macFromValue(0x0200_0000_0000 + second), { spa: address, tpa: address });
      await bed.time.advance(1000);
    }
    const defended = bed.takeArp().filter((frame) => frame.startsWith('announcement 10.9.')).length;
    // The usual refresh of a thousand addresses in a minute comes to it.
    expect(defended).toBeLessThan(100 + 10 * 50 + 250);
    for (const address of all) expect(bed.families[0]?.isAnnounced(address)).toBe(true);
  });
});

describe('another station with the MAC of the interface', () => {
  it('is told when it goes on, and not when a frame of our own is late', async () => {
    const bed = new LinkBed();
    bed.identify({ addresses: [v4('192.0.2.1')] });
    bed.announce(A);
    const own = mac('02:00:00:00:0a:01');
    bed.arp(own, { spa: v4('192.0.2.99'), tpa: A });
    expect(bed.takeNews()).toEqual([]);
    await bed.time.advance(1500);
    for (const spa of [A, v4('192.0.2.1'), v4('0.0.0.0')]) bed.arp(own, { spa, tpa: A });
    expect(bed.takeNews()).toEqual([]);
    bed.arp(own, { spa: v4('192.0.2.99'), tpa: A });
    expect(bed.takeNews()).toEqual([`duplicate-mac 192.0.2.99 ${formatMac(own)}`]);
  });
});

describe('standing in for a neighbour', () => {
  it('answers with its MAC, announces nothing, and claims nothing for this node', async () => {
    const bed = new LinkBed();
    bed.set({ kind: 'stand-in', mac: PEER }, A);
    await bed.time.advance(20_000);
    expect(bed.takeArp()).toEqual([]);
    bed.arp(FOREIGN, { spa: v4('192.0.2.9'), tpa: A });
    const [answer] = bed.lan.takeSent();
    expect(answer).toMatchObject({ source: mac('02:00:00:00:0a:01'), sha: PEER, spa: A });
    expect(bed.families[0]?.isAnnounced(A)).toBe(false);
    bed.announce(A);
    expect(bed.takeArp()).toContain('announcement 192.0.2.50');
    expect(bed.families[0]?.isAnnounced(A)).toBe(true);
  });
});
