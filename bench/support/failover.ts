import { setTimeout as sleep } from 'node:timers/promises';
import { formatMac, type Ipv4 } from '../../src/core/net/index.ts';
import { v4 } from '../../test/support/fake-lan.ts';
import { Station } from '../../test/support/namespace-lan.ts';
import { ip } from '../../test/support/network-namespace.ts';
import { CLIENT, SpeakerLan, type SpeakerNode } from '../../test/support/speaker-lan.ts';
import { EchoClient, EchoNode } from './echo.ts';
import {
  manyAddresses,
  names,
  PATIENCE_MS,
  PLANNED_MOVES,
  plannedMoves,
  REST_MS,
  restartsOf,
  until,
} from './failover-moves.ts';
import { cpuSecondsOf, quantile, rounded } from './process-figures.ts';
import { commandOf } from './program.ts';
import { numberArgument, progress, report } from './report.ts';

const NODES = 3;
const ADDRESS = v4('10.9.1.1');
const PROBE_EVERY_MS = 5;
const MANY = 1000;
const MANY_TRIALS = 5;

/** Prints how long the client is without answers. */
export async function measureFailover(): Promise<void> {
  const trials = numberArgument(0, 30);
  await using lan = await SpeakerLan.create(NODES, commandOf('speaker', 'bundled'));
  await lan.repair();
  for (const node of lan.nodes) await forwards(node);
  const echoes = lan.nodes.map(({ name }) => new EchoNode(name));
  const { cuts, restarts } = await withOneAddress(lan, trials);
  const planned = [];
  for (const plan of PLANNED_MOVES) {
    progress(`${plan.moves} planned moves of ${plan.addresses} addresses`);
    planned.push(await plannedMoves(lan, plan));
  }
  for (const echo of echoes) echo.close();
  progress(`${MANY_TRIALS} power cuts with ${MANY} addresses`);
  const many = await powerCutsOfMany(lan);
  const figures = {
    powerCutMs: {
      p50: rounded(quantile(cuts, 0.5), 0),
      p95: rounded(quantile(cuts, 0.95), 0),
      p99: rounded(quantile(cuts, 0.99), 0),
      max: rounded(quantile(cuts, 1), 0),
      trials,
    },
    powerCut1000Ms: rounded(quantile(many.ms, 1), 0),
    takeoverCpuMs: rounded(quantile(many.cpuMs, 1), 0),
    plannedLostProbes: planned.reduce((sum, { lost }) => sum + lost, 0),
    plannedLostProbesByAddresses: Object.fromEntries(planned.map(({ addresses, lost }) => [addresses, lost])),
    restartMoves: restarts.moves,
    restartLostProbes: restarts.lost,
  };
  report(
    `Three nodes; a client asks by UDP every ${PROBE_EVERY_MS} ms, with a neighbour cache as kernels have it`,
    [
      ['', 'p50', 'p95', 'p99', 'max', 'aim'],
      [
        `power cut to the first answer, ${trials} times`,
        ...[0.5, 0.95, 0.99, 1].map((share) => `${rounded(quantile(cuts, share), 0)} ms`),
        'p99 500 ms',
      ],
      [
        `power cut to the claim of the last of ${MANY} addresses, ${MANY_TRIALS} times`,
        ...[0.5, 0.95, 0.99, 1].map((share) => `${rounded(quantile(many.ms, share), 0)} ms`),
        '1,000 ms',
      ],
      [
        'processor of the speaker that takes these over, until then',
        ...[0.5, 0.95, 0.99, 1].map((share) => `${rounded(quantile(many.cpuMs, share), 0)} ms`),
      ],
      ...planned.map(({ addresses, moves, lost }) => [
        `probes lost in ${moves} planned moves of ${addresses} ${addresses === 1 ? 'address' : 'addresses'}`,
        String(lost),
        ...['', '', '', '0'],
      ]),
      [`addresses moved by ${2 * NODES} restarts of speakers`, String(restarts.moves), '', '', '', '0'],
      ['probes lost in these', String(restarts.lost), '', '', '', '0'],
    ],
    { bench: 'failover', ratios: {}, figures },
  );
}

