import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { announcedVerdict, changedAnnounced } from '../../../../src/controller/announced/announced-condition.ts';
import type { AddressNews } from '../../../../src/controller/announced/announcement-source.ts';
import { BgpSource } from '../../../../src/controller/announced/bgp-source.ts';
import { layer2News, ownershipsIn, ownershipText } from '../../../../src/controller/announced/layer2-news.ts';
import type { AnnouncementState, ObstacleReason } from '../../../../src/controller/announcer/service-announcement.ts';
import { formatIp, type IpAddress, ipFromValue, type MacAddress } from '../../../../src/core/net/index.ts';
import { ip } from '../../../support/channel/announcer-bed.ts';

const V4 = ip('192.168.1.240');
const V6 = ip('fd00::240');
const since = new Date('2026-11-21T15:31:28Z');
const owned = (address: IpAddress, node = 'node-a'): AnnouncementState => ({
  address,
  candidates: [node],
  claimed: true,
  ownership: { node, since, reason: 'neighbour-down', gapMs: 412, verifiedAt: new Date('2026-11-21T15:31:29Z') },
});
const blocked = (reason: ObstacleReason, message: string): AnnouncementState => ({
  address: V4,
  candidates: [],
  claimed: false,
  obstacle: { reason, message },
});
const bgp = (kind: AddressNews['kind']): AddressNews => {
  const address = V4;
  if (kind === 'announced')
    return {
      kind,
      address,
      protocol: 'bgp',
      sentence: 'to BGP peers tor from 2 nodes',
      from: '2 nodes',
      how: 'to tor',
    };
  if (kind === 'pending') return { kind, address };
  if (kind === 'unconcerned') return { kind, address, message: 'no BGPAdvertisement' };
  return { kind, address, reason: 'NoSession', message: 'no BGP session' };
};

