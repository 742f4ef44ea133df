import { describe, expect, it } from 'vitest';
import { sessionMethod } from '../../../../src/adapters/grpc/session-method.ts';

describe('the Session method', () => {
  // Field 99: its tag takes two octets.
  const newer = Buffer.of(0x9a, 0x06, 1, 1);

  it('takes a message that only a newer release knows for a sign of life, on both sides', () => {
    expect(sessionMethod.requestDeserialize(newer)).toEqual({ kind: 'heartbeat' });
    expect(sessionMethod.responseDeserialize(newer)).toEqual({ kind: 'heartbeat' });
  });

  it('takes what cannot be read for a malformed message, without an exception', () => {
    const octets = Buffer.of(0xff, 0xff, 0xff);
    expect(sessionMethod.requestDeserialize(octets)).toMatchObject({ kind: 'malformed' });
    expect(sessionMethod.responseDeserialize(octets)).toMatchObject({ kind: 'malformed' });
  });
});
