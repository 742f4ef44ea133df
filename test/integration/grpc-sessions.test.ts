import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issueServerCertificate, makeAuthority } from '../../src/adapters/grpc/certificates.ts';
import { GrpcControllerLink } from '../../src/adapters/grpc/controller-link.ts';
import { GRANTS_PER_MESSAGE } from '../../src/adapters/grpc/snapshot-parts.ts';
import { systemTime } from '../../src/cli/system-time.ts';
import { ipFromValue } from '../../src/core/net/index.ts';
import type { ControllerMessage, Grant } from '../../src/ports/channel.ts';
import type { Timers } from '../../src/ports/time.ts';
import { asn } from '../support/bgp/bgp-objects.ts';
import { RecordingSessions } from '../support/channel/recording-sessions.ts';
import {
  helloOf,
  RecordingLinkHandler,
  type Rig,
  SERVER_NAME,
  startRig,
  validNow,
} from '../support/channel/tls-rig.ts';
import { eventually } from '../support/eventually.ts';

const welcome = { kind: 'welcome', heartbeatIntervalMs: 50 } as const;

function grantsOf(count: number, nameLength = 6): Grant[] {
  const name = 'n'.repeat(nameLength);
  return Array.from({ length: count }, (_, at) => ({
    address: ipFromValue(at % 2 === 0 ? 'IPv4' : 'IPv6', BigInt(at + 1)),
    epoch: { generation: 1, counter: at },
    candidates: [name, `${name}b`],
    ...(at % 3 === 0 ? { interfaces: ['eth0'] } : {}),
  }));
}

