import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BgpBed } from '../../../support/bgp/bgp-bed.ts';
import { bgpAdvertisement, bgpPeer } from '../../../support/bgp/bgp-objects.ts';
import { ModelBgpSpeaker } from '../../../support/bgp/model-bgp-speaker.ts';

let bed: BgpBed;

beforeEach(() => {
  bed = new BgpBed();
  bed.config.put({ bgpPeers: [bgpPeer('tor')], bgpAdvertisements: [bgpAdvertisement('all')] });
});

afterEach(() => bed.stop());

const kinds = (node = 'a') => bed.speaker(node).told.map(({ kind }) => kind);

describe('a speaker', () => {
  it('is told nothing before every Service is declared, since what a snapshot lacks would be withdrawn', async () => {
    bed.addNode('a');
    const starting = new AbortController();
    await bed.announcer.start(starting.signal);
    bed.serve('web', '198.51.100.1');
    await bed.time.advance(59_999);
    expect(kinds()).toEqual([]);
    bed.announcer.declared();
    await bed.settle();
    expect(kinds()).toEqual(['bgp-snapshot']);
    expect(bed.speaker('a').prefixes).toEqual(['198.51.100.1/32']);
    starting.abort();
  });

  it('is told after a minute, when the Services are never declared', async () => {
    bed.addNode('a');
    const starting = new AbortController();
    await bed.announcer.start(starting.signal);
    await bed.time.advance(60_000);
    expect(kinds()).toEqual(['bgp-snapshot']);
    starting.abort();
  });

  it('that does not understand BGP is told nothing of it', async () => {
    await bed.start('a');
    const old = new ModelBgpSpeaker('b', bed.sessions);
    bed.node('b');
    old.dial([]);
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    expect(old.told).toEqual([]);
  });

  it('that dials again is told everything again', async () => {
    await bed.start('a');
    bed.serve('web', '198.51.100.1');
    await bed.settle();
    const again = new ModelBgpSpeaker('a', bed.sessions);
    again.dial();
    await bed.settle();
    expect(again.prefixes).toEqual(['198.51.100.1/32']);
    bed.speaker('a').hangUp();
    bed.serve('dns', '198.51.100.2');
    await bed.settle();
    expect(again.prefixes).toEqual(['198.51.100.1/32', '198.51.100.2/32']);
  });

  it('that dials again before it acked is not cut off for what its former session did not ack', async () => {
    await bed.start('a');
    bed.speaker('a').acks = false;
    bed.serve('web', '198.51.100.1');
    const again = new ModelBgpSpeaker('a', bed.sessions);
    again.dial();
    await bed.time.advance(60_000);
    expect([bed.speaker('a').end, again.end]).toEqual([undefined, undefined]);
  });

  it('that has not acked is told no more until it has, and then the state of then, once', async () => {
    await bed.start('a');
    const speaker = bed.speaker('a');
    speaker.acks = false;
    bed.serve('one', '198.51.100.1');
    for (let round = 0; round < 10; round += 1) {
      bed.serve('two', '198.51.100.2');
      bed.announcer.delete('default/two');
    }
    bed.serve('three', '198.51.100.3');
    await bed.settle();
    expect(kinds()).toEqual(['bgp-snapshot', 'bgp-delta']);
    speaker.ack(2);
    expect(speaker.told.at(-1)).toMatchObject({ kind: 'bgp-delta', revision: 3, routes: [{}], withdrawn: [{}] });
    expect(speaker.prefixes).toEqual(['198.51.100.1/32', '198.51.100.3/32']);
  });

  it('that does not ack for 30 s starts anew', async () => {
    await bed.start('a');
    bed.speaker('a').acks = false;
    bed.serve('one', '198.51.100.1');
    await bed.time.advance(29_999);
    expect(bed.speaker('a').end).toBeUndefined();
    await bed.time.advance(1);
    expect(bed.speaker('a').end).toBe('too-slow');
  });

  it('that acks what was never sent is cut off', async () => {
    await bed.start('a');
    bed.speaker('a').ack(99);
    expect(bed.speaker('a').end).toBe('protocol-error');
  });

  it('whose transport is full is told the rest when it drains', async () => {
    await bed.start('a');
    bed.speaker('a').writable = false;
    bed.serve('one', '198.51.100.1');
    await bed.settle();
    bed.serve('two', '198.51.100.2');
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual(['198.51.100.1/32']);
    bed.speaker('a').drain();
    await bed.settle();
    expect(bed.speaker('a').prefixes).toEqual(['198.51.100.1/32', '198.51.100.2/32']);
  });

  it('is told of a thousand changes in a few messages', async () => {
    await bed.start('a');
    bed.speaker('a').acks = false;
    for (let at = 0; at < 1_000; at += 1) bed.serve(`s${at}`, `198.51.${at >> 8}.${at & 255}`);
    bed.speaker('a').acks = true;
    bed.speaker('a').ack(2);
    await bed.settle();
    await bed.settle();
    expect(bed.speaker('a').routes.size).toBe(1_000);
    expect(kinds()).toHaveLength(2 + 5);
  });
});

describe('the cost of a change', () => {
  it('is one small message to each node, however many routes there are', async () => {
    await bed.start('a', 'b');
    for (let at = 0; at < 2_000; at += 1) bed.serve(`s${at}`, `198.51.${at >> 8}.${at & 255}`);
    await bed.settle();
    await bed.settle();
    const before = bed.speaker('a').told.length;
    bed.serve('one-more', '203.0.113.1');
    await bed.settle();
    const news = bed.speaker('a').told.slice(before);
    expect(news).toMatchObject([{ kind: 'bgp-delta', routes: [{}], withdrawn: [] }]);
  });

  it('of an endpoint of an externalTrafficPolicy Local Service reaches that node alone', async () => {
    await bed.start('a', 'b');
    bed.endpoints('web', 'a');
    bed.service('web', ['198.51.100.1'], { externalTrafficPolicy: 'Local' });
    await bed.settle();
    const before = bed.speaker('a').told.length;
    bed.endpoints('web', 'a', 'b');
    await bed.settle();
    expect(bed.speaker('a').told).toHaveLength(before);
    expect(bed.speaker('b').prefixes).toEqual(['198.51.100.1/32']);
  });
});

describe('reports', () => {
  it('of peers that the node is not to hold are not kept, and those of a speaker that is down are forgotten', async () => {
    await bed.start('a');
    bed.speaker('a').report('stranger');
    bed.speaker('a').report('tor');
    expect(bed.book.ofPeer('stranger').size).toBe(0);
    expect(bed.book.isEstablished('a', 'tor')).toBe(true);
    bed.speaker('a').hangUp();
    expect(bed.book.isEstablished('a', 'tor')).toBe(true);
    bed.sessions.down('a');
    expect(bed.book.ofPeer('tor').size).toBe(0);
  });

  it('of a peer that is taken from the node are forgotten', async () => {
    await bed.start('a');
    bed.speaker('a').report('tor');
    bed.config.put({ bgpPeers: [] });
    await bed.settle();
    expect(bed.book.ofPeer('tor').size).toBe(0);
  });
});
