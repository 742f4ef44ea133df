import { expect, it } from 'vitest';
import type { BfdAuthentication } from '../../../../src/ports/bfd.ts';
import { keyOf } from '../../../../src/speaker/bfd/key.ts';

const secret = new Uint8Array([1, 2, 3]);

it.each<[BfdAuthentication['type'], number]>([
  ['keyed-md5', 2],
  ['meticulous-keyed-md5', 3],
  ['keyed-sha1', 4],
  ['meticulous-keyed-sha1', 5],
])('the authentication %s has the type %i on the wire (RFC 5880 §4.1)', (type, number) => {
  expect(keyOf({ type, keyId: 7, secret })).toEqual({ kind: 'digest', type: number, keyId: 7, secret });
});

it('a simple password is a key of its own kind, and nothing is none', () => {
  expect(keyOf({ type: 'simple-password', keyId: 7, secret })).toEqual({ kind: 'simple-password', keyId: 7, secret });
  expect(keyOf(undefined)).toBeUndefined();
});
