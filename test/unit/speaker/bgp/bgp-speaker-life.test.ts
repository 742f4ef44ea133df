import { beforeEach, describe, expect, it } from 'vitest';
import { BFD, BgpSpeakerBed, peer } from '../../../support/bgp-speaker-bed.ts';
import { route } from '../../../support/interop/bed.ts';
import { settle } from '../../../support/manual-time.ts';

let bed: BgpSpeakerBed;
beforeEach(() => {
  bed = new BgpSpeakerBed();
});

describe('a speaker of BGP that stops', () => {
  it('marks the routes, gives the router time, says goodbye, and only then ends BFD (RFC 8326)', async () => {
    const router = bed.up(peer({ bfd: BFD }), [route('192.0.2.1/32')]);
    let over = false;
    const drained = bed.speaker.drain().then(() => {
      over = true;
    });
    expect(router.attribute('192.0.2.1/32', 'communities')?.values).toEqual([0xffff_0000]);
    await bed.time.advance(1999);
    expect(over).toBe(false);
    await bed.time.advance(1);
    await drained;
    await bed.speaker.close();
    expect(router.notifications).toMatchObject([{ code: 6, subcode: 2 }]);
    expect(bed.bfd.stopped).toBe(true);
    expect(bed.time.armed).toBe(0);
  });

  it('waits for nobody when no router has a route', async () => {
    bed.up(peer());
    await bed.speaker.drain();
    await bed.speaker.close();
    expect(bed.time.armed).toBe(0);
  });

  it('says nothing to a router that keeps the routes while it restarts (RFC 4724)', async () => {
    const router = bed.up(peer({ gracefulRestart: true }), [route('192.0.2.1/32')], { gracefulRestart: true });
    await bed.speaker.drain();
    await bed.speaker.close();
    expect(router.notifications).toEqual([]);
    expect(router.attribute('192.0.2.1/32', 'communities')).toBeUndefined();
    expect(router.closed).toBe(true);
  });

  it('says goodbye to that router too when the node itself is to go', async () => {
    const router = bed.up(peer({ gracefulRestart: true }), [route('192.0.2.1/32')], { gracefulRestart: true });
    bed.snapshot([peer({ gracefulRestart: true })], [route('192.0.2.1/32')], true);
    expect(router.attribute('192.0.2.1/32', 'communities')?.values).toEqual([0xffff_0000]);
    await bed.speaker.drain();
    await bed.speaker.close();
    expect(router.notifications).toHaveLength(1);
  });
});

describe('a speaker of BGP whose thread was late', () => {
  it('reads what came meanwhile before it calls the router dead', async () => {
    const router = bed.up(peer({ holdTimeSeconds: 9 }), [], { holdTimeSeconds: 9 });
    await bed.time.advance(8999);
    // The timer fires late; what waits in the socket comes before it is believed.
    const firing = bed.time.advance(1);
    router.say({ kind: 'keepalive' });
    await firing;
    expect(router.notifications).toEqual([]);
    await bed.time.advance(9100);
    expect(router.notifications).toMatchObject([{ code: 4, subcode: 0 }]);
  });
});

describe('a speaker of BGP that starts again', () => {
  it('announces what it announced before, without a controller', async () => {
    bed.up(peer({ password: 'secret' }), [route('192.0.2.1/32', { med: 5 })]);
    await bed.time.advance(2000);
    await bed.speaker.close();
    expect(bed.store.values.get('bgp')).not.toContain('"secret"');

    const next = new BgpSpeakerBed(bed.store);
    await next.speaker.restore();
    expect(next.streams.attempts[0]?.options.password).toBe('secret');
    const router = next.streams.answer();
    expect(router.attribute('192.0.2.1/32', 'multiExitDisc')?.value).toBe(5);
    next.snapshot([peer({ password: 'secret' })], [route('192.0.2.1/32', { med: 5 })]);
    await settle();
    expect(router.notifications).toEqual([]);
    expect(next.streams.attempts).toHaveLength(1);
  });

  it('begins empty, and says why, when what it kept is damaged', async () => {
    bed.store.values.set('bgp', '{"peers":[{"name":7}],"groups":[]}');
    await bed.speaker.restore();
    expect(bed.speaker.sessions()).toEqual([]);
    expect(bed.log.events('warn')).toEqual(['local-state-ignored']);
  });

  it('writes no password into any log line, metric or report', async () => {
    const router = bed.up(peer({ password: 'hunter22' }));
    router.hangUp();
    await bed.time.advance(60_000);
    expect(JSON.stringify([bed.log.lines, bed.sent])).not.toContain('hunter22');
  });
});
