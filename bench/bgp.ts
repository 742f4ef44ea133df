// How fast routes reach a router's table, and what that costs: `npm run bench -- bgp`. The table of a BIRD is the judge.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BgpRoute } from '../src/ports/bgp-channel.ts';
import { interopLan, peer, route, SPEAKER_ASN } from '../test/support/interop/bed.ts';
import { Bird } from '../test/support/interop/bird.ts';
import { type Neighbour, ROUTER } from '../test/support/interop/router.ts';
import { SpeakerHost } from '../test/support/interop/speaker-host.ts';
import { ip } from '../test/support/network-namespace.ts';
import { NODE_FLAGS } from '../tools/node-flags.ts';
import { BIRD_SENDER, BirdSender, GOBGP_SENDER, GoBgpSender, prefixAt, SENDER_ASN } from './support/bgp-senders.ts';
import { BirdControl, timeUntil } from './support/bird-control.ts';
import { inSandbox } from './support/in-sandbox.ts';
import { cpuSecondsOf, memoryOf } from './support/process-figures.ts';
import { progress, report } from './support/report.ts';

const MANY = 10_000;
const TRIALS = 5;
const PEERS = 64;
const REST_SECONDS = 20;
const OURS = '10.9.0.11';
const BFD_SOURCE = '10.9.0.14';
const BFD = {
  receiveIntervalMs: 300,
  transmitIntervalMs: 300,
  detectMultiplier: 3,
  passive: false,
  minimumTtl: 254,
  strict: false,
};
const neighbour = (address: string, asn: number, fields: Partial<Neighbour> = {}): Neighbour => ({
  address,
  local: ROUTER.v4,
  asn,
  families: ['IPv4'],
  holdTimeSeconds: 90,
  ...fields,
});
const routes = (group: number, count: number): BgpRoute[] =>
  Array.from({ length: count }, (_, index) => route(prefixAt(group, index)));
const manyPeers = Array.from({ length: PEERS }, (_, index) => `10.9.0.${100 + index}`);

async function main(): Promise<void> {
  const lan = await interopLan([OURS, BFD_SOURCE, ...manyPeers]);
  for (const [host, address] of [
    ['bird', BIRD_SENDER],
    ['gobgp', GOBGP_SENDER],
  ]) {
    await ip(`netns add ${host}`);
    await ip(`-n ${host} link set lo up`);
    await lan.plug(host ?? '', 'eth0');
    await ip(`-n ${host} address add ${address}/24 dev eth0`);
  }
  const router = await Bird.in('router');
  await router.start([
    neighbour(OURS, SPEAKER_ASN),
    neighbour(BIRD_SENDER, SENDER_ASN),
    neighbour(GOBGP_SENDER, SENDER_ASN),
    neighbour(BFD_SOURCE, SPEAKER_ASN, { bfd: true }),
    ...manyPeers.map((address) => neighbour(address, SPEAKER_ASN)),
  ]);
  const table = await BirdControl.open(router.controlSocket);
  try {
    print({
      ...(await announcing(table)),
      ...(await others(table)),
      startS: await starting(table),
      mib: await memory(table),
      bfdMs: await powerCut(table),
      cpuPercent: await resting(table),
    });
  } finally {
    table.close();
    await router.stop();
  }
}

let starts = 0;
/** One that knows nothing of those before it. */
function startSpeaker(): Promise<SpeakerHost> {
  starts += 1;
  return SpeakerHost.start('node', { nodeFlags: NODE_FLAGS, stateDir: `/run/heraldlb-${starts}` });
}

/** From an established session: 10,000 routes, then one more, and one less. */
async function announcing(table: BirdControl): Promise<{ oursMs: number; oneMs: number }> {
  const speaker = await startSpeaker();
  const settings = [peer('router', OURS, { holdTimeSeconds: 90 })];
  speaker.snapshot(settings, []);
  await timeUntil(() => table.isUp('n0'));
  const many = routes(100, MANY);
  const trials: number[] = [];
  for (let trial = 0; trial < TRIALS; trial += 1) {
    speaker.prepare(many);
    await sleep(500);
    speaker.go();
    trials.push(await timeUntil(async () => (await table.count('n0')) === MANY));
    progress(`10,000 prefixes of ours in BIRD's table after ${trials.at(-1)?.toFixed(0)} ms`);
    if (trial === TRIALS - 1) break;
    speaker.change([], many);
    await timeUntil(async () => (await table.count('n0')) === 0);
  }
  const ones: number[] = [];
  for (let trial = 0; trial < 20; trial += 1) {
    await sleep(100);
    const prefix = prefixAt(99, trial);
    speaker.change([route(prefix)]);
    ones.push(await timeUntil(() => table.hasRoute(prefix)));
  }
  await speaker.stop();
  return { oursMs: median(trials), oneMs: median(ones) };
}

