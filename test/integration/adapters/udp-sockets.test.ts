import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadLibc } from '../../../src/adapters/linux/libc.ts';
import { UdpSockets } from '../../../src/adapters/linux/udp-sockets.ts';
import type { DatagramSocket } from '../../../src/ports/datagrams.ts';
import { eventually } from '../../support/eventually.ts';
import { v4 } from '../../support/fake-lan.ts';

const PORT = 17953;
const HEARER = v4('127.0.53.1');
const SPEAKER = v4('127.0.53.2');

describe('a UDP socket', () => {
  let defects: unknown[];
  let heard: number[];
  /** How many datagrams were handed over in one turn of the event loop, turn by turn. */
  let turns: number[];
  let hearer: DatagramSocket;
  let speaker: DatagramSocket;

  beforeEach(() => {
    defects = [];
    heard = [];
    turns = [];
    const sockets = new UdpSockets(loadLibc((error) => defects.push(error)));
    let isTurn = false;
    hearer = sockets.open({
      address: HEARER,
      port: PORT,
      received: (octets) => {
        heard.push(octets[0] ?? -1);
        if (!isTurn) turns.push(0);
        turns.push((turns.pop() ?? 0) + 1);
        isTurn = true;
        setImmediate(() => (isTurn = false));
      },
    });
    speaker = sockets.open({ address: SPEAKER, port: PORT, received: () => {} });
  });

  afterEach(() => {
    hearer.close();
    speaker.close();
    expect(defects).toEqual([]);
  });

  const say = (octet: number): void => {
    expect(speaker.send(Uint8Array.of(octet), HEARER)).toBe('sent');
  };

  it('hands over everything in order, and many at once where it hears much', async () => {
    const said = Array.from({ length: 100 }, (_, octet) => octet);
    for (const octet of said) {
      say(octet);
      await pause(2);
    }
    await eventually(() => expect(heard).toEqual(said));
    expect(turns.length).toBeLessThan(said.length / 2);
  });

  it('goes on after it has rested, and hands over what waits when it is asked', async () => {
    say(1);
    say(2);
    await eventually(() => expect(heard).toEqual([1, 2]));
    say(3);
    expect(heard).toEqual([1, 2]);
    hearer.receive();
    expect(heard).toEqual([1, 2, 3]);
    say(4);
    await eventually(() => expect(heard).toEqual([1, 2, 3, 4]));
  });

  it('hands over nothing once it is closed, also while it rests', async () => {
    say(1);
    say(2);
    await eventually(() => expect(heard).toEqual([1, 2]));
    hearer.close();
    hearer.receive();
    say(3);
    await pause(50);
    expect(heard).toEqual([1, 2]);
  });
});
