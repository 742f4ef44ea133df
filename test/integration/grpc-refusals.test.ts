import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingSessions } from '../support/channel/recording-sessions.ts';
import { helloOf, type Rig, startRig } from '../support/channel/tls-rig.ts';
import { eventually } from '../support/eventually.ts';

describe('speaker server refuses', () => {
  let rig: Rig;
  let sessions: RecordingSessions;

  beforeEach(async () => {
    rig = await startRig({ helloTimeoutMs: 300 });
    sessions = new RecordingSessions();
    rig.serve(sessions);
  });

  afterEach(async () => {
    await rig[Symbol.asyncDispose]();
  });

  /** The end of a session on which the speaker says hello at once. */
  async function endOf(token: string | undefined, nodeName = 'node-a') {
    const speaker = rig.raw(token);
    speaker.stream.write(helloOf(nodeName));
    return speaker.status;
  }

  it('a call without a token as UNAUTHENTICATED', async () => {
    expect(await endOf(undefined)).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: expect.stringMatching(/^unauthenticated: /),
    });
    expect(rig.verifier.asked).toEqual([]);
  });

  it('an authorization that is no bearer token as UNAUTHENTICATED', async () => {
    const speaker = rig.raw(undefined, { metadata: { authorization: 'Basic dXNlcjpwYXNz' } });
    expect(await speaker.status).toMatchObject({ code: status.UNAUTHENTICATED });
  });

  it('a token that the API server does not know as UNAUTHENTICATED', async () => {
    rig.verifier.verdicts.set('stale', { kind: 'refused', reason: 'token has expired' });
    expect(await endOf('stale')).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'unauthenticated: token has expired',
    });
  });

  it("another ServiceAccount's token as PERMISSION_DENIED", async () => {
    rig.verifier.verdicts.set('other', { kind: 'forbidden', reason: 'not a speaker' });
    expect(await endOf('other')).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: 'permission-denied: not a speaker',
    });
  });

  it('everybody as UNAVAILABLE while the API server cannot be asked', async () => {
    rig.verifier.verdicts.set('any', { kind: 'unverifiable', reason: 'connection refused' });
    expect(await endOf('any')).toMatchObject({ code: status.UNAVAILABLE, details: 'unverifiable: connection refused' });
  });

  it("a hello with another node's name as PERMISSION_DENIED", async () => {
    expect(await endOf('token-of-node-a', 'node-b')).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: 'permission-denied: the token is of node node-a, the hello of node-b',
    });
  });

  it('a session that the handler finds one too many as ALREADY_EXISTS', async () => {
    rig.serve(new RecordingSessions((session) => session.close('already-connected', 'taken')));
    expect(await endOf('token-of-node-a')).toMatchObject({
      code: status.ALREADY_EXISTS,
      details: 'already-connected: taken',
    });
  });

  it('a first message that is no hello as INVALID_ARGUMENT', async () => {
    const speaker = rig.raw('token-of-node-a');
    speaker.stream.write({ kind: 'heartbeat' });
    expect(await speaker.status).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'protocol-error: the first message is heartbeat, not hello',
    });
  });

  it('a second hello as INVALID_ARGUMENT', async () => {
    const speaker = rig.raw('token-of-node-a');
    speaker.stream.write(helloOf('node-a'));
    speaker.stream.write(helloOf('node-a'));
    expect(await speaker.status).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'protocol-error: a second hello',
    });
    expect(sessions.ends).toEqual(['protocol-error']);
  });

  it('a call that never says hello as DEADLINE_EXCEEDED', async () => {
    const speaker = rig.raw('token-of-node-a');
    expect(await speaker.status).toMatchObject({ code: status.DEADLINE_EXCEEDED, details: 'silent: no hello in time' });
  });

  it('everybody as UNAVAILABLE, with the word not-leader, while it does not lead', async () => {
    rig.leading.abort();
    expect(await endOf('token-of-node-a')).toMatchObject({
      code: status.UNAVAILABLE,
      details: expect.stringMatching(/^not-leader: /),
    });
  });

  it('the sessions that it has as not-leader when it stops leading', async () => {
    const speaker = rig.raw('token-of-node-a');
    speaker.stream.write(helloOf('node-a'));
    await eventually(() => expect(sessions.sessions).toHaveLength(1));
    rig.leading.abort();
    expect(await speaker.status).toMatchObject({
      code: status.UNAVAILABLE,
      details: expect.stringMatching(/^not-leader: /),
    });
    expect(sessions.ends).toEqual(['not-leader']);
  });

  const tag = (field: number, ...octets: number[]): Uint8Array =>
    Uint8Array.of((field << 3) | 2, octets.length, ...octets);
  const malformed: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['bytes that are no protobuf', Uint8Array.of(0xff, 0xff, 0xff), /./],
    ['a message of no kind', new Uint8Array(), /the first message is heartbeat, not hello/],
    // Field 99: its tag takes two octets.
    ['a message of a kind that is not known', Uint8Array.of(0x9a, 0x06, 1, 1), /the first message is heartbeat/],
    ['a hello without a node name', tag(1), /node_name has 0 characters/],
    ['a claim with an address of three octets', tag(4, ...tag(2, ...tag(1, 1, 2, 3))), /4 or 16 octets, not 3/],
    ['a claim without an epoch', tag(4, ...tag(2, ...tag(1, 1, 2, 3, 4))), /epoch is missing/],
    [
      'an interface with a MAC of two octets',
      tag(4, ...tag(1, ...tag(1, 0x61), ...tag(2, 1, 2))),
      /MAC address has 6 octets/,
    ],
    [
      'an ack of a revision above 2^53',
      tag(2, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
      /above 2\^53/,
    ],
  ];
  for (const [what, bytes, detail] of malformed) {
    it(`${what} as INVALID_ARGUMENT, and counts it`, async () => {
      const end = await rig.rawBytes('token-of-node-a', bytes);
      expect(end.code).toBe(status.INVALID_ARGUMENT);
      expect(end.details).toMatch(/^protocol-error: /);
      expect(end.details).toMatch(detail);
      expect(rig.metrics.value('heraldlb_speaker_sessions_refused_total', { reason: 'protocol-error' })).toBe(1);
    });
  }

  it('a message above 4 MiB as RESOURCE_EXHAUSTED', async () => {
    const end = await rig.rawBytes('token-of-node-a', new Uint8Array(4 * 1024 * 1024 + 1));
    expect(end.code).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('nobody else because of any of these', async () => {
    await rig.rawBytes('token-of-node-b', Uint8Array.of(0xff));
    const speaker = rig.raw('token-of-node-a');
    speaker.stream.write(helloOf('node-a'));
    await eventually(() => expect(sessions.sessions.map(({ nodeName }) => nodeName)).toEqual(['node-a']));
    speaker.stream.cancel();
    await eventually(() => expect(sessions.ends).toEqual(['transport']));
  });
});
