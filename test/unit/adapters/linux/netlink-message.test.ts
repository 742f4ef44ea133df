import { describe, expect, it } from 'vitest';
import { decodeNetlink, dumpRequest, NetlinkType } from '../../../../src/adapters/linux/netlink-message.ts';
import { type Prefix, parsePrefix } from '../../../../src/core/net/index.ts';
import { address, bytes, hex, mac } from '../../../support/fake-lan.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

/** A netlink message around a body, and attributes as the kernel aligns them (little-endian). */
function message(type: number, ...parts: Uint8Array[]): Uint8Array {
  const body = Uint8Array.from(parts.flatMap((part) => [...part]));
  const header = new DataView(new ArrayBuffer(16));
  header.setUint32(0, 16 + body.length, true);
  header.setUint16(4, type, true);
  return Uint8Array.from([...new Uint8Array(header.buffer), ...body]);
}

function attribute(type: number, value: Uint8Array): Uint8Array {
  const padded = new Uint8Array(4 + Math.ceil(value.length / 4) * 4);
  new DataView(padded.buffer).setUint16(0, 4 + value.length, true);
  new DataView(padded.buffer).setUint16(2, type, true);
  padded.set(value, 4);
  return padded;
}

function u32(value: number): Uint8Array {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, value, true);
  return octets;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}

function block(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`${text} is no block`);
  return prefix;
}

/** struct ifinfomsg: family, padding, type 1 (Ethernet), index 7, flags UP|BROADCAST|RUNNING|MULTICAST, change. */
const LINK_7 = '0000010007000000431000000000000000'.slice(0, 32);

describe('the netlink decoder', () => {
  it('reads a link with its name, MAC, master and event', () => {
    const link = message(
      NetlinkType.newLink,
      bytes(LINK_7),
      attribute(3, text('bond0')),
      attribute(1, bytes('02000000 0a01'.replace(' ', ''))),
      attribute(10, u32(9)),
      attribute(44, u32(3)),
    );
    expect(decodeNetlink(link)).toEqual([
      {
        kind: 'link',
        link: {
          index: 7,
          name: 'bond0',
          flags: 0x1043,
          ethernet: true,
          mac: mac('02:00:00:00:0a:01'),
          master: 9,
          event: 3,
        },
      },
    ]);
  });

  it('leaves a MAC out that is not one of 48 bits', () => {
    const link = message(
      NetlinkType.newLink,
      bytes(LINK_7),
      attribute(3, text('ib0')),
      attribute(1, new Uint8Array(20)),
    );
    expect(decodeNetlink(link)).toEqual([
      { kind: 'link', link: { index: 7, name: 'ib0', flags: 0x1043, ethernet: true } },
    ]);
  });

  it('reads the end of a link', () => {
    expect(decodeNetlink(message(NetlinkType.delLink, bytes(LINK_7)))).toEqual([{ kind: 'link-gone', index: 7 }]);
  });

  it('does not take a port that leaves a bridge for a link that ends', () => {
    expect(decodeNetlink(message(NetlinkType.delLink, bytes(`07${LINK_7.slice(2)}`)))).toEqual([]);
  });

  it('ignores a wireless event, which has no name', () => {
    expect(decodeNetlink(message(NetlinkType.newLink, bytes(LINK_7), attribute(11, u32(1))))).toEqual([]);
  });

  it('reads addresses of both families with their subnets, of a point-to-point link the near end', () => {
    const v4 = message(
      NetlinkType.newAddress,
      bytes('0218800007000000'),
      attribute(1, bytes('c0000201')),
      attribute(2, bytes('c0000202')),
    );
    const v6 = message(
      NetlinkType.delAddress,
      bytes('0a40800007000000'),
      attribute(1, bytes(`20010db8${'0'.repeat(22)}50`)),
    );
    expect(decodeNetlink(Uint8Array.from([...v4, ...v6]))).toEqual([
      { kind: 'address', interfaceIndex: 7, address: address('192.0.2.2'), subnet: block('192.0.2.0/24'), gone: false },
      {
        kind: 'address',
        interfaceIndex: 7,
        address: address('2001:db8::50'),
        subnet: block('2001:db8::/64'),
        gone: true,
      },
    ]);
  });

  it('reads the next hops of unicast routes of the main table, of several paths too', () => {
    const single = message(
      NetlinkType.newRoute,
      bytes('020000 00fe030001 00000000'.replaceAll(' ', '')),
      attribute(4, u32(7)),
      attribute(5, bytes('c0000201')),
    );
    const path = (index: number, gateway: string): number[] => {
      const hop = Uint8Array.from([16, 0, 0, 0, ...u32(index), ...attribute(5, bytes(gateway))]);
      return [...hop];
    };
    const several = message(
      NetlinkType.delRoute,
      bytes('02000000fe03000100000000'),
      attribute(9, Uint8Array.from([...path(7, 'c0000201'), ...path(8, 'c0000202')])),
    );
    expect(decodeNetlink(Uint8Array.from([...single, ...several]))).toEqual([
      { kind: 'route', nextHops: [{ interfaceIndex: 7, gateway: address('192.0.2.1') }], gone: false },
      {
        kind: 'route',
        nextHops: [
          { interfaceIndex: 7, gateway: address('192.0.2.1') },
          { interfaceIndex: 8, gateway: address('192.0.2.2') },
        ],
        gone: true,
      },
    ]);
  });

  it.each([
    ['of another table', '02000000ff03000100000000'],
    ['that are not unicast', '02000000fe03000200000000'],
    ['of multicast routing', '80000000fe03000100000000'],
  ])('ignores routes %s', (_, body) => {
    const route = message(NetlinkType.newRoute, bytes(body), attribute(4, u32(7)), attribute(5, bytes('c0000201')));
    expect(decodeNetlink(route)).toEqual([]);
  });

  it('reads ends and errors', () => {
    const both = Uint8Array.from([
      ...message(NetlinkType.done, u32(0)),
      ...message(NetlinkType.error, u32(0xffff_fff0)),
    ]);
    expect(decodeNetlink(both)).toEqual([{ kind: 'done' }, { kind: 'error', errno: -16 }]);
  });

  it('asks for all objects of a kind', () => {
    expect(hex(dumpRequest(NetlinkType.getRoute, 5)).slice(0, 40)).toBe(
      '200000001a0001030500000000000000' + '00000000',
    );
  });

  it('never throws, whatever the octets', () => {
    const random = seededRandom(3);
    const below = (limit: number): number => Math.floor(random.next() * limit);
    const good = message(
      NetlinkType.newLink,
      bytes(LINK_7),
      attribute(3, text('eth0')),
      attribute(1, bytes('02000000 0a01'.replace(' ', ''))),
    );
    for (let run = 0; run < 20_000; run += 1) {
      const octets =
        run % 2 === 0 ? Uint8Array.from({ length: below(100) }, () => below(256)) : good.slice(0, below(good.length));
      if (octets.length > 0) octets[below(octets.length)] = below(256);
      expect(() => decodeNetlink(octets)).not.toThrow();
    }
  });
});
