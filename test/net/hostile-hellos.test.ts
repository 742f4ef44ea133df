import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authenticatorOf, encodeHello, type Hello, nodeTag } from '../../src/core/codec/hello/index.ts';
import { ipv4FromValue, macFromValue } from '../../src/core/net/index.ts';
import { NEIGHBOUR_PORT } from '../../src/ports/defaults.ts';
import { eventually } from '../support/eventually.ts';
import { v4 } from '../support/fake-lan.ts';
import { Station } from '../support/namespace-lan.ts';
import { CLIENT, SOURCES, SpeakerLan } from '../support/speaker-lan.ts';

const NODES = ['node1', 'node2', 'node3'];
const METRICS_PORT = 7476;
const OWNER = '10.9.0.1';
const PATIENCE_MS = 20_000;
const ADDRESS = ipv4FromValue(v4('10.9.1.77'));
/** Sends what comes on its standard input, each line a datagram in base64, as often as it says. */
const SENDER = `
const [to, port, times] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
require('node:readline').createInterface(process.stdin).on('line', async (line) => {
  const octets = Buffer.from(line, 'base64');
  for (let sent = 0; sent < Number(times); sent += 1) await new Promise((done) => socket.send(octets, Number(port), to, done));
}).on('close', () => setTimeout(() => socket.close(), 100));
`;

/** It says that `node2` has the address with more right than anybody. */
const FORGED: Hello = {
  sender: 'node2',
  receiver: nodeTag('node1'),
  incarnation: 0xbad,
  sequence: 1,
  echo: { incarnation: 1, sequence: 1, accepted: 1 },
  intervalMs: 100,
  leaving: false,
  starting: false,
  resync: false,
  alone: false,
  interfaces: [{ name: 'eth0', mac: macFromValue(0x0200_0000_00bd), up: true }],
  heard: [{ tag: nodeTag('node1'), ageMs: 0 }],
  exchange: 1,
  digest: 1,
  entries: [{ address: ADDRESS, holding: 'claim', order: { epoch: { generation: 9, counter: 9 }, term: 9, rank: 0 } }],
};

describe('a hostile host that says hello', () => {
  let lan: SpeakerLan;
  let station: Station;

  beforeAll(async () => {
    const flags = ['--health-address', '0.0.0.0', '--metrics-port', String(METRICS_PORT)];
    lan = await SpeakerLan.create(NODES.length, [...SOURCES, ...flags]);
    station = await Station.open(CLIENT);
    await lan.repair();
    lan.controller.grant([ADDRESS], NODES);
    await eventually(() => expect(lan.controller.claimantsOf(ADDRESS)).toEqual(['node1']), PATIENCE_MS);
  });

  afterAll(async () => {
    station?.close();
    await lan?.[Symbol.asyncDispose]();
  });

  const forged = (key: number): Uint8Array => encodeHello(FORGED, 1, authenticatorOf(new Uint8Array(32).fill(key)));
  const rightKey = 7;

  const send = async (host: string, octets: Uint8Array, times = 1): Promise<void> => {
    const args = ['netns', 'exec', host, process.execPath, '-e', SENDER, OWNER, String(NEIGHBOUR_PORT), String(times)];
    const child = spawn('ip', args, { stdio: ['pipe', 'ignore', 'inherit'] });
    child.stdin.end(`${Buffer.from(octets).toString('base64')}\n`);
    await once(child, 'exit');
  };

  const dropped = async (reason: string): Promise<number> => {
    const page = await (await fetch(`http://${OWNER}:${METRICS_PORT}/metrics`)).text();
    return Number(
      new RegExp(`^heraldlb_speaker_hello_drops_total\\{[^}]*reason="${reason}"[^}]*\\} (\\d+)`, 'm').exec(page)?.[1] ??
        0,
    );
  };

  /** What it says is counted by its reason, and neither the owner nor its standing with others changes. */
  const ignored = async (reason: string, attack: () => Promise<void>): Promise<void> => {
    const before = await dropped(reason);
    const changes = NODES.flatMap((node) => lan.node(node).changes(ADDRESS));
    await attack();
    await eventually(async () => expect(await dropped(reason)).toBeGreaterThan(before), PATIENCE_MS);
    await sleep(1000);
    expect(NODES.flatMap((node) => lan.node(node).changes(ADDRESS))).toEqual(changes);
    expect(lan.controller.claimantsOf(ADDRESS)).toEqual(['node1']);
    expect(await lan.answererOf(ADDRESS, station)).toBe('node1');
    expect(lan.controller.whole).toBe(true);
  };

  it('is not heard from an address that is no neighbour, whatever key it has', () =>
    ignored('foreign-address', () => send(CLIENT, forged(rightKey))));

  it('is not heard from an address of another neighbour than the one that it claims to be', () =>
    ignored('foreign-address', () => send('node3', forged(rightKey))));

  it('is not heard from the address of a neighbour without the key', () =>
    ignored('wrong-key', () => send('node2', forged(8))));

  it('is not believed with what somebody recorded of a start that is over', () =>
    ignored('unproven', () => send('node2', forged(rightKey), 50)));

  it('floods in vain', () => ignored('foreign-address', () => send(CLIENT, forged(8), 50_000)));
});

describe('a candidate that nobody knows', () => {
  it('keeps nobody from taking over', async () => {
    await using lan = await SpeakerLan.create(2);
    const station = await Station.open(CLIENT);
    await lan.repair();
    lan.controller.grant([ADDRESS], ['node1', 'no-such-node', 'node2']);
    await eventually(() => expect(lan.controller.claimantsOf(ADDRESS)).toEqual(['node1']), PATIENCE_MS);
    await lan.node('node1').cutPower();
    await eventually(async () => expect(await lan.answererOf(ADDRESS, station)).toBe('node2'), PATIENCE_MS);
    station.close();
  });
});
