import { beforeEach, describe, expect, it } from 'vitest';
import { ipv4FromValue, macFromValue } from '../../../../src/core/net/index.ts';
import { advertisement, ip } from '../../../support/channel/announcer-bed.ts';
import { ConflictsBed, NODE_MACS } from '../../../support/conflicts-bed.ts';
import { mac, v4 } from '../../../support/fake-lan.ts';
import { service } from '../../../support/kube/fake-cluster.ts';
import { configPool } from '../../../support/provider-bed.ts';

const FIRST = v4('192.0.2.50');
const SECOND = v4('192.0.2.51');
const FOREIGN = mac('52:54:00:12:34:56');

/** Has the provider serve a Service, and writes its status. */
async function serve(bed: ConflictsBed, name = 'web', asked?: string): Promise<string[]> {
  const object = bed.cluster.put(service(name, asked === undefined ? {} : { spec: { loadBalancerIP: asked } }));
  const { ingress } = await bed.provider.ensureLoadBalancer('cluster', object);
  const addresses = ingress.flatMap(({ ip: text }) => text ?? []);
  bed.cluster.edit(name, (before) => ({
    ...before,
    status: { ...before.status, ingress: addresses.map((text) => ({ ip: text, ipMode: 'VIP' })) },
  }));
  return addresses;
}