describe('the condition heraldlb.io/Announced', () => {
  it('says from where since when, how it came to that, and when it was verified', () => {
    expect(announcedVerdict([layer2News(owned(V4)), layer2News(owned(V6, 'node-b'))])).toEqual({
      status: 'True',
      reason: 'Announced',
      message:
        '192.168.1.240 from node-a since 2026-11-21T15:31:28Z (neighbour-down, gap 412 ms), verified 2026-11-21T15:31:29Z; ' +
        'fd00::240 from node-b since 2026-11-21T15:31:28Z (neighbour-down, gap 412 ms), verified 2026-11-21T15:31:29Z',
    });
  });

  it('says why an address is not announced, and what to do', () => {
    const texts = (['NoAdvertisement', 'NoMatchingNode', 'NoEndpoint', 'NoEligibleNode'] as const).map((reason) => {
      const verdict = announcedVerdict([layer2News(blocked(reason, 'why'))]);
      return `${verdict?.status} ${verdict?.reason}: ${verdict?.message}`;
    });
    expect(texts).toEqual([
      'False NoAdvertisement: 192.168.1.240 is not announced: why; make an L2Advertisement or a BGPAdvertisement for the pool',
      'False NoMatchingNode: 192.168.1.240 is not announced: why; change those selectors, or label a node',
      'False NoEndpoint: 192.168.1.240 is not announced: why; it is announced as soon as there is one',
      'False NoEligibleNode: 192.168.1.240 is not announced: why',
    ]);
  });

  it('takes layer 2 and BGP together: one that announces is enough, one that is not concerned says nothing', () => {
    const layer2: Record<string, AddressNews> = {
      announced: layer2News(owned(V4)),
      pending: layer2News(blocked('Starting', 'wait')),
      obstructed: layer2News(blocked('NoEligibleNode', 'no node')),
      unconcerned: layer2News(blocked('NoAdvertisement', 'no L2Advertisement')),
    };
    const table: Record<string, string> = {};
    for (const [one, news] of Object.entries(layer2)) {
      expect(news.kind).toBe(one);
      for (const other of ['announced', 'pending', 'obstructed', 'unconcerned'] as const) {
        const verdict = announcedVerdict([news, bgp(other)]);
        table[`layer2 ${one}, bgp ${other}`] =
          verdict === undefined ? 'nothing yet' : `${verdict.status} ${verdict.reason}`;
      }
    }
    expect(table).toMatchInlineSnapshot(`
      {
        "layer2 announced, bgp announced": "True Announced",
        "layer2 announced, bgp obstructed": "True AnnouncedWithWarnings",
        "layer2 announced, bgp pending": "nothing yet",
        "layer2 announced, bgp unconcerned": "True Announced",
        "layer2 obstructed, bgp announced": "True AnnouncedWithWarnings",
        "layer2 obstructed, bgp obstructed": "False NoEligibleNode",
        "layer2 obstructed, bgp pending": "nothing yet",
        "layer2 obstructed, bgp unconcerned": "False NoEligibleNode",
        "layer2 pending, bgp announced": "nothing yet",
        "layer2 pending, bgp obstructed": "nothing yet",
        "layer2 pending, bgp pending": "nothing yet",
        "layer2 pending, bgp unconcerned": "nothing yet",
        "layer2 unconcerned, bgp announced": "True Announced",
        "layer2 unconcerned, bgp obstructed": "False NoSession",
        "layer2 unconcerned, bgp pending": "nothing yet",
        "layer2 unconcerned, bgp unconcerned": "False NoAdvertisement",
      }
    `);
  });

  it('says once what keeps layer 2 and BGP alike from announcing', () => {
    const obstacle = { reason: 'NoEndpoint', message: 'default/web has no ready endpoint' } as const;
    const states = [{ address: V4, nodes: 0, peers: [], obstacle }];
    const announcer = { statesOf: () => states, onChange: () => {} };
    const news = [layer2News(blocked(obstacle.reason, obstacle.message)), ...new BgpSource({ announcer }).newsOf('x')];
    expect(announcedVerdict(news)?.message).toBe(
      '192.168.1.240 is not announced: default/web has no ready endpoint; it is announced as soon as there is one',
    );
  });

  it('warns of two owners, of an owner whom the LAN does not know, and of what others remark', () => {
    const rival = announcedVerdict([layer2News({ ...owned(V4), rival: 'node-b' })]);
    expect(rival).toMatchObject({ status: 'True', reason: 'AnnouncedWithWarnings' });
    expect(rival?.message).toContain('node-b announces it as well');
    expect(rival?.message).toContain('UDP port 7953');
    const ownership = owned(V4).ownership;
    if (ownership === undefined) throw new Error('no ownership');
    const mac = 0x0200_5e10_0009 as MacAddress;
    const dispute = { ...owned(V4), ownership: { ...ownership, dispute: { by: 'node-b', answeredBy: [mac] } } };
    expect(announcedVerdict([layer2News(dispute)])?.message).toContain(
      'node-b asked the LAN for it and 02:00:5e:10:00:09 answered',
    );
    const beside = { ...ownership, dispute: { by: 'node-b', answeredBy: [mac], nodes: ['node-a'] } };
    expect(announcedVerdict([layer2News({ ...dispute, ownership: beside })])?.message).toContain(
      'node-b asked the LAN for it and 02:00:5e:10:00:09 answered too; look for a host that has the address, or a proxy',
    );
    const nodes = ['node-a', 'node-c'];
    const within = {
      ...dispute,
      ownership: { ...dispute.ownership, dispute: { ...dispute.ownership.dispute, nodes } },
    };
    expect(announcedVerdict([layer2News(within)])?.message).toMatch(
      /asked the LAN for it and node "node-c" answered.*"ip address show"/,
    );
    const { ownership: _, ...unclaimed } = owned(V4);
    expect(layer2News(unclaimed).kind).toBe('pending');
    expect(announcedVerdict([layer2News(unclaimed, { remark: 'another station has it' })])).toMatchObject({
      status: 'False',
      reason: 'Conflict',
    });
  });

  it('changes its time only with its status, and is not written twice', () => {
    const verdict = announcedVerdict([layer2News(owned(V4))]);
    if (verdict === undefined) throw new Error('no verdict');
    const first = changedAnnounced([], verdict, since);
    if (first === undefined) throw new Error('no condition');
    expect(first.lastTransitionTime).toBe('2026-11-21T15:31:28Z');
    expect(changedAnnounced([first], verdict, new Date())).toBeUndefined();
    const moved = announcedVerdict([layer2News(owned(V4, 'node-b'))]) ?? verdict;
    expect(changedAnnounced([first], moved, new Date())?.lastTransitionTime).toBe(first.lastTransitionTime);
  });

  it('can be read back, so that the next leader knows what it says', () => {
    const dates = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
    const seconds = dates.map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000));
    const address = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((value) => ipFromValue('IPv4', value)),
      fc.bigInt({ min: 1n, max: 2n ** 128n - 1n }).map((value) => ipFromValue('IPv6', value)),
    );
    const ownership = fc.record(
      {
        node: fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?$/),
        since: seconds,
        reason: fc.constantFrom('granted', 'neighbour-down'),
        gapMs: fc.nat(),
        verifiedAt: seconds,
      },
      { requiredKeys: ['node', 'since', 'reason'] },
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(address, { minLength: 1, maxLength: 3 }),
        fc.array(ownership, { minLength: 3 }),
        (all, owners) => {
          const wanted = new Map(
            all.flatMap((one, at) => (owners[at] === undefined ? [] : [[one, owners[at]] as const])),
          );
          const text = [...wanted].map(([one, owner]) => `${formatIp(one)} ${ownershipText(owner)}`).join('; ');
          expect(ownershipsIn(text)).toEqual(wanted);
        },
      ),
    );
    expect(ownershipsIn('10.0.0.1 from x since neverZ (y); 999.0.0.1 from x since 2026-01-01T00:00:00Z (y)').size).toBe(
      0,
    );
  });
});