/** The same from another BIRD and from GoBGP. */
async function others(table: BirdControl): Promise<{ birdMs: number; gobgpMs: number }> {
  const bird = await BirdSender.start('bird', MANY);
  await timeUntil(() => table.isUp('n1'));
  const trials: number[] = [];
  for (let trial = 0; trial < TRIALS; trial += 1) {
    await sleep(300);
    const done = timeUntil(async () => (await table.count('n1')) === MANY);
    await bird.announce();
    trials.push(await done);
    progress(`10,000 prefixes of BIRD after ${trials.at(-1)?.toFixed(0)} ms`);
    await bird.withdraw();
    await timeUntil(async () => (await table.count('n1')) === 0);
  }
  await bird.stop();
  const gobgp = await GoBgpSender.start('gobgp', 'bird', MANY);
  await timeUntil(() => table.isUp('n2'));
  await sleep(1000);
  const done = timeUntil(async () => (await table.count('n2')) === MANY);
  await gobgp.announce();
  const gobgpMs = await done;
  progress(`10,000 prefixes of GoBGP after ${gobgpMs.toFixed(0)} ms`);
  await gobgp.stop();
  return { birdMs: median(trials), gobgpMs };
}

/** A speaker that begins with 5,000 routes: from the session to the last of them. */
async function starting(table: BirdControl): Promise<number> {
  const speaker = await startSpeaker();
  speaker.snapshot([peer('router', OURS)], routes(103, 5000));
  await timeUntil(() => table.isUp('n0'));
  const ms = await timeUntil(async () => (await table.count('n0')) === 5000);
  await speaker.stop();
  return ms / 1000;
}

/** A speaker with 100,000 routes, told as the channel tells them. */
async function memory(table: BirdControl): Promise<number> {
  const speaker = await startSpeaker();
  speaker.snapshot([peer('router', OURS)], []);
  const all = routes(104, 100_000);
  for (let at = 0; at < all.length; at += 1000) {
    speaker.change(all.slice(at, at + 1000));
    await sleep(5);
  }
  await timeUntil(async () => (await table.count('n0')) === all.length);
  await sleep(3000);
  const { rssMiB, peakMiB } = memoryOf(speaker.pid);
  progress(`100,000 prefixes: ${rssMiB} MiB, at most ${peakMiB}`);
  await speaker.stop();
  return rssMiB;
}

/** The link of the node goes: how long its route stays, with BFD of 300 ms × 3. */
async function powerCut(table: BirdControl): Promise<number> {
  const speaker = await startSpeaker();
  speaker.snapshot([peer('bfd', BFD_SOURCE, { bfd: BFD })], [route('105.0.0.1/32')]);
  await timeUntil(() => table.hasRoute('105.0.0.1/32'));
  await sleep(5000);
  await ip('-n switch link set node-eth0 down');
  const ms = await timeUntil(async () => !(await table.hasRoute('105.0.0.1/32')));
  await ip('-n switch link set node-eth0 up');
  await speaker.kill();
  return ms;
}

/** 64 sessions with a hundred routes, nothing happens: share of one core. */
async function resting(table: BirdControl): Promise<number> {
  const speaker = await startSpeaker();
  speaker.snapshot(
    manyPeers.map((address, index) => peer(`p${index}`, address, { holdTimeSeconds: 90 })),
    routes(106, 100),
  );
  for (let index = 0; index < PEERS; index += 1) await timeUntil(() => table.isUp(`n${index + 4}`));
  await sleep(12_000);
  const before = cpuSecondsOf(speaker.pid);
  await sleep(REST_SECONDS * 1000);
  const percent = ((cpuSecondsOf(speaker.pid) - before) / REST_SECONDS) * 100;
  await speaker.stop();
  return percent;
}

interface Figures {
  readonly oursMs: number;
  readonly oneMs: number;
  readonly birdMs: number;
  readonly gobgpMs: number;
  readonly startS: number;
  readonly mib: number;
  readonly bfdMs: number;
  readonly cpuPercent: number;
}

function print(figures: Figures): void {
  const { oursMs, oneMs, birdMs, gobgpMs, startS, mib, bfdMs, cpuPercent } = figures;
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  report(
    "BGP: from the word to the router's table",
    [
      ['', 'ours', 'BIRD', 'GoBGP', 'goal'],
      ['10,000 prefixes, session up', ms(oursMs), ms(birdMs), ms(gobgpMs), '≤ 3 × BIRD, < GoBGP'],
      ['one more beside 10,000', ms(oneMs), '', '', '≤ 50 ms'],
      ['5,000 at the start, from session up', `${startS.toFixed(2)} s`, '', '', '≤ 1 s'],
      ['memory with 100,000', `${mib.toFixed(0)} MiB`, '', '', '≤ 150 MiB'],
      ['link cut, BFD 300 ms × 3', ms(bfdMs), '', '', '≤ 1000 ms'],
      [`${PEERS} peers at rest, of one core`, `${cpuPercent.toFixed(1)} %`, '', '', '≤ 5 %'],
    ],
    {
      bench: 'bgp',
      ratios: {
        announce10kToBird: rounded(oursMs / birdMs),
        announce10kToGobgp: rounded(oursMs / gobgpMs),
      },
      figures: {
        change1of10kMs: rounded(oneMs),
        start5000S: rounded(startS),
        mib100k: rounded(mib),
        bfdWithdrawMs: rounded(bfdMs),
        cpu64PeersPercent: rounded(cpuPercent),
      },
    },
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

await inSandbox(import.meta.filename, main);
