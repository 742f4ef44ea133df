import { describe, expect, it } from 'vitest';
import { ipFromValue, ipv4FromValue } from '../../../../src/core/net/index.ts';
import { affinity, hashOfAddress, hashOfNode } from '../../../../src/core/placement/rendezvous.ts';

/** Every controller has to find the same order, whatever its version: so the hashes are those that others publish. */
describe('rendezvous hashing', () => {
  it.each([
    ['', 0x811c_9dc5],
    ['a', 0xe40c_292c],
    ['foobar', 0xbf9c_f968],
  ])('hashes the name %j as FNV-1a does', (name, hash) => {
    expect(hashOfNode(name)).toBe(hash);
  });

  it.each([
    [0x0000_0000, 0x0000_0000],
    [0x0000_0001, 0x514e_28b7],
    [0xffff_ffff, 0x81f1_6f39],
  ])('mixes %i as MurmurHash3 does with this seed and no data', (seed, hash) => {
    expect(affinity(seed, 0)).toBe(hash);
    expect(affinity(0, seed)).toBe(hash);
  });

  it('makes another hash of each part of an IPv6 address', () => {
    const addresses = [0n, 32n, 64n, 96n].map((bits) => ipFromValue('IPv6', (1n << bits) + 1n));
    expect(new Set(addresses.map(hashOfAddress)).size).toBe(4);
    expect(hashOfAddress(ipv4FromValue(1))).toBe(0x514e_28b7);
  });
});
