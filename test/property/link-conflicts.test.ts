import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tentativeSolicitation, unsolicitedAdvertisement } from '../../src/core/codec/ndp/index.ts';
import { type Ipv4, type Ipv6, isIpv4, type MacAddress } from '../../src/core/net/index.ts';
import { mac, v4, v6 } from '../support/fake-lan.ts';
import { LinkBed } from '../support/link-bed.ts';

const ADDRESSES: readonly (Ipv4 | Ipv6)[] = [v4('192.0.2.50'), v4('192.0.2.51'), v6('fd00::50'), v6('fd00::51')];
const STATIONS = ['02:00:00:00:0f:01', '02:00:00:00:0f:02', '02:00:00:00:0a:01', '02:00:00:00:0b:01'].map(mac);
const [OWN, PEER] = [mac('02:00:00:00:0a:01'), mac('02:00:00:00:0b:01')];
const CLIENT = mac('02:00:00:00:0c:01');
const NONCE = Uint8Array.from([1, 2, 3, 4, 5, 6]);

const address = fc.constantFrom(...ADDRESSES);
const station = fc.constantFrom(...STATIONS);
const step = fc.oneof(
  fc.record({ do: fc.constantFrom('probe', 'announce', 'stand in', 'leave', 'survey'), address }),
  fc.record({ do: fc.constantFrom('claim', 'ask for it'), address, station }),
  fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 15_000 }) }),
  fc.record({ do: fc.constantFrom('carrier lost', 'carrier back') }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function perform(bed: LinkBed, taken: Step): Promise<void> {
  if ('ms' in taken) return bed.time.advance(taken.ms);
  if ('station' in taken) return sent(bed, taken.station, taken.do === 'claim', taken.address);
  if (!('address' in taken)) return bed.identify({ running: taken.do === 'carrier back' });
  if (taken.do === 'probe') bed.probe(taken.address);
  else if (taken.do === 'announce') bed.announce(taken.address);
  else if (taken.do === 'stand in') bed.set({ kind: 'stand-in', mac: PEER }, taken.address);
  else if (taken.do === 'leave') bed.set(undefined, taken.address);
  else survey(bed, taken.address);
}

/** A station says that it has the address, or asks whether anybody has. */
function sent(bed: LinkBed, from: MacAddress, claims: boolean, about: Ipv4 | Ipv6): void {
  if (isIpv4(about)) bed.arp(from, claims ? { op: 2, spa: about, tpa: about } : { tpa: about });
  else bed.ndp(claims ? unsolicitedAdvertisement(from, about) : tentativeSolicitation(from, about, NONCE));
}

function survey(bed: LinkBed, about: Ipv4 | Ipv6): void {
  for (const family of bed.families)
    if (family.family === (isIpv4(about) ? 'IPv4' : 'IPv6')) family.survey(bed.link, [about], () => undefined);
}

function announced(bed: LinkBed): Set<Ipv4 | Ipv6> {
  return new Set(ADDRESSES.filter((each) => bed.families.some((family) => family.isAnnounced(each))));
}

it('whatever stations do: what is announced stays so, what is not is silent, and nothing is left behind', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const bed = new LinkBed();
      bed.peerMacs.add(PEER);
      for (const taken of steps) {
        const before = announced(bed);
        await perform(bed, taken);
        // Only the node itself ends an announcement: no frame and no time does.
        if ('ms' in taken || 'station' in taken) for (const each of before) expect(announced(bed).has(each)).toBe(true);
      }
      bed.identify({ running: true });
      bed.lan.sent.length = 0;
      const own = announced(bed);
      for (const each of ADDRESSES) {
        if (!isIpv4(each)) continue;
        bed.lan.sent.length = 0;
        bed.arp(CLIENT, { spa: v4('192.0.2.9'), tpa: each });
        const answers = bed.lan.sent.filter((frame) => frame[12] === 8 && frame[21] === 2);
        const isAnswered = own.has(each) || bed.families.some((family) => family.answers(2, each));
        expect(answers.length).toBe(isAnswered ? 1 : 0);
      }
      bed.set(undefined, ...ADDRESSES);
      await bed.time.advance(10_000);
      bed.lan.sent.length = 0;
      await bed.time.advance(200_000);
      expect(bed.lan.sent).toEqual([]);
      expect(bed.time.armed).toBe(0);
      expect(bed.host.sockets.size + bed.host.ndpSockets.size + bed.host.groups.size).toBe(0);
      expect(bed.link.mac).toBe(OWN);
    }),
    { numRuns: 500 },
  );
});
