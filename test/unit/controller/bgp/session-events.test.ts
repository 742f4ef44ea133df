import { expect, it } from 'vitest';
import { SessionBook } from '../../../../src/controller/bgp/session-book.ts';
import { SessionEvents } from '../../../../src/controller/bgp/session-events.ts';
import { EMPTY_CONFIG } from '../../../../src/core/config/config.ts';
import type { BgpSessionReport } from '../../../../src/ports/bgp-channel.ts';
import { bgpPeer } from '../../../support/bgp/bgp-objects.ts';
import { configObject } from '../../../support/config-objects.ts';
import { RecordingLog } from '../../../support/recording-telemetry.ts';

const TOR = bgpPeer('tor');

function bed() {
  const book = new SessionBook();
  const log = new RecordingLog();
  const told: string[] = [];
  const object = configObject('BGPPeer', 'tor', {}, { apiVersion: 'metallb.io/v1beta2' });
  const verdict = { origin: TOR.origin, uid: '', generation: 1, valid: true, reason: 'InForce' as const, message: '' };
  new SessionEvents({
    config: { current: () => ({ ...EMPTY_CONFIG, bgpPeers: [TOR] }) },
    configuration: { assessed: () => [{ object, verdict }] },
    book,
    events: { record: ({ name }, { type, reason, message }) => told.push(`${name} ${type} ${reason}: ${message}`) },
    log,
  }).start(new AbortController().signal);
  const report = (fields: Partial<BgpSessionReport>): void => {
    const session = { peer: 'tor', state: 'idle' as const, sinceUnixMs: 0, lastError: '', prefixesSent: 0, ...fields };
    book.report('a', [session], new Set(['tor']));
  };
  return { book, log, told, report };
}

it('a session that comes up and goes down is told on the peer, and what lies between is not', () => {
  const { report, told, log } = bed();
  report({ state: 'connect' });
  report({ state: 'open-sent' });
  report({ state: 'established' });
  report({ state: 'established', prefixesSent: 5 });
  report({ state: 'idle', lastError: 'hold timer expired' });
  report({ state: 'connect', lastError: 'hold timer expired' });
  expect(told).toEqual([
    'tor Normal SessionUp: Session with node "a" is established',
    'tor Warning SessionDown: Session with node "a" is down: hold timer expired',
  ]);
  expect(log.events()).toEqual(['bgp-session-up', 'bgp-session-down']);
});

it('a session that cannot come up is told once for each reason', () => {
  const { report, told } = bed();
  report({ state: 'idle', lastError: 'connection refused' });
  report({ state: 'connect', lastError: 'connection refused' });
  report({ state: 'idle', lastError: 'connection refused' });
  report({ state: 'idle', lastError: 'OPEN: bad peer AS' });
  expect(told).toEqual([
    'tor Warning SessionDown: Session with node "a" does not come up: connection refused',
    'tor Warning SessionDown: Session with node "a" does not come up: OPEN: bad peer AS',
  ]);
});

it('a speaker that is not heard any more is no news of its sessions: they may well stand', () => {
  const { book, report, told } = bed();
  report({ state: 'established' });
  book.forget('a');
  expect(told).toHaveLength(1);
});