describe('the sweep of the LAN', () => {
  let bed: ConflictsBed;

  beforeEach(() => {
    bed = new ConflictsBed();
  });

  it('asks soon about the next addresses of a pool, and knows for five minutes that they are free', async () => {
    await bed.time.advance(2000);
    expect(bed.surveys).toEqual(['n1 192.0.2.50,192.0.2.51,192.0.2.52,192.0.2.53']);
    expect([FIRST, v4('192.0.2.53'), v4('192.0.2.54')].map((each) => bed.conflicts.knownFree(each))).toEqual([
      true,
      true,
      false,
    ]);
    bed.answers = false;
    await bed.time.advance(299_000);
    expect(bed.conflicts.knownFree(FIRST)).toBe(true);
    await bed.time.advance(2000);
    expect(bed.conflicts.knownFree(FIRST)).toBe(false);
  });

  it('asks again before that ends, of each speaker in turn', async () => {
    await bed.time.advance(600_000);
    expect(bed.conflicts.knownFree(FIRST)).toBe(true);
    expect(bed.surveys.length).toBeLessThanOrEqual(6);
    expect(new Set(bed.surveys.map((text) => text.slice(0, 2)))).toEqual(new Set(['n1', 'n2']));
  });

  it('asks about what comes next when an address is given out', async () => {
    await bed.time.advance(2000);
    bed.surveys.length = 0;
    expect(await serve(bed)).toEqual(['192.0.2.50']);
    bed.conflicts.usageChanged();
    await bed.time.advance(2000);
    expect(bed.surveys).toEqual(['n2 192.0.2.54']);
  });

  it('asks once more about an address that is announced on its word, of the node that announces it', async () => {
    await bed.time.advance(2000);
    bed.surveys.length = 0;
    await serve(bed);
    await bed.time.advance(30_000);
    expect(bed.surveys).toEqual(['n2 192.0.2.54']);
    bed.surveys.length = 0;
    bed.claims.set('n2', new Set([FIRST]));
    bed.conflicts.usageChanged();
    await bed.time.advance(60_000);
    expect(bed.surveys).toEqual(['n2 192.0.2.50']);
    expect(bed.quarantined()).toEqual([]);
    expect(bed.conflicts.knownFree(FIRST)).toBe(true);
  });

  it('finds the host that took an address between the survey and its Service, and takes nothing away', async () => {
    await bed.time.advance(2000);
    bed.lan.set(FIRST, FOREIGN);
    await serve(bed);
    bed.claims.set('n2', new Set([FIRST]));
    await bed.time.advance(2000);
    expect(bed.takeEvents()).toContainEqual(
      expect.stringMatching(/^web AddressConflict: 192\.0\.2\.50 is announced, but host/),
    );
    expect(bed.conflicts.knownFree(FIRST)).toBe(false);
    expect(await serve(bed)).toEqual(['192.0.2.50']);
  });

  it('quarantines what somebody has, says so on the pool once, and gives the next address out', async () => {
    bed.lan.set(FIRST, FOREIGN);
    await bed.time.advance(2000);
    expect(bed.quarantined()).toEqual(['192.0.2.50']);
    expect(bed.provider.usage('lan')?.unavailable).toEqual([
      {
        address: '192.0.2.50',
        cause:
          'host 52:54:00:12:34:56 (vendor prefix 52:54:00: a virtual machine of QEMU or KVM) has it (seen by node "n1" on eth0)',
      },
    ]);
    expect(await serve(bed)).toEqual(['192.0.2.51']);
    await bed.time.advance(600_000);
    expect(bed.takeEvents().filter((event) => event.startsWith('lan '))).toEqual([
      'lan AddressInUse: Other hosts have 192.0.2.50: nobody is given them before they are free. status.unavailable of the pool says who has which; take them out of the pool, or give those hosts other addresses',
    ]);
    expect(bed.quarantined()).toEqual(['192.0.2.50']);
  });

  it('ends the quarantine when nobody has answered for two minutes', async () => {
    bed.lan.set(FIRST, FOREIGN);
    await bed.time.advance(2000);
    bed.lan.delete(FIRST);
    await bed.time.advance(100_000);
    expect(bed.quarantined()).toEqual(['192.0.2.50']);
    bed.lan.set(FIRST, FOREIGN);
    await bed.time.advance(120_000);
    bed.lan.delete(FIRST);
    await bed.time.advance(100_000);
    expect(bed.quarantined()).toEqual(['192.0.2.50']);
    await bed.time.advance(200_000);
    expect(bed.quarantined()).toEqual([]);
    expect(bed.conflicts.conflictOf(FIRST)).toBeUndefined();
    expect(bed.changed).toEqual(['192.0.2.50', '192.0.2.50']);
  });

  it('asks nobody for pools that no layer-2 advertisement selects, and only nodes that one selects', async () => {
    const other = new ConflictsBed();
    other.config.setL2Advertisements(advertisement('none', { ipAddressPools: ['elsewhere'] }));
    await other.time.advance(60_000);
    expect(other.surveys).toEqual([]);
    other.config.setL2Advertisements(advertisement('rack', { nodeSelectors: [{ matchLabels: { rack: 'b' } }] }));
    await other.time.advance(60_000);
    expect(other.surveys).toEqual([]);
    const labelled = other.cluster.nodes.get('n2');
    if (labelled !== undefined)
      other.cluster.nodes.set('n2', { ...labelled, meta: { ...labelled.meta, labels: { rack: 'b' } } });
    await other.time.advance(60_000);
    expect(other.surveys).toEqual(['n2 192.0.2.50,192.0.2.51,192.0.2.52,192.0.2.53']);
  });

  it('waits for a speaker that can be asked, and goes to another when one does not answer', async () => {
    const other = new ConflictsBed();
    for (const name of ['n1', 'n2']) other.away.add(name);
    await other.time.advance(60_000);
    expect(other.surveys).toEqual([]);
    other.away.clear();
    other.answers = false;
    other.observe('n1', { kind: 'neighbourhood', neighbours: [] });
    await other.time.advance(40_000);
    expect(other.surveys.map((text) => text.slice(0, 2)).slice(0, 3)).toEqual(['n1', 'n2', 'n1']);
  });

  it('ignores answers to nothing that was asked, or of somebody who was not asked', async () => {
    bed.answers = false;
    await bed.time.advance(1000);
    const results = [{ address: FIRST, stations: [{ interface: 'eth0', mac: FOREIGN }] }];
    bed.observe('n2', { kind: 'probed', requestId: 1, results });
    bed.observe('n1', { kind: 'probed', requestId: 99, results });
    bed.observe('n1', {
      kind: 'probed',
      requestId: 1,
      results: [{ ...results[0], address: v4('192.0.2.99') } as never],
    });
    expect(bed.quarantined()).toEqual([]);
  });

  it('knows nothing of addresses that could not be asked about', async () => {
    bed.answers = false;
    await bed.time.advance(1000);
    bed.observe('n1', {
      kind: 'probed',
      requestId: 1,
      results: [{ address: FIRST, stations: [], failure: 'no carrier' }],
    });
    expect(bed.conflicts.knownFree(FIRST)).toBe(false);
    expect(bed.metrics.value('heraldlb_surveyed_addresses_total', { result: 'unasked' })).toBe(1);
  });

  it('asks about few addresses of an IPv6 /64', async () => {
    const large = new ConflictsBed([configPool('six', ['2001:db8:1::/64'])]);
    await large.time.advance(2000);
    expect(large.surveys).toEqual(['n1 2001:db8:1::,2001:db8:1::1,2001:db8:1::2,2001:db8:1::3']);
  });
});

