import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NeighbourState } from '../../../../src/ports/channel.ts';
import { AnnouncerBed, ip, nodeOf } from '../../../support/channel/announcer-bed.ts';

const VIP = '192.168.1.240';

describe('the announcer and what speakers decide without it', () => {
  let bed: AnnouncerBed;

  beforeEach(() => {
    bed = new AnnouncerBed();
  });
  afterEach(() => {
    bed.stop();
    expect(bed.time.armed).toBe(0);
  });

  const speaker = (nodeName: string | undefined) => bed.speaker(nodeName);
  const stateOf = () => bed.stateOf('web');
  const refused = (reason: string) => bed.metrics.value('heraldlb_claims_refused_total', { reason });
  const says = (witness: string, nodeName: string, state: NeighbourState): void =>
    speaker(witness).say({ kind: 'neighbourhood', neighbours: [{ nodeName, state }] });

  /** Four nodes, one address: its candidates, and a node that is none of them. */
  async function served(): Promise<readonly [string, string, string, string]> {
    await bed.start('node-a', 'node-b', 'node-c', 'node-d');
    bed.serve('web', VIP);
    await bed.advance(100);
    const [owner = '', second = '', third = ''] = stateOf()?.candidates ?? [];
    const stranger = [...bed.speakers.keys()].find((name) => ![owner, second, third].includes(name)) ?? '';
    bed.wire.length = 0;
    return [owner, second, third, stranger];
  }

  it('grants the address to the standby that took it over, and leaves it there when the former owner returns', async () => {
    const [owner, second] = await served();
    const before = speaker(second).grants.get(ip(VIP))?.epoch;
    speaker(owner).cutPower();
    speaker(second).takeOver(VIP);
    expect(stateOf()?.ownership).toMatchObject({ node: second, reason: 'neighbour-down', gapMs: 400 });
    await bed.advance(3_000);
    const grant = speaker(second).grants.get(ip(VIP));
    expect(grant?.candidates[0]).toBe(second);
    expect(grant?.candidates).not.toContain(owner);
    expect(grant?.epoch.counter).toBeGreaterThan(before?.counter ?? Number.POSITIVE_INFINITY);
    expect(grant?.probed).toBe(true);
    speaker(owner).dial(bed.registry);
    await bed.advance(5_000);
    expect(bed.announcersOf(VIP)).toEqual([second]);
    expect(bed.wire).toEqual([`${second} claims ${VIP}`]);
    expect(bed.metrics.value('heraldlb_owner_changes_total', { reason: 'neighbour-down' })).toBe(1);
  });

  it('follows a second takeover before the first was granted', async () => {
    const [owner, second, third] = await served();
    speaker(owner).cutPower();
    speaker(second).takeOver(VIP);
    speaker(second).cutPower();
    speaker(third).takeOver(VIP);
    speaker(third).takeOver(VIP);
    await bed.advance(5_000);
    expect(bed.announcersOf(VIP)).toEqual([third]);
    expect(stateOf()?.candidates[0]).toBe(third);
  });

  it('takes no side between two that announce and do not hear each other, until one of them stops', async () => {
    const [owner, second] = await served();
    speaker(second).takeOver(VIP);
    await bed.advance(60_000);
    expect(stateOf()).toMatchObject({ rival: second, ownership: { node: second } });
    expect(stateOf()?.candidates[0]).toBe(owner);
    const updates = [...bed.speakers.values()].map((one) => one.updates);
    await bed.advance(60_000);
    expect([...bed.speakers.values()].map((one) => one.updates)).toEqual(updates);
    speaker(owner).claims.clear();
    speaker(owner).say({ kind: 'claims', made: [], dropped: [ip(VIP)] });
    await bed.advance(100);
    expect(stateOf()?.candidates.slice(0, 1)).toEqual([second]);
    expect(stateOf()?.rival).toBeUndefined();
    expect(bed.announcersOf(VIP)).toEqual([second]);
  });

  it('grants it to another when who took it over must not announce any more, without a gap', async () => {
    const [owner, second] = await served();
    speaker(owner).cutPower();
    speaker(second).takeOver(VIP);
    bed.nodes.set(second, nodeOf(second, { conditions: [{ type: 'NetworkUnavailable', status: 'True' }] }));
    await bed.advance(3_000);
    const [now = ''] = bed.announcersOf(VIP);
    expect([owner, second]).not.toContain(now);
    expect(bed.wire).toEqual([`${second} claims ${VIP}`, `${now} claims ${VIP}`, `${second} drops ${VIP}`]);
  });

  it('refuses and counts claims that were never granted, whatever they name, and nothing moves', async () => {
    const [owner, second, , stranger] = await served();
    const epoch = speaker(owner).grants.get(ip(VIP))?.epoch ?? { generation: 0, counter: 0 };
    const address = ip(VIP);
    const lies: [string, { generation: number; counter: number }, number][] = [
      [stranger, epoch, 0],
      [stranger, epoch, 7],
      [second, epoch, 0],
      [second, { ...epoch, counter: epoch.counter + 1 }, 0],
      [owner, { generation: 2 ** 52, counter: 1 }, 0],
      [stranger, { generation: epoch.generation + 5, counter: 1 }, 3],
    ];
    for (const [node, lie, term] of lies) {
      speaker(node).say({ kind: 'claims', made: [{ address, epoch: lie, term }], dropped: [] });
      speaker(node).say({ kind: 'claims', made: [], dropped: [address] });
    }
    speaker(owner).say({ kind: 'claims', made: [{ address, epoch, term: 0 }], dropped: [] });
    await bed.advance(1_000);
    expect(refused('never-granted')).toBe(lies.length);
    expect(stateOf()).toMatchObject({ claimed: true, ownership: { node: owner } });
    expect(bed.wire).toEqual([]);
    expect(bed.log.events('warn').filter((event) => event === 'claim-never-granted')).toHaveLength(3);
  });

  it('refuses and counts what comes late: a claim by a grant that is past', async () => {
    const [owner, second, third] = await served();
    const old = speaker(third).grants.get(ip(VIP))?.epoch ?? { generation: 0, counter: 0 };
    speaker(owner).cutPower();
    speaker(second).takeOver(VIP);
    await bed.advance(3_000);
    speaker(third).say({ kind: 'claims', made: [{ address: ip(VIP), epoch: old, term: 1 }], dropped: [] });
    await bed.advance(1_000);
    expect(refused('late')).toBe(1);
    expect(stateOf()?.ownership?.node).toBe(second);
  });

  it('cannot be led astray by epochs beyond all reason when it begins', async () => {
    const [owner, second] = await served();
    speaker(second).claims.set(ip(VIP), { generation: 2 ** 52, counter: 1 });
    speaker(second).held.set(ip(VIP), { generation: 0, counter: 0 });
    await bed.replaceController();
    bed.serve('web', VIP);
    for (const one of bed.speakers.values()) one.dial(bed.registry);
    bed.announcer.declared();
    await bed.advance(1_000);
    expect(stateOf()?.candidates[0]).toBe(owner);
    expect(speaker(owner).grants.get(ip(VIP))?.epoch.generation).toBe(2);
  });

  it('moves nothing for a lost session while a neighbour hears the node, and lets it have nothing new', async () => {
    const [owner, second] = await served();
    says(second, owner, 'heard');
    speaker(owner).drop();
    bed.serve('new', '192.168.1.241');
    await bed.advance(3_600_000);
    expect(bed.wire.filter((line) => line.endsWith(VIP))).toEqual([]);
    expect(stateOf()).toMatchObject({ claimed: true, ownership: { node: owner } });
    expect(bed.ownerOf('192.168.1.241')).not.toBe(owner);
    speaker(owner).dial(bed.registry);
    await bed.advance(5_000);
    expect(bed.wire.filter((line) => line.endsWith(VIP))).toEqual([]);
  });

  it('moves nothing for a speaker that leaves while its neighbours stand in for it, and returns', async () => {
    const [owner, second] = await served();
    says(second, owner, 'heard');
    speaker(owner).say({ kind: 'leaving' });
    says(second, owner, 'leaving');
    await bed.advance(300);
    speaker(owner).drop();
    says(second, owner, 'stopped');
    await bed.advance(20_000);
    speaker(owner).dial(bed.registry);
    says(second, owner, 'heard');
    await bed.advance(5_000);
    expect(bed.wire).toEqual([]);
    expect(stateOf()?.candidates[0]).toBe(owner);
  });

  it('goes by what the standbys of an address say of a silent owner, not by what another neighbour says', async () => {
    const [owner, second, , stranger] = await served();
    says(stranger, owner, 'stopped');
    says(second, owner, 'never-heard');
    speaker(owner).cutPower();
    await bed.advance(5_000);
    expect(bed.announcersOf(VIP)).toHaveLength(1);
    expect(stateOf()?.candidates[0]).not.toBe(owner);
  });

  it('decides by itself, after 2 s, about a node that no neighbour ever heard', async () => {
    const [owner, second] = await served();
    says(second, owner, 'never-heard');
    speaker(owner).cutPower();
    await bed.advance(900);
    expect(bed.wire).toEqual([]);
    await bed.advance(1_500);
    expect(bed.announcersOf(VIP)).toHaveLength(1);
  });

  it('tells a node that is alone that it has no neighbour, since it only listens until it knows', async () => {
    await bed.start('node-1');
    bed.serve('web', VIP);
    await bed.advance(100);
    expect(speaker('node-1').neighbours?.neighbours).toEqual([]);
  });

  it('tells each node the neighbours that it shares lists with, by their addresses, and only those for whom it changed', async () => {
    const addressOf = (at: number) => [
      { type: 'Hostname', address: `node-${at}` },
      { type: 'InternalIP', address: `10.0.0.${at}` },
      { type: 'InternalIP', address: `fd00::${at}` },
      { type: 'InternalIP', address: '10.9.9.9' },
    ];
    for (const at of [1, 2, 3, 4]) bed.addNode(`node-${at}`, { addresses: addressOf(at) });
    await bed.start();
    bed.serve('web', VIP);
    await bed.advance(100);
    const candidates = stateOf()?.candidates ?? [];
    const stranger = [...bed.speakers.keys()].find((name) => !candidates.includes(name));
    for (const name of candidates) {
      const told = speaker(name).neighbours;
      expect(told?.neighbours.map(({ nodeName }) => nodeName)).toEqual(candidates.filter((one) => one !== name).sort());
      const at = Number(name.slice(-1));
      expect(told?.ownAddresses).toEqual([ip(`10.0.0.${at}`), ip(`fd00::${at}`)]);
    }
    expect(speaker(stranger).neighbours?.neighbours).toEqual([]);
    const [first = ''] = candidates;
    bed.nodes.set(first, nodeOf(first, { addresses: [{ type: 'InternalIP', address: '10.0.0.77' }] }));
    await bed.advance(100);
    for (const name of candidates.slice(1)) {
      const known = speaker(name).neighbours?.neighbours.find(({ nodeName }) => nodeName === first);
      expect(known?.addresses).toEqual([ip('10.0.0.77')]);
    }
    bed.announcer.delete('default/web');
    await bed.advance(100);
    for (const name of candidates) expect(speaker(name).neighbours?.neighbours).toEqual([]);
  });

  describe('moves the addresses of a node that is to be emptied, the new owner first, and gives it nothing new:', () => {
    const taint = (key: string) => ({ taints: [{ key, effect: 'NoSchedule' }] });
    const reasons: Record<string, Parameters<typeof nodeOf>[1]> = {
      'it is cordoned': { unschedulable: true },
      'it is drained': taint('node.kubernetes.io/unschedulable'),
      'it is out of service': taint('node.kubernetes.io/out-of-service'),
      'the autoscaler deletes it': taint('ToBeDeletedByClusterAutoscaler'),
      'the autoscaler may delete it soon': taint('DeletionCandidateOfClusterAutoscaler'),
      'Karpenter disrupts it': taint('karpenter.sh/disrupted'),
      'it shuts down': { conditions: [{ type: 'Ready', status: 'False', message: 'node is shutting down' }] },
    };
    for (const [reason, fields] of Object.entries(reasons)) {
      it(reason, async () => {
        const [owner, , , stranger] = await served();
        bed.nodes.set(owner, nodeOf(owner, fields));
        await bed.advance(100);
        const now = bed.ownerOf(VIP);
        expect(now).not.toBe(owner);
        expect(bed.wire).toEqual([`${now} claims ${VIP}`, `${owner} drops ${VIP}`]);
        expect(stateOf()?.candidates).toContain(stranger);
        expect(stateOf()?.candidates).not.toContain(owner);
        for (let at = 1; at <= 12; at += 1) bed.serve(`s-${at}`, `10.0.0.${at}`);
        await bed.advance(100);
        expect(speaker(owner).claims.size).toBe(0);
        bed.nodes.set(owner, nodeOf(owner));
        await bed.advance(5_000);
        expect(bed.ownerOf(VIP)).toBe(now);
      });
    }

    it('but leaves them there as long as all nodes are, and moves them when one is not any more', async () => {
      const [owner] = await served();
      for (const name of bed.speakers.keys()) bed.nodes.set(name, nodeOf(name, { unschedulable: true }));
      await bed.advance(1_000);
      bed.wire.length = 0;
      const stays = bed.ownerOf(VIP);
      bed.serve('new', '192.168.1.241');
      await bed.advance(1_000);
      expect(bed.ownerOf(VIP)).toBe(stays);
      expect(bed.announcersOf('192.168.1.241')).toHaveLength(1);
      const free = stays === owner ? 'node-d' : owner;
      bed.nodes.set(free, nodeOf(free));
      await bed.advance(1_000);
      expect(bed.ownerOf(VIP)).toBe(free);
      expect(bed.ownerOf('192.168.1.241')).toBe(free);
    });
  });
});
