import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { arpAnnouncement, encodeArpFrame } from '../../src/core/codec/arp/index.ts';
import type { MacAddress } from '../../src/core/net/index.ts';
import type { FrameSocket, FrameSockets, PacketType } from '../../src/ports/frames.ts';
import { eventually } from './eventually.ts';
import { hex, mac, v4 } from './fake-lan.ts';

/** Two interfaces on one wire. */
export interface Wire {
  readonly near: WireEnd;
  readonly far: WireEnd;
}

export interface WireEnd {
  readonly sockets: FrameSockets;
  readonly interfaceIndex: number;
  readonly mac: MacAddress;
}

/** What every FrameSockets does, be it the kernel's or a fake. */
export function describeFrameSockets(name: string, plug: () => Promise<Wire>, unplug: () => Promise<void>): void {
  describe(name, () => {
    const open: FrameSocket[] = [];
    let wire: Wire;
    beforeAll(async () => {
      wire = await plug();
    });
    afterEach(() => {
      for (const socket of open.splice(0)) socket.close();
    });
    afterAll(unplug);

    function openEnd(end: WireEnd): { readonly socket: FrameSocket; readonly heard: string[] } {
      const heard: string[] = [];
      const received = (frame: Uint8Array, packetType: PacketType): void =>
        void heard.push(`${packetType} ${hex(frame)}`);
      const socket = end.sockets.open({ interfaceIndex: end.interfaceIndex, protocol: 'arp', received });
      open.push(socket);
      return { socket, heard };
    }

    function frame(destination: MacAddress): Uint8Array {
      return encodeArpFrame({ ...arpAnnouncement(wire.near.mac, v4('192.0.2.50')), destination });
    }

    it('delivers a broadcast frame octet for octet, and not to the sender', async () => {
      const [near, far] = [openEnd(wire.near), openEnd(wire.far)];
      const broadcast = frame(mac('ff:ff:ff:ff:ff:ff'));
      expect(near.socket.send(broadcast)).toBe('sent');
      await eventually(() => expect(far.heard).toEqual([`broadcast ${hex(broadcast)}`]));
      expect(near.heard).toEqual([]);
    });

    it('tells a frame to the interface from one to a group', async () => {
      const [near, far] = [openEnd(wire.near), openEnd(wire.far)];
      near.socket.send(frame(wire.far.mac));
      near.socket.send(frame(mac('01:00:5e:00:00:01')));
      await eventually(() => expect(far.heard.map((line) => line.split(' ')[0])).toEqual(['host', 'multicast']));
    });

    it('delivers no frame to another station as one to this', async () => {
      const [near, far] = [openEnd(wire.near), openEnd(wire.far)];
      near.socket.send(frame(mac('02:00:00:00:0f:0f')));
      near.socket.send(frame(wire.far.mac));
      await eventually(() => expect(far.heard.some((line) => line.startsWith('host'))).toBe(true));
      expect(far.heard.filter((line) => line.startsWith('host'))).toHaveLength(1);
    });

    it('delivers to every socket of an interface', async () => {
      const [near, far, another] = [openEnd(wire.near), openEnd(wire.far), openEnd(wire.far)];
      near.socket.send(frame(wire.far.mac));
      await eventually(() => expect([far.heard.length, another.heard.length]).toEqual([1, 1]));
    });

    it('is silent and sends nothing after it was closed, which may be done twice', async () => {
      const [near, far, witness] = [openEnd(wire.near), openEnd(wire.far), openEnd(wire.far)];
      far.socket.close();
      far.socket.close();
      expect(far.socket.send(frame(wire.near.mac))).toBe('gone');
      expect(far.socket.takeOverruns()).toBe(0);
      near.socket.send(frame(wire.far.mac));
      await eventually(() => expect(witness.heard).toHaveLength(1));
      expect(far.heard).toEqual([]);
      expect(near.heard).toEqual([]);
    });

    it('refuses an interface that does not exist', () => {
      const opening = (): unknown =>
        wire.near.sockets.open({ interfaceIndex: 999_999, protocol: 'arp', received: () => {} });
      expect(opening).toThrowError(expect.objectContaining({ name: 'FrameSocketError', code: 'no-interface' }));
    });
  });
}
