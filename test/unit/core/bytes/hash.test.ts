import { expect, it } from 'vitest';
import { fnv1a, mix32 } from '../../../../src/core/bytes/index.ts';
import { nodeTag } from '../../../../src/core/codec/hello/index.ts';

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

// Published with the algorithms: two releases, and others who read hellos, have to find the same.
it.each([
  ['', 0x811c_9dc5],
  ['a', 0xe40c_292c],
  ['foobar', 0xbf9c_f968],
])('FNV-1a of %j is %i', (text, hash) => {
  expect(fnv1a(octets(text))).toBe(hash);
});

it.each([
  [0x0000_0000, 0x0000_0000],
  [0x0000_0001, 0x514e_28b7],
  [0xffff_ffff, 0x81f1_6f39],
])('MurmurHash3 of no data with the seed %i is %i', (seed, hash) => {
  expect(mix32(seed)).toBe(hash);
});

it.each([
  ['', 0xab3e_7c0b],
  ['node-a', 0x3bc1_e404],
  ['foobar', 0x0c0d_a6dc],
])('the tag of node %j is %i in every release', (name, tag) => {
  expect(nodeTag(name)).toBe(tag);
});