async function withOneAddress(lan: SpeakerLan, trials: number) {
  await using client = await EchoClient.start(CLIENT, [ADDRESS], PROBE_EVERY_MS);
  lan.controller.grant([ADDRESS], names(lan));
  await until(lan, () => lan.controller.claimantsOf(ADDRESS).length === 1 && client.answeredWithin(100));
  progress(`${trials} power cuts with one address`);
  const cuts: number[] = [];
  for (let trial = 0; trial < trials; trial += 1) cuts.push(await powerCut(lan, client));
  progress(`${2 * NODES} restarts`);
  return { cuts, restarts: await restartsOf(lan, client, ADDRESS) };
}

/** @returns from the cut to the first answer that another node gave, in ms */
async function powerCut(lan: SpeakerLan, client: EchoClient): Promise<number> {
  const [owner = ''] = lan.controller.claimantsOf(ADDRESS);
  const node = lan.node(owner);
  // Anywhere in the interval of hellos.
  await sleep(Math.random() * 100);
  const cutAtMs = performance.now();
  await node.cutPower();
  const firstAtMs = await client.answerAfter(cutAtMs, owner, PATIENCE_MS);
  await lan.repair();
  await until(lan, () => lan.controller.claimantsOf(ADDRESS).length === 1);
  await sleep(REST_MS);
  return firstAtMs - cutAtMs;
}

interface ManyCuts {
  /** From the cut to the moment at which the client had heard the claim for the last address, for each trial. */
  readonly ms: readonly number[];
  /** Processor time of the busiest of the other speakers meanwhile. */
  readonly cpuMs: readonly number[];
}

async function powerCutsOfMany(lan: SpeakerLan): Promise<ManyCuts> {
  const station = await Station.open(CLIENT);
  const addresses = manyAddresses(MANY);
  const cuts: { readonly ms: number; readonly cpuMs: number }[] = [];
  for (let trial = 0; trial < MANY_TRIALS; trial += 1) {
    const owner = names(lan)[trial % NODES] ?? '';
    const others = lan.nodes.filter(({ name }) => name !== owner);
    lan.controller.grant(addresses, [owner, ...others.map(({ name }) => name)]);
    await until(lan, () => (lan.controller.shares[owner] ?? 0) >= MANY);
    await sleep(10 * REST_MS);
    const cpuBefore = others.map(({ pid }) => cpuSecondsOf(pid));
    const cutAtMs = performance.now();
    station.heard.length = 0;
    const claimed = claimsHeard(station, lan.node(owner), addresses);
    await lan.node(owner).cutPower();
    const ms = (await claimed) - cutAtMs;
    const cpuSeconds = others.map(({ pid }, index) => cpuSecondsOf(pid) - (cpuBefore[index] ?? 0));
    cuts.push({ ms, cpuMs: Math.max(...cpuSeconds) * 1000 });
    await lan.repair();
  }
  station.close();
  return { ms: cuts.map(({ ms }) => ms), cpuMs: cuts.map(({ cpuMs }) => cpuMs) };
}

/** @returns when the claim of another node was heard for the last of these addresses, as performance.now() */
async function claimsHeard(station: Station, former: SpeakerNode, addresses: readonly Ipv4[]): Promise<number> {
  const open = new Set(addresses);
  for (const endMs = performance.now() + PATIENCE_MS; performance.now() < endMs; await sleep(2)) {
    for (const { spa, tpa, sha } of station.heard.splice(0))
      if (spa === tpa && formatMac(sha) !== former.mac) open.delete(spa);
    if (open.size === 0) return performance.now();
  }
  throw new Error(`no claim for ${open.size} of ${addresses.length} addresses`);
}

/** Stands in for kube-proxy: the node takes packets for the address as its own, and its kernel answers no ARP for it. */
async function forwards({ name }: SpeakerNode): Promise<void> {
  for (const prefix of ['10.9.1.0/24', '10.9.4.0/22']) await ip(`-n ${name} route add local ${prefix} dev lo`);
  for (const setting of ['arp_ignore=1', 'arp_announce=2']) {
    const [key = '', value = ''] = setting.split('=');
    await ip(`netns exec ${name} sysctl -qw net.ipv4.conf.all.${key}=${value}`);
  }
}
