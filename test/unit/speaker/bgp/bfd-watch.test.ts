import { beforeEach, describe, expect, it } from 'vitest';
import type { BgpPeerSettings } from '../../../../src/ports/bgp-channel.ts';
import { BFD, BgpSpeakerBed, peer } from '../../../support/bgp-speaker-bed.ts';
import { v4, v6 } from '../../../support/fake-lan.ts';
import { NODE_ADDRESS } from '../../../support/fake-router.ts';

let bed: BgpSpeakerBed;
beforeEach(() => {
  bed = new BgpSpeakerBed();
});

const at = (address: string, fields: Partial<BgpPeerSettings> = {}): BgpPeerSettings =>
  peer({ bfd: BFD, endpoint: { kind: 'address', address: v4(address) }, ...fields });
const strict = { bfd: { ...BFD, strict: true } };
const told = (): (string | undefined)[] => bed.speaker.sessions().map(({ bfd }) => bfd);
const shown = (): number => bed.metrics.value('heraldlb_bfd_session_up', { peer: 'router' });

describe('a peer whose BFD session becomes another', () => {
  it.each<[string, string, BgpPeerSettings]>([
    ['its address', '10.0.0.2', at('10.0.0.2')],
    ['the address of this end', '10.0.0.1 from 10.0.0.11', at('10.0.0.1', { sourceAddress: NODE_ADDRESS })],
    ['its distance', '10.0.0.1 over several hops', at('10.0.0.1', { ebgpMultiHop: true })],
  ])('by %s is down until the new session is up, whatever the old one was or says still', (_, path, moved) => {
    bed.snapshot([at('10.0.0.1')]);
    bed.bfd.report('10.0.0.1', 'Up');
    expect([told(), shown()]).toEqual([['up'], 1]);
    bed.snapshot([moved]);
    bed.bfd.report('10.0.0.1', 'AdminDown', { diagnostic: 7 });
    expect([told(), shown()]).toEqual([['down'], 0]);
    bed.bfd.report(path, 'Up');
    expect([told(), shown()]).toEqual([['up'], 1]);
  });

  it('waits for the new one before its OPEN where that is said', () => {
    bed.snapshot([at('10.0.0.1', strict)]);
    bed.bfd.report('10.0.0.1', 'Up');
    bed.snapshot([at('10.0.0.2', strict)]);
    const router = bed.streams.answer();
    expect(router.heard).toEqual([]);
    bed.bfd.report('10.0.0.2', 'Up');
    expect(router.heard[0]).toBe('open');
  });

  it('knows at once what another peer on the new path knows', () => {
    bed.snapshot([at('10.0.0.2', { ...strict, name: 'other' }), at('10.0.0.1', strict)]);
    bed.bfd.report('10.0.0.2', 'Up');
    bed.snapshot([at('10.0.0.2', { ...strict, name: 'other' }), at('10.0.0.2', strict)]);
    expect(told()).toEqual(['up', 'up']);
    expect(bed.streams.answer().heard[0]).toBe('open');
  });

  it('keeps one that is up when only the BGP session begins anew', () => {
    bed.snapshot([at('10.0.0.1', strict)]);
    bed.bfd.report('10.0.0.1', 'Up');
    bed.snapshot([at('10.0.0.1', { ...strict, password: 'other' })]);
    expect([told(), shown()]).toEqual([['up'], 1]);
    expect(bed.streams.answer().heard[0]).toBe('open');
  });

  it('is not known where another router answers at the other end of an interface', async () => {
    const calls = (remote: string) =>
      bed.streams.dial({ local: v6('fe80::11'), remote: v6(remote), interface: 'eth1' });
    bed.snapshot([peer({ endpoint: { kind: 'interface', name: 'eth1' }, ...strict })]);
    const first = calls('fe80::1');
    bed.bfd.report('fe80::1%eth1', 'Up');
    expect(first?.heard[0]).toBe('open');
    first?.hangUp();
    await bed.time.advance(30_000);
    const second = calls('fe80::2');
    bed.bfd.report('fe80::1%eth1', 'AdminDown', { diagnostic: 7 });
    expect(told()).toEqual(['down']);
    expect(second?.heard).toEqual([]);
    bed.bfd.report('fe80::2%eth1', 'Up');
    expect(second?.heard[0]).toBe('open');
  });
});