describe('a conflict that a speaker saw', () => {
  let bed: ConflictsBed;

  beforeEach(async () => {
    bed = new ConflictsBed();
    bed.answers = false;
    await serve(bed);
    bed.takeEvents();
  });

  it('over an announced address is told on the Service with MAC, vendor prefix and remedy, and takes nothing away', async () => {
    bed.claims.set('n1', new Set([FIRST]));
    bed.conflict('n1', FIRST, FOREIGN);
    bed.conflict('n1', FIRST, FOREIGN);
    const text =
      '192.0.2.50 is announced, but host 52:54:00:12:34:56 (vendor prefix 52:54:00: a virtual machine of QEMU or KVM), seen by node "n1" on eth0, claims it too, so that clients may reach either. The node defends it once in ten seconds and goes on. Give that host another address, or take 192.0.2.50 out of the pool';
    expect(bed.takeEvents()).toEqual([`web AddressConflict: ${text}`]);
    expect(bed.conflicts.conflictOf(FIRST)).toBe(text);
    expect(bed.quarantined()).toEqual(['192.0.2.50']);
    expect(await serve(bed)).toEqual(['192.0.2.50']);
    const labels = { address: '192.0.2.50', mac: '52:54:00:12:34:56', vendor: '52:54:00', seen: 'announcement' };
    expect(bed.metrics.value('heraldlb_address_conflict_info', labels)).toBe(1);
    expect(bed.metrics.value('heraldlb_address_conflicts', { seen: 'announcement' })).toBe(1);
    expect(bed.metrics.value('heraldlb_address_conflicts_total', { seen: 'announcement', vendor: '52:54:00' })).toBe(1);
  });

  it('is over when the speaker says so', () => {
    bed.claims.set('n1', new Set([FIRST]));
    bed.conflict('n1', FIRST, FOREIGN);
    bed.over('n2', FIRST);
    expect(bed.quarantined()).toEqual(['192.0.2.50']);
    bed.takeEvents();
    bed.over('n1', FIRST);
    expect(bed.quarantined()).toEqual([]);
    expect(bed.takeEvents()).toEqual(['web AddressConflictOver: No other host has 192.0.2.50 any more']);
    const labels = { address: '192.0.2.50', mac: '52:54:00:12:34:56', vendor: '52:54:00', seen: 'announcement' };
    expect(bed.metrics.value('heraldlb_address_conflict_info', labels)).toBe(0);
    expect(bed.metrics.value('heraldlb_address_conflicts', { seen: 'announcement' })).toBe(0);
  });

  it('is over when the speaker has not repeated it for two and a half minutes', async () => {
    bed.claims.set('n1', new Set([FIRST]));
    bed.conflict('n1', FIRST, FOREIGN);
    await bed.time.advance(140_000);
    expect(bed.quarantined()).toEqual(['192.0.2.50']);
    await bed.time.advance(30_000);
    expect(bed.quarantined()).toEqual([]);
  });

  it('over an address that was never announced moves the Service, and the address stays in quarantine until surveys find it free', async () => {
    bed.conflict('n1', FIRST, FOREIGN, 'answer');
    expect(bed.takeEvents()).toEqual([
      expect.stringMatching(/^web AddressInUse: 192\.0\.2\.50 is not announced: host 52:54/),
    ]);
    expect(await serve(bed)).toEqual(['192.0.2.51']);
    expect(bed.takeEvents().join()).toContain('ClearAssignment');
    bed.answers = true;
    bed.lan.set(FIRST, FOREIGN);
    await bed.time.advance(300_000);
    expect(bed.quarantined()).toEqual(['192.0.2.50']);
    bed.lan.delete(FIRST);
    await bed.time.advance(300_000);
    expect(bed.quarantined()).toEqual([]);
  });

  it('does not move a Service from an address that is announced on another interface', async () => {
    bed.claims.set('n1', new Set([FIRST]));
    bed.conflict('n1', FIRST, FOREIGN, 'answer');
    expect(await serve(bed)).toEqual(['192.0.2.50']);
  });

  it('does not move a Service from an address that clients know, though nobody announces it just now', async () => {
    bed.announcedBefore.add('192.0.2.50');
    bed.conflict('n1', FIRST, FOREIGN, 'answer');
    expect(await serve(bed)).toEqual(['192.0.2.50']);
  });

  it('moves a Service three times in ten minutes at most, whatever a host says', async () => {
    const held: (string | undefined)[] = [];
    for (let round = 0; round < 6; round += 1) {
      const [present] = await serve(bed);
      held.push(present);
      bed.conflict('n1', ip(present ?? '') as never, macFromValue(0x5254_0000_0000 + round), 'answer');
    }
    expect(held).toEqual(['192.0.2.50', '192.0.2.51', '192.0.2.52', '192.0.2.53', '192.0.2.53', '192.0.2.53']);
    await bed.time.advance(600_000);
    bed.conflict('n1', v4('192.0.2.53'), FOREIGN, 'answer');
    expect(await serve(bed)).not.toEqual(['192.0.2.53']);
  });

  it('keeps a Service on the address that it asks for', async () => {
    expect(await serve(bed, 'asking', '192.0.2.55')).toEqual(['192.0.2.55']);
    bed.conflict('n1', v4('192.0.2.55'), FOREIGN, 'answer');
    expect(await serve(bed, 'asking', '192.0.2.55')).toEqual(['192.0.2.55']);
    expect(bed.conflicts.conflictOf(v4('192.0.2.55'))).toContain('it is announced within a minute of being free');
  });

  it('is none when the other station is a speaker that announces the address: hellos decide', () => {
    bed.claims.set('n2', new Set([FIRST]));
    bed.conflict('n1', FIRST, NODE_MACS.n2 ?? FOREIGN);
    expect(bed.quarantined()).toEqual([]);
    expect(bed.takeEvents()).toEqual([]);
  });

  it('names the node when something else answers for the address there, and announces it all the same', async () => {
    for (let count = 0; count < 3; count += 1) bed.conflict('n1', FIRST, NODE_MACS.n2 ?? FOREIGN, 'answer');
    expect(bed.conflicts.conflictOf(FIRST)).toMatch(/is announced, but node "n2" itself .* claims it too/);
    expect(bed.conflicts.conflictOf(FIRST)).toContain(
      'Look whether MetalLB, kube-vip, keepalived or the servicelb of k3s still runs on node "n2", and stop it, or whether it left the address on an interface there ("ip address show"), and delete it; with kube-proxy in IPVS mode, set strictARP: true',
    );
    expect(bed.renewed).toEqual(['192.0.2.50']);
    expect(bed.conflicts.knownFree(FIRST)).toBe(true);
    expect(await serve(bed)).toEqual(['192.0.2.50']);
  });

  it('that a witness heard of by asking the LAN lasts while the LAN, asked again, says the same', async () => {
    bed.answers = true;
    bed.claims.set('n1', new Set([FIRST]));
    bed.lan.set(FIRST, FOREIGN);
    bed.conflicts.claimed('n2', { address: FIRST, mac: FOREIGN, interface: 'eth0' });
    expect(bed.takeEvents().filter((event) => event.startsWith('web AddressConflict:'))).toHaveLength(1);
    await bed.time.advance(600_000);
    expect(bed.quarantined()).toEqual(['192.0.2.50']);
    expect(bed.takeEvents()).toEqual([]);
    bed.lan.delete(FIRST);
    await bed.time.advance(300_000);
    expect(bed.quarantined()).toEqual([]);
    expect(bed.takeEvents()).toEqual(['web AddressConflictOver: No other host has 192.0.2.50 any more']);
  });

  it('is none with the MAC of a node that died, for as long as there is its Node', async () => {
    expect(bed.conflicts.nodeWith(FOREIGN)).toBeUndefined();
    expect(bed.conflicts.nodeWith(NODE_MACS.n2 ?? FOREIGN)).toBe('n2');
    await bed.time.advance(15_000);
    bed.gone.add('n2');
    expect(bed.conflicts.nodeWith(NODE_MACS.n2 ?? FOREIGN)).toBe('n2');
    bed.cluster.nodes.delete('n2');
    expect(bed.conflicts.nodeWith(NODE_MACS.n2 ?? FOREIGN)).toBeUndefined();
  });

  it('is one with the MAC that a living node has no more', () => {
    const before = NODE_MACS.n2 ?? FOREIGN;
    expect(bed.conflicts.nodeWith(before)).toBe('n2');
    bed.replaced.set('n2', FOREIGN);
    expect(bed.conflicts.nodeWith(FOREIGN)).toBe('n2');
    expect(bed.conflicts.nodeWith(before)).toBeUndefined();
  });

  it('over a MAC, or with a station that answers for everything, is told on the node', () => {
    bed.conflict('n1', v4('192.0.2.99'), NODE_MACS.n1 ?? FOREIGN, 'own-mac');
    bed.conflict('n1', v4('192.0.2.99'), NODE_MACS.n1 ?? FOREIGN, 'own-mac');
    bed.conflict('n2', v4('192.0.2.200'), FOREIGN, 'every-address');
    expect(bed.takeEvents()).toEqual([
      expect.stringMatching(
        /^n1 DuplicateMAC: Another host uses 02:00:00:00:0a:01, the MAC of eth0, and has 192\.0\.2\.99: /,
      ),
      expect.stringMatching(
        /^n2 AnswersEverything: On eth0, host 52:54:00:12:34:56 .* answers even for 192\.0\.2\.200/,
      ),
    ]);
    expect(bed.quarantined()).toEqual([]);
  });

  it('is forgotten with its pool, and when the pool is not announced on LANs any more', async () => {
    bed.conflict('n1', SECOND, FOREIGN);
    await bed.time.advance(60_000);
    expect(bed.quarantined()).toEqual(['192.0.2.51']);
    bed.config.setL2Advertisements();
    await bed.time.advance(60_000);
    expect(bed.quarantined()).toEqual([]);
    bed.config.setL2Advertisements(advertisement('all'));
    bed.conflict('n1', SECOND, FOREIGN);
    bed.config.setPools();
    await bed.time.advance(60_000);
    expect(bed.quarantined()).toEqual([]);
  });

  it('costs bounded memory and bounded series, however many there are', () => {
    for (let each = 0; each < 5000; each += 1)
      bed.conflict('n1', ipv4FromValue(0x0a00_0000 + each), macFromValue(0x5254_0000_0000 + each * 2 ** 24), 'answer');
    expect(bed.quarantined()).toHaveLength(4096);
    const others = bed.metrics.value('heraldlb_address_conflicts_total', { seen: 'answer', vendor: 'other' });
    expect(others).toBe(4096 - 32);
  });
});
