import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeHello, type Hello, nodeTag } from '../../../../src/core/codec/hello/index.ts';
import { ipFromValue } from '../../../../src/core/net/index.ts';
import type { HelloKey } from '../../../../src/ports/channel.ts';
import { DatagramSocketError } from '../../../../src/ports/datagrams.ts';
import { HelloCounting } from '../../../../src/speaker/neighbours/hello-counting.ts';
import { HelloExchange } from '../../../../src/speaker/neighbours/hello-exchange.ts';
import { FakeDatagrams } from '../../../support/fake-datagrams.ts';
import { v4, v6 } from '../../../support/fake-lan.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const OWN = v4('192.0.2.1');
const OTHER = v4('192.0.2.2');
const STRANGER = v4('192.0.2.66');
const KEY: HelloKey = { id: 1, key: new Uint8Array(32).fill(1) };
const NEW_KEY: HelloKey = { id: 2, key: new Uint8Array(32).fill(2) };
const NEIGHBOURS = [{ nodeName: 'node2', addresses: [OTHER] }];

const hmac = (key: Uint8Array, octets: Uint8Array): Uint8Array => createHmac('sha256', key).update(octets).digest();

const HELLO: Hello = {
  sender: 'node2',
  receiver: nodeTag('node1'),
  incarnation: 5,
  sequence: 1,
  echo: { incarnation: 0, sequence: 0, accepted: 0 },
  intervalMs: 100,
  leaving: false,
  alone: false,
  starting: false,
  resync: false,
  exchange: 1,
  digest: 0,
  interfaces: [],
  heard: [],
  entries: [],
};

function signed({ id, key }: HelloKey, hello = HELLO): Uint8Array {
  return encodeHello(hello, id, (octets) => hmac(key, octets));
}

describe('the exchange of hellos', () => {
  let time: ManualTime;
  let network: FakeDatagrams;
  let counting: HelloCounting;
  let received: Hello[];
  let refusals: string[];
  let exchange: HelloExchange;

  beforeEach(() => {
    time = new ManualTime();
    network = new FakeDatagrams();
    counting = new HelloCounting();
    received = [];
    refusals = [];
    exchange = new HelloExchange({
      datagrams: network.host,
      clock: time,
      timers: time,
      counting,
      received: (hello) => received.push(hello),
      refused: (reason) => refusals.push(reason),
    });
    exchange.useKeys([KEY]);
    exchange.useNeighbours(NEIGHBOURS, [OWN, v6('2001:db8::1')]);
  });

  it('speaks from the address that the neighbour knows, of the family that it has', () => {
    expect([...network.sockets.keys()]).toEqual([OWN]);
    exchange.send('node2', { ...HELLO, sender: 'node1' });
    expect(network.sent).toMatchObject([{ from: OWN, to: OTHER }]);
  });

  it('lets the kernel choose the address where nobody told it', () => {
    exchange.useNeighbours(NEIGHBOURS, []);
    expect([...network.sockets.keys()]).toEqual([ipFromValue('IPv4', 0n)]);
  });

  it('says nothing to anybody without a key, or to whom it has no address of', () => {
    exchange.send('node3', HELLO);
    exchange.useKeys([]);
    exchange.send('node2', HELLO);
    expect(network.sent).toEqual([]);
  });

  it('sends with the first key and takes each', () => {
    exchange.useKeys([NEW_KEY, KEY]);
    network.inject(signed(KEY), OTHER, OWN);
    network.inject(signed(NEW_KEY), OTHER, OWN);
    expect(received).toEqual([HELLO, HELLO]);
    exchange.send('node2', HELLO);
    expect(network.sent[0]?.octets).toEqual(signed(NEW_KEY));
  });

  it.each([
    ['from a stranger', 'foreign-address', () => network.inject(signed(KEY), STRANGER, OWN)],
    ['with a key that is not valid', 'wrong-key', () => network.inject(signed(NEW_KEY), OTHER, OWN)],
    [
      'with a forged authenticator',
      'wrong-key',
      () => network.inject(signed({ id: KEY.id, key: NEW_KEY.key }), OTHER, OWN),
    ],
    ['that is none', 'malformed', () => network.inject(new Uint8Array(100), OTHER, OWN)],
    ['that is empty', 'malformed', () => network.inject(new Uint8Array(), OTHER, OWN)],
    ['that is cut', 'wrong-key', () => network.inject(signed(KEY).subarray(0, 60), OTHER, OWN)],
  ] as const)('counts and ignores a hello %s', (_, reason, arrive) => {
    arrive();
    expect(received).toEqual([]);
    expect(counting.take().drops).toEqual({ [reason]: 1 });
  });

  it('reads no more from one address than a neighbour sends, and the rest of the others', async () => {
    const third = v4('192.0.2.3');
    exchange.useNeighbours([...NEIGHBOURS, { nodeName: 'node3', addresses: [third] }], [OWN]);
    for (let count = 0; count < 10_000; count += 1) network.inject(signed(NEW_KEY), OTHER, OWN);
    network.inject(signed(KEY), third, OWN);
    expect(received).toHaveLength(1);
    const { drops } = counting.take();
    expect(drops['wrong-key']).toBeLessThanOrEqual(250);
    expect(drops['rate-limit']).toBeGreaterThanOrEqual(9750);
    await time.advance(1000);
    network.inject(signed(KEY), OTHER, OWN);
    expect(received).toHaveLength(2);
  });

  it('goes on reading what a neighbour says while somebody floods in its name', () => {
    const forged = signed(NEW_KEY, { ...HELLO, incarnation: 6 });
    network.inject(signed(KEY), OTHER, OWN);
    for (let round = 0; round < 100; round += 1) {
      for (let count = 0; count < 1000; count += 1) network.inject(forged, OTHER, OWN);
      network.inject(signed(KEY, { ...HELLO, sequence: 2 + round }), OTHER, OWN);
    }
    expect(received).toHaveLength(101);
    expect(counting.take().drops['rate-limit']).toBeGreaterThan(99_000);
  });

  it('takes what is not a hello for nothing else, whatever its octets', () => {
    const random = seededRandom(4);
    const good = signed(KEY);
    exchange.useNeighbours(NEIGHBOURS, [OWN]);
    for (let run = 0; run < 200; run += 1) {
      const octets = good.slice(0, 1 + Math.floor(random.next() * good.length));
      octets[Math.floor(random.next() * octets.length)] = Math.floor(random.next() * 256);
      network.inject(octets, OTHER, OWN);
    }
    expect(received.every((hello) => JSON.stringify(hello) === JSON.stringify(HELLO))).toBe(true);
  });

  it('tells when its port is taken, and tries again', async () => {
    exchange.close();
    network.refusal = new DatagramSocketError('UDP port 7953 of 192.0.2.1 is taken by another program');
    exchange.useNeighbours(NEIGHBOURS, [OWN]);
    expect(refusals).toEqual(['UDP port 7953 of 192.0.2.1 is taken by another program']);
    network.refusal = undefined;
    await time.advance(1000);
    exchange.send('node2', HELLO);
    expect(network.sent).toHaveLength(1);
  });

  it('is silent and deaf once it is closed', () => {
    exchange.close();
    exchange.send('node2', HELLO);
    network.inject(signed(KEY), OTHER, OWN);
    expect([network.sent, received, network.sockets.size]).toEqual([[], [], 0]);
  });
});
