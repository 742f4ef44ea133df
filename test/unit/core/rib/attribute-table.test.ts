import { describe, expect, it } from 'vitest';
import { ipFromValue, ipv4FromValue } from '../../../../src/core/net/index.ts';
import { AttributeTable } from '../../../../src/core/rib/attribute-table.ts';

describe('the table of attributes', () => {
  it('has one set for all that is equal, whatever the order of communities', () => {
    const table = new AttributeTable();
    const set = table.hold({ communities: [2, 1], med: 0 });
    expect(table.hold({ communities: [1, 2, 1], med: 0 })).toBe(set);
    for (const other of [
      { communities: [1, 2] },
      { communities: [1, 2], med: 0, localPref: 0 },
      { communities: [1, 2], med: 0, prepend: 1 },
      { communities: [12], med: 0 },
      { extendedCommunities: [1n, 2n], med: 0 },
    ]) {
      expect(table.hold(other)).not.toBe(set);
    }
  });

  it('has another set for every other value, next hops of both families among them', () => {
    const table = new AttributeTable();
    const large = { globalAdministrator: 1, localData1: 2, localData2: 3 };
    const all = [
      {},
      { nextHop: ipv4FromValue(1) },
      { nextHop: ipv4FromValue(2) },
      { nextHop: ipFromValue('IPv6', 1n) },
      { largeCommunities: [large] },
      { largeCommunities: [{ ...large, localData2: 4 }] },
      { largeCommunities: [large, { ...large, localData2: 4 }] },
    ];
    expect(new Set(all.map((attributes) => table.hold(attributes))).size).toBe(all.length);
    expect(table.size).toBe(all.length);
  });

  it('forgets a set when the last route has let go of it', () => {
    const table = new AttributeTable();
    const attributes = { med: 1 };
    const set = table.hold(attributes);
    table.hold({ med: 1 });
    table.release(set);
    expect(table.size).toBe(1);
    table.release(set);
    expect(table.size).toBe(0);
    expect(table.hold(attributes)).not.toBe(set);
  });
});