describe('a session', () => {
  let rig: Rig;
  let stopping: AbortController;

  beforeEach(async () => {
    rig = await startRig({ tokenGraceMs: 0 });
    stopping = new AbortController();
  });

  afterEach(async () => {
    stopping.abort();
    await rig[Symbol.asyncDispose]();
  });

  it('carries every kind of message both ways unchanged', async () => {
    const [grant, other] = grantsOf(2);
    if (grant === undefined || other === undefined) throw new Error('no grants');
    const sent: ControllerMessage[] = [
      { kind: 'snapshot', revision: 1, grants: [grant] },
      { kind: 'delta', revision: 2, grants: [other], revoked: [grant.address, other.address] },
      { kind: 'delta', revision: 3, grants: [{ ...grant, probed: true }], revoked: [] },
      { kind: 'neighbours', neighbours: [{ nodeName: 'node-b', addresses: [grant.address] }], ownAddresses: [] },
      { kind: 'neighbours', neighbours: [], ownAddresses: [other.address] },
      { kind: 'hello-keys', keys: [{ id: 255, key: new Uint8Array(32).fill(7) }] },
      { kind: 'probe', requestId: 9, addresses: [grant.address, other.address] },
      { kind: 'reclaim', addresses: [grant.address] },
    ];
    const sessions = new RecordingSessions((session) => {
      for (const message of [welcome, ...sent]) session.send(message);
    });
    rig.serve(sessions);
    const handler = new RecordingLinkHandler('node-a');
    const link = await rig.link('node-a', handler, stopping.signal);
    await eventually(() => expect(handler.messages).toEqual(sent));
    const claim = { address: grant.address, epoch: grant.epoch, term: 0 };
    const taken = { ...claim, term: 2, heldForMs: 0, reason: 'neighbour-silent', gapMs: 480 };
    const station = { interface: 'eth0', mac: 0x0200_5e10_0009 };
    const said = [
      { kind: 'ack', revision: 2 },
      { kind: 'reject', revision: 2, address: other.address, reason: 'no such interface' },
      { kind: 'reject', revision: 2, reason: 'none of it' },
      { kind: 'report', interfaces: [{ name: 'eth0', mac: 0x0200_5e10_0001, up: true }], claims: [claim] },
      { kind: 'claims', made: [claim, taken], dropped: [other.address] },
      { kind: 'neighbourhood', neighbours: [{ nodeName: 'node-b', state: 'stopped' }] },
      { kind: 'verified', address: grant.address, owner: 'node-b', agrees: false, answeredBy: [station.mac] },
      { kind: 'conflict', address: grant.address, ...station, seen: 'announcement' },
      { kind: 'conflict-over', address: grant.address, interface: station.interface },
      { kind: 'kernel-answers', address: grant.address, interface: station.interface },
      { kind: 'groups-refused', interface: station.interface },
      {
        kind: 'probed',
        requestId: 9,
        results: [
          { address: grant.address, stations: [station] },
          { address: other.address, stations: [], failure: 'no interface is up' },
        ],
      },
      { kind: 'leaving' },
    ] as Parameters<typeof link.send>[0][];
    for (const message of said) link.send(message);
    await eventually(() => expect(sessions.messages.filter(({ kind }) => kind !== 'heartbeat')).toEqual(said));
    expect(sessions.hellos).toEqual([helloOf('node-a')]);
    expect(sessions.sessions[0]).toMatchObject({ nodeName: 'node-a', podUid: 'uid-1' });
  });

  it('brings a snapshot of any size whole, in messages of bounded size', async () => {
    const grants = grantsOf(3 * GRANTS_PER_MESSAGE + 1, 250);
    rig.serve(
      new RecordingSessions((session) => {
        session.send(welcome);
        session.send({ kind: 'snapshot', revision: 7, grants });
      }),
    );
    const handler = new RecordingLinkHandler('node-a');
    await rig.link('node-a', handler, stopping.signal);
    await eventually(() => expect(handler.messages).toHaveLength(1), 10_000);
    expect(handler.messages[0]).toEqual({ kind: 'snapshot', revision: 7, grants });
  });

  it('sends heartbeats at the interval of the welcome', async () => {
    const sessions = new RecordingSessions((session) => session.send(welcome));
    rig.serve(sessions);
    await rig.link('node-a', new RecordingLinkHandler('node-a'), stopping.signal);
    await eventually(() =>
      expect(sessions.messages.filter(({ kind }) => kind === 'heartbeat').length).toBeGreaterThan(2),
    );
  });

  it('is dialled anew when the controller falls silent', async () => {
    const sessions = new RecordingSessions((session) => session.send(welcome));
    rig.serve(sessions);
    const handler = new RecordingLinkHandler('node-a');
    await rig.link('node-a', handler, stopping.signal);
    await eventually(() => expect(handler.connections.slice(0, 3)).toEqual([true, false, true]), 10_000);
    expect(rig.metrics.value('heraldlb_controller_link_dials_total', { result: 'silent' })).toBeGreaterThan(0);
  });

  it('goes on without the peer that is not allowed, which is counted and told', async () => {
    const peer = {
      name: 'tor',
      myAsn: asn(64512),
      peerAsn: { kind: 'external' },
      endpoint: { kind: 'interface', name: 'eth0' },
      peerPort: 179,
      passive: false,
      holdTimeSeconds: 90,
      ebgpMultiHop: false,
      families: ['IPv4'],
      gracefulRestart: false,
    } as const;
    const settings = { peers: [{ ...peer, name: 'short', holdTimeSeconds: 1 }, peer], draining: false };
    const sessions = new RecordingSessions((session) => {
      session.send(welcome);
      session.send({ kind: 'bgp-snapshot', revision: 1, settings, routes: [] });
    });
    rig.serve(sessions);
    const handler = new RecordingLinkHandler('node-a');
    await rig.link('node-a', handler, stopping.signal);
    await eventually(() => expect(handler.messages).toMatchObject([{ settings: { peers: [{ name: 'tor' }] } }]));
    expect(handler.connections).toEqual([true]);
    expect(rig.metrics.value('heraldlb_controller_link_refused_parts_total', {})).toBe(1);
    expect(rig.log.lines).toContainEqual(
      expect.objectContaining({
        event: 'controller-message-refused-in-part',
        fields: { parts: 1, first: 'peer "short": hold_time_seconds is 1' },
      }),
    );
  });

  it('is dialled anew after longer and longer pauses while its messages cannot be read', async () => {
    rig.serve(
      new RecordingSessions((session) => {
        session.send(welcome);
        session.send(welcome);
      }),
    );
    const delays: number[] = [];
    const timers: Timers = {
      start: (delayMs, callback) => {
        delays.push(delayMs);
        return systemTime.start(delayMs, callback);
      },
    };
    const { log, metrics, port } = rig;
    const link = new GrpcControllerLink(
      { target: `127.0.0.1:${port}`, serverName: SERVER_NAME, ...(await rig.filesFor('node-a')), shortestPauseMs: 10 },
      { clock: systemTime, timers, random: { next: () => 1, uuid: () => '' }, log, metrics },
    );
    void link.start(new RecordingLinkHandler('node-a'), stopping.signal);
    await eventually(() => expect(delays).toEqual(expect.arrayContaining([20, 40, 80])), 5_000);
  });

  it('is found by its other target when the first one leads nowhere any more', async () => {
    rig.serve(new RecordingSessions((session) => session.send(welcome)));
    const { log, metrics, port } = rig;
    const link = new GrpcControllerLink(
      {
        target: '127.0.0.1:1',
        fallbackTarget: `127.0.0.1:${port}`,
        serverName: SERVER_NAME,
        ...(await rig.filesFor('node-a')),
      },
      { clock: systemTime, timers: systemTime, random: { next: () => 0, uuid: () => '' }, log, metrics },
    );
    const handler = new RecordingLinkHandler('node-a');
    void link.start(handler, stopping.signal);
    await eventually(() => expect(handler.connections).toContain(true), 10_000);
  });

  it('is dialled anew, and found, after the controller was not the leader', async () => {
    rig.leading.abort();
    const handler = new RecordingLinkHandler('node-a');
    await rig.link('node-a', handler, stopping.signal);
    await eventually(() =>
      expect(rig.metrics.value('heraldlb_controller_link_dials_total', { result: 'not-leader' })).toBeGreaterThan(1),
    );
    expect(handler.connections).toEqual([]);
    const again = new AbortController();
    rig.server.serve(new RecordingSessions((session) => session.send(welcome)), again.signal);
    await eventually(() => expect(handler.connections[0]).toBe(true), 5_000);
    again.abort();
  });

  it('goes on with a fresh token that the kubelet put into the file', async () => {
    const identity = { nodeName: 'node-a', podName: 'speaker-1', podUid: 'uid-1' };
    rig.verifier.verdicts.set('token-of-node-a', { kind: 'accepted', identity: { ...identity, remainingMs: 3_000 } });
    rig.verifier.verdicts.set('fresh', { kind: 'accepted', identity: { ...identity, remainingMs: 60_000 } });
    const sessions = new RecordingSessions((session) => session.send({ kind: 'welcome', heartbeatIntervalMs: 10_000 }));
    rig.serve(sessions);
    await rig.link('node-a', new RecordingLinkHandler('node-a'), stopping.signal);
    await eventually(() => expect(sessions.sessions).toHaveLength(1));
    rig.verifier.verdicts.set('token-of-node-a', { kind: 'refused', reason: 'expired' });
    // A file that is written in place is empty for a moment.
    await writeFile(join(rig.directory, 'token-node-a'), '');
    await sleep(200);
    await writeFile(join(rig.directory, 'token-node-a'), 'fresh');
    await eventually(() => expect(rig.verifier.asked).toContain('fresh'), 2_500);
    await sleep(4_000);
    expect(sessions.ends).toEqual([]);
  });

  it('ends as UNAUTHENTICATED when its token has ended and none followed', async () => {
    const identity = { nodeName: 'node-a', podName: 'speaker-1', podUid: 'uid-1', remainingMs: 200 };
    rig.verifier.verdicts.set('short', { kind: 'accepted', identity });
    const sessions = new RecordingSessions(() =>
      rig.verifier.verdicts.set('short', { kind: 'refused', reason: 'expired' }),
    );
    rig.serve(sessions);
    const speaker = rig.raw('short');
    speaker.stream.write(helloOf('node-a'));
    expect(await speaker.status).toMatchObject({ code: status.UNAUTHENTICATED, details: 'unauthenticated: expired' });
    expect(sessions.ends).toEqual(['unauthenticated']);
  });

  it('goes on past the end of its token while nobody can say whether it is good', async () => {
    const identity = { nodeName: 'node-a', podName: 'speaker-1', podUid: 'uid-1', remainingMs: 100 };
    rig.verifier.verdicts.set('short', { kind: 'accepted', identity });
    const sessions = new RecordingSessions(() =>
      rig.verifier.verdicts.set('short', { kind: 'unverifiable', reason: 'away' }),
    );
    rig.serve(sessions);
    const speaker = rig.raw('short');
    speaker.stream.write(helloOf('node-a'));
    await eventually(() => expect(rig.verifier.asked).toEqual(['short', 'short']));
    await sleep(100);
    expect(sessions.ends).toEqual([]);
  });

  it("ends as PERMISSION_DENIED when the fresh token is another node's", async () => {
    const sessions = new RecordingSessions();
    rig.serve(sessions);
    const speaker = rig.raw('token-of-node-a');
    speaker.stream.write(helloOf('node-a'));
    speaker.stream.write({ kind: 'credentials', token: 'token-of-node-b' });
    expect(await speaker.status).toMatchObject({ code: status.PERMISSION_DENIED });
  });

  it('survives a new server certificate, which new connections are shown', async () => {
    const sessions = new RecordingSessions((session) => session.send({ ...welcome, heartbeatIntervalMs: 60_000 }));
    rig.serve(sessions);
    const handler = new RecordingLinkHandler('node-a');
    const link = await rig.link('node-a', handler, stopping.signal);
    await eventually(() => expect(handler.connections).toEqual([true]));
    const before = await shownCertificate(rig.port);
    rig.identity.use(issueServerCertificate(makeAuthority('Next CA', validNow()), SERVER_NAME, validNow()));
    expect(await shownCertificate(rig.port)).not.toBe(before);
    link.send({ kind: 'leaving' });
    await eventually(() => expect(sessions.messages).toContainEqual({ kind: 'leaving' }));
    expect(sessions.ends).toEqual([]);
  });

  it('is never opened with a controller that another CA vouches for, and its token never sent', async () => {
    rig.identity.use(issueServerCertificate(makeAuthority('Forged CA', validNow()), SERVER_NAME, validNow()));
    const handler = new RecordingLinkHandler('node-a');
    rig.serve(new RecordingSessions((session) => session.send(welcome)));
    await rig.link('node-a', handler, stopping.signal);
    await eventually(() =>
      expect(rig.metrics.value('heraldlb_controller_link_dials_total', { result: 'transport' })).toBeGreaterThan(1),
    );
    expect(handler.connections).toEqual([]);
    expect(rig.verifier.asked).toEqual([]);
    await writeFile(join(rig.directory, 'ca.crt'), rig.authority.certificate);
    rig.identity.use(issueServerCertificate(rig.authority, SERVER_NAME, validNow()));
    await eventually(() => expect(handler.connections[0]).toBe(true), 5_000);
  });

  it('is never opened with a certificate for another name', async () => {
    rig.identity.use(issueServerCertificate(rig.authority, 'other.example', validNow()));
    const handler = new RecordingLinkHandler('node-a');
    rig.serve(new RecordingSessions((session) => session.send(welcome)));
    await rig.link('node-a', handler, stopping.signal);
    await eventually(() =>
      expect(rig.metrics.value('heraldlb_controller_link_dials_total', { result: 'transport' })).toBeGreaterThan(1),
    );
    expect(handler.connections).toEqual([]);
  });
});

