import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { arpAnnouncement, decodeArpFrame, encodeArpFrame } from '../../src/core/codec/arp/index.ts';
import { ipv4FromValue } from '../../src/core/net/index.ts';
import { eventually } from '../../test/support/eventually.ts';
import { v4 } from '../../test/support/fake-lan.ts';
import { BlockingStation, NodePlane } from '../../test/support/namespace-lan.ts';
import { CLIENT, SpeakerLan } from '../../test/support/speaker-lan.ts';
import { cpuSecondsOf, memoryOf, quantile, rounded } from './process-figures.ts';
import { commandOf } from './program.ts';
import { progress, report } from './report.ts';

const ADDRESSES = 1000;
const NEIGHBOURS = 16;
/** What a takeover of so many addresses sends is over by then. */
const QUIET_AFTER_MS = 40_000;
const REST_S = 30;
const QUESTIONS = 500;
const PAUSE_MS = 10;
const PATIENCE_MS = 60_000;

const addresses = Array.from({ length: ADDRESSES }, (_, index) => ipv4FromValue(v4('10.9.4.0') + index));

/** Prints what one speaker costs that announces a thousand addresses and shares them with sixteen neighbours. */
export async function measureLoad(): Promise<void> {
  const rest = await atRest();
  const { calm, stormy, offered } = await inStorm();
  const figures = {
    ...rest,
    calmP50Us: rounded(quantile(calm.us, 0.5), 0),
    calmP99Us: rounded(quantile(calm.us, 0.99), 0),
    stormP50Us: rounded(quantile(stormy.us, 0.5), 0),
    stormP99Us: rounded(quantile(stormy.us, 0.99), 0),
    stormLost: stormy.lost,
    stormFramesPerSecond: offered,
  };
  report(
    `One speaker with ${ADDRESSES} addresses`,
    [
      [`processor at rest, with ${NEIGHBOURS} neighbours`, `${figures.speakerCpuPercent} %`, 'aim: 3 % of one core'],
      ['memory (RSS) then', `${figures.speakerMiB} MiB`, 'aim: 80 MiB'],
      ['ARP answer, p50 and p99', `${figures.calmP50Us} µs`, `${figures.calmP99Us} µs`],
      [`the same in ${offered} foreign requests a second`, `${figures.stormP50Us} µs`, `${figures.stormP99Us} µs`],
    ],
    { bench: 'failover load', ratios: {}, figures },
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
  await owning(lan);
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

/** On a LAN of two: what a storm costs the switch of this machine is no matter of the speaker. */
async function inStorm(): Promise<{ readonly calm: Answers; readonly stormy: Answers; readonly offered: number }> {
  await using lan = await SpeakerLan.create(1, commandOf('speaker', 'bundled'));
  lan.controller.grant(addresses, ['node1']);
  lan.node('node1').start();
  await owning(lan);
  await sleep(QUIET_AFTER_MS);
  const calm = await answerTimes();
  progress('a storm of foreign ARP requests');
  const storm = startStorm();
  await sleep(1000);
  const stormy = await answerTimes();
  return { calm, stormy, offered: await storm.stop() };
}

async function owning(lan: SpeakerLan): Promise<void> {
  await eventually(() => {
    const share = lan.controller.shares.node1;
    if (share !== ADDRESSES) throw new Error(`it claims ${share} addresses`);
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
  // They know only the speaker that is measured: what they would say to each other is no cost of it.
  const { neighbours, ownAddresses } = lan.controller.neighboursOf(name);
  plane.command({
    kind: 'neighbours',
    neighbours: neighbours.filter(({ nodeName }) => nodeName === 'node1'),
    ownAddresses,
  });
  const grants = lan.controller.grants.filter(({ candidates }) => candidates.includes(name));
  plane.command({ kind: 'change', grants, revoked: [] });
  return plane;
}

interface Answers {
  readonly us: readonly number[];
  readonly lost: number;
}

/** Asks at a hundred a second, waiting for each answer. */
async function answerTimes(): Promise<Answers> {
  const station = await BlockingStation.open(CLIENT);
  const us: number[] = [];
  let lost = 0;
  for (let index = 0; index < QUESTIONS; index += 1) {
    await sleep(PAUSE_MS);
    const address = addresses[index % ADDRESSES] ?? v4('0.0.0.0');
    const request = encodeArpFrame({ ...arpAnnouncement(station.mac, address), spa: v4('10.9.0.200') });
    const startedAt = performance.now();
    const answered = station.exchange(request, (octets) => {
      const { op, spa } = decodeArpFrame(octets);
      return op === 2 && spa === address;
    });
    if (answered) us.push((performance.now() - startedAt) * 1000);
    else lost += 1;
  }
  station.close();
  return { us, lost };
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
