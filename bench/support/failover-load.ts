import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ipv4FromValue, ipv6FromValue } from '../../src/core/net/index.ts';
import { eventually } from '../../test/support/eventually.ts';
import { v4, v6 } from '../../test/support/fake-lan.ts';
import { NodePlane } from '../../test/support/namespace-lan.ts';
import { CLIENT, SpeakerLan } from '../../test/support/speaker-lan.ts';
import { type AnswerTimes, arpAnswerTimes, ndpAnswerTimes } from './answer-times.ts';
import { BusyProcessors } from './busy-processors.ts';
import { cpuSecondsOf, memoryOf, rounded } from './process-figures.ts';
import { commandOf } from './program.ts';
import { progress, report } from './report.ts';

const ADDRESSES = 1000;
const NEIGHBOURS = 16;
/** What a takeover of so many addresses sends is over by then, and what the start needed is given back. */
const QUIET_AFTER_MS = 45_000;
/** Every address is refreshed once in that time. */
const REST_S = 60;
const PATIENCE_MS = 60_000;

const addresses = Array.from({ length: ADDRESSES }, (_, index) => ipv4FromValue(v4('10.9.4.0') + index));
const ipv6Addresses = Array.from({ length: ADDRESSES }, (_, index) => ipv6FromValue(v6('fd09::1:0') + BigInt(index)));

/** Prints what one speaker costs that announces a thousand addresses and shares them with sixteen neighbours. */
export async function measureLoad(): Promise<void> {
  const rest = await atRest();
  const { calm, stormy, saturated, offered } = await underLoad();
  const row = (when: string, { arp, ndp }: Answers): string[] => [
    when,
    ...[arp, ndp].map(({ p50Us, p99Us, lost }) => `${p50Us} / ${p99Us} µs${lost > 0 ? `, ${lost} lost` : ''}`),
  ];
  report(
    `One speaker with ${ADDRESSES} addresses`,
    [
      [`processor at rest, with ${NEIGHBOURS} neighbours`, `${rest.speakerCpuPercent} %`, 'aim: 3 % of one core'],
      ['memory (RSS) then', `${rest.speakerMiB} MiB`, 'aim: 80 MiB'],
      ['answers, p50 and p99', 'ARP (aim: 200 / 800 µs)', 'NDP'],
      row('at rest', calm),
      row(`in ${offered} foreign ARP requests a second`, stormy),
      row('with all processors saturated by others', saturated),
    ],
    {
      bench: 'failover load',
      ratios: {},
      figures: {
        ...rest,
        calmP50Us: calm.arp.p50Us,
        calmP99Us: calm.arp.p99Us,
        ndpCalmP50Us: calm.ndp.p50Us,
        ndpCalmP99Us: calm.ndp.p99Us,
        stormP50Us: stormy.arp.p50Us,
        stormP99Us: stormy.arp.p99Us,
        ndpStormP99Us: stormy.ndp.p99Us,
        stormLost: stormy.arp.lost + stormy.ndp.lost,
        stormFramesPerSecond: offered,
        saturatedP50Us: saturated.arp.p50Us,
        saturatedP99Us: saturated.arp.p99Us,
        ndpSaturatedP99Us: saturated.ndp.p99Us,
      },
    },
  );
}

interface RestFigures {
  readonly speakerCpuPercent: number;
  readonly speakerMiB: number;
  readonly speakerPeakMiB: number;
}

async function atRest(): Promise<RestFigures> {
  await using lan = await SpeakerLan.create(1 + NEIGHBOURS, commandOf('speaker', 'bundled'));
  const others = lan.nodes.slice(1).map(({ name }) => name);
  const turn = (index: number): string => others[index % others.length] ?? '';
  for (const [index, address] of addresses.entries())
    lan.controller.grant([address], ['node1', turn(index), turn(index + 1)]);
  const node = lan.node('node1');
  node.start();
  await owning(lan, ADDRESSES);
  const planes: NodePlane[] = [];
  for (const name of others) planes.push(await neighbour(lan, name));
  await hearing(lan);
  progress(`${QUIET_AFTER_MS / 1000} s until the announcements are over`);
  await sleep(QUIET_AFTER_MS);
  progress(`${REST_S} s at rest`);
  const before = cpuSecondsOf(node.pid);
  await sleep(REST_S * 1000);
  const cpuPercent = ((cpuSecondsOf(node.pid) - before) / REST_S) * 100;
  const { rssMiB, peakMiB } = memoryOf(node.pid);
  for (const plane of planes) await plane.stop();
  return { speakerCpuPercent: rounded(cpuPercent, 2), speakerMiB: rssMiB, speakerPeakMiB: peakMiB };
}

interface Answers {
  readonly arp: AnswerTimes;
  readonly ndp: AnswerTimes;
}

/** On a LAN of two: what a storm costs the switch of this machine is no matter of the speaker. */
async function underLoad(): Promise<Readonly<Record<'calm' | 'stormy' | 'saturated', Answers>> & { offered: number }> {
  await using lan = await SpeakerLan.create(1, commandOf('speaker', 'bundled'));
  lan.controller.grant([...addresses, ...ipv6Addresses], ['node1']);
  lan.node('node1').start();
  await owning(lan, 2 * ADDRESSES);
  progress(`${(2 * QUIET_AFTER_MS) / 1000} s until the announcements of both families are over`);
  await sleep(2 * QUIET_AFTER_MS);
  const calm = await answers();
  progress('a storm of foreign ARP requests');
  const storm = startStorm();
  await sleep(1000);
  const stormy = await answers();
  const offered = await storm.stop();
  progress('all processors saturated by others');
  await using _busy = new BusyProcessors();
  await sleep(1000);
  return { calm, stormy, saturated: await answers(), offered };
}

async function answers(): Promise<Answers> {
  return { arp: await arpAnswerTimes(CLIENT, addresses), ndp: await ndpAnswerTimes(CLIENT, ipv6Addresses) };
}

async function owning(lan: SpeakerLan, count: number): Promise<void> {
  await eventually(() => {
    const share = lan.controller.shares.node1;
    if (share !== count) throw new Error(`it claims ${share} addresses`);
  }, PATIENCE_MS);
}

async function hearing(lan: SpeakerLan): Promise<void> {
  await eventually(() => {
    const heard = lan.controller.neighbourhoods.get('node1')?.filter(({ state }) => state === 'heard').length;
    if (heard !== NEIGHBOURS) throw new Error(`it hears ${heard} neighbours`);
  }, PATIENCE_MS);
}

/** A neighbour that is no process of its own. */
async function neighbour(lan: SpeakerLan, name: string): Promise<NodePlane> {
  const plane = await NodePlane.start(name);
  plane.command({ kind: 'hello-keys', keys: lan.controller.keys });
  plane.command(lan.controller.neighboursOf(name));
  const grants = lan.controller.grants.filter(({ candidates }) => candidates.includes(name));
  plane.command({ kind: 'change', grants, revoked: [] });
  return plane;
}

/** Sends requests for addresses that nobody has, as many as the machine can, from a thread of its own. */
function startStorm(): { stop(): Promise<number> } {
  const worker = new Worker(new URL('./arp-storm.ts', import.meta.url), { workerData: { host: CLIENT } });
  return {
    stop: () =>
      new Promise((resolve) => {
        worker.once('message', (framesPerSecond: number) => {
          void worker.terminate();
          resolve(framesPerSecond);
        });
        worker.postMessage('stop');
      }),
  };
}