describe('flow control', () => {
  it('tells the sender to stop for a speaker that does not read, and when it may go on', async () => {
    await using rig = await startRig();
    const sessions = new RecordingSessions();
    rig.serve(sessions);
    const speaker = rig.raw('token-of-node-a');
    speaker.stream.write(helloOf('node-a'));
    await eventually(() => expect(sessions.sessions).toHaveLength(1));
    speaker.stream.pause();
    const [session] = sessions.sessions;
    if (session === undefined) throw new Error('no session');
    const grants = grantsOf(GRANTS_PER_MESSAGE, 200);
    let sent = 0;
    // A sender that obeys: it stops at the first false. What is queued by then is all that a slow reader ever costs.
    for (let writable = true; writable && sent < 1000; sent += 1) {
      writable = session.send({ kind: 'delta', revision: sent + 1, grants, revoked: [] });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(64);
    await sleep(100);
    expect(sessions.drains).toBe(0);
    speaker.stream.resume();
    await eventually(() => expect(sessions.drains).toBe(1), 5_000);
    await eventually(() => expect(speaker.received).toHaveLength(sent), 5_000);
  });

  it('cuts the connection of a speaker that does not even read why it is sent away', async () => {
    await using rig = await startRig();
    const sessions = new RecordingSessions();
    rig.serve(sessions);
    const speaker = rig.raw('token-of-node-a');
    speaker.stream.write(helloOf('node-a'));
    await eventually(() => expect(sessions.sessions).toHaveLength(1));
    speaker.stream.pause();
    const [session] = sessions.sessions;
    const grants = grantsOf(GRANTS_PER_MESSAGE, 200);
    for (let sent = 0; sent < 32; sent += 1) session?.send({ kind: 'delta', revision: sent + 1, grants, revoked: [] });
    session?.close('too-slow', 'does not read');
    expect(sessions.ends).toEqual(['too-slow']);
    await eventually(() => expect(rig.server.connections).toBe(0), 5_000);
    speaker.stream.resume();
    expect((await speaker.status).code).toBe(status.UNAVAILABLE);
  });
});

async function shownCertificate(port: number): Promise<string> {
  const socket = tlsConnect({
    host: '127.0.0.1',
    port,
    servername: SERVER_NAME,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
  });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}
