import { beforeEach, expect, it } from 'vitest';
import type { BgpPeerSettings } from '../../../../src/ports/bgp-channel.ts';
import { BgpSpeakerBed, peer } from '../../../support/bgp-speaker-bed.ts';
import { route } from '../../../support/interop/bed.ts';

const known = peer({ password: 'hunter2' });
const unknown = (fields: Partial<BgpPeerSettings> = {}) => peer({ ...fields, passwordUnknown: true });

let bed: BgpSpeakerBed;
beforeEach(() => {
  bed = new BgpSpeakerBed();
});

it('a session keeps its password, and its routes follow, while the controller cannot tell it', () => {
  const router = bed.up(known, [route('192.0.2.1/32')]);
  bed.snapshot([unknown()], [route('192.0.2.2/32')]);
  expect([...router.table.keys()]).toEqual(['192.0.2.2/32']);
  bed.snapshot([known], [route('192.0.2.2/32')]);
  expect(router.notifications).toEqual([]);
  expect(bed.streams.attempts).toHaveLength(1);
  expect(bed.lastReport).toMatchObject({ state: 'established', lastError: '' });
});

it('a session with other settings begins with the password that it had', () => {
  bed.up(known);
  bed.snapshot([unknown({ peerPort: 1179 })]);
  expect(bed.streams.attempts.map(({ options }) => [options.port, options.password])).toEqual([
    [179, 'hunter2'],
    [1179, 'hunter2'],
  ]);
});

it('a session that had it goes on with it after a restart without a controller that knows it', async () => {
  bed.up(known);
  bed.snapshot([unknown()]);
  await bed.speaker.close();
  const next = new BgpSpeakerBed(bed.store);
  await next.speaker.restore();
  next.snapshot([unknown()]);
  expect(next.streams.attempts.map(({ options }) => options.password)).toEqual(['hunter2']);
});

it('a session that never had it is not begun without, which is told, and begins once it is known', async () => {
  const other = peer({ name: 'other', passive: true });
  bed.snapshot([unknown(), other]);
  expect(bed.streams.attempts).toEqual([]);
  expect(bed.speaker.sessions()).toMatchObject([
    { peer: 'other' },
    { peer: 'router', state: 'idle', prefixesSent: 0, lastError: expect.stringContaining('its Secret') as string },
  ]);
  bed.snapshot([known, other]);
  expect(bed.streams.attempts.map(({ options }) => options.password)).toEqual(['hunter2']);
  expect(bed.speaker.sessions().map(({ peer: name }) => name)).toEqual(['other', 'router']);
});

it('a session without a password ends when it is to have one that nobody knows, which is told soon', async () => {
  const router = bed.up(peer());
  bed.speaker.apply({
    kind: 'bgp-delta',
    revision: 9,
    settings: { peers: [unknown()], draining: false },
    routes: [],
    withdrawn: [],
  });
  await bed.time.advance(100);
  expect(router.notifications).toHaveLength(1);
  expect(bed.lastReport).toMatchObject({ state: 'idle', lastError: expect.stringContaining('its Secret') as string });
});
