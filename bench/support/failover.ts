import { setTimeout as sleep } from 'node:timers/promises';
import { formatMac, type Ipv4, ipv4FromValue } from '../../src/core/net/index.ts';
import { eventually } from '../../test/support/eventually.ts';
import { v4 } from '../../test/support/fake-lan.ts';
import { Station } from '../../test/support/namespace-lan.ts';
import { ip } from '../../test/support/network-namespace.ts';
import { CLIENT, SpeakerLan, type SpeakerNode } from '../../test/support/speaker-lan.ts';
import { EchoClient, EchoNode } from './echo.ts';
import { quantile, rounded } from './process-figures.ts';
import { commandOf } from './program.ts';
import { numberArgument, progress, report } from './report.ts';

export { measureLoad } from './failover-load.ts';

const NODES = 3;
const ADDRESS = v4('10.9.1.1');
const PROBE_EVERY_MS = 5;
const MANY = 1000;
const MANY_TRIALS = 5;
const PLANNED_MOVES = 10;
const PATIENCE_MS = 30_000;
/** Between two trials: until then what was announced is over, and caches are as on a LAN that has been up for a while. */
const REST_MS = 1500;

/** Prints how long the client is without answers. */
export async function measureFailover(): Promise<void> {
  const trials = numberArgument(0, 30);
  await using lan = await SpeakerLan.create(NODES, commandOf('speaker', 'bundled'));
  await lan.repair();
  for (const node of lan.nodes) await forwards(node);
  const echoes = lan.nodes.map(({ name }) => new EchoNode(name, ADDRESS));
  await using client = await EchoClient.start(CLIENT, ADDRESS, PROBE_EVERY_MS);
  lan.controller.grant([ADDRESS], names(lan));
  await until(lan, () => lan.controller.claimantsOf(ADDRESS).length === 1 && client.answeredWithin(100));
  progress(`${trials} power cuts with one address`);
  const cuts: number[] = [];
  for (let trial = 0; trial < trials; trial += 1) cuts.push(await powerCut(lan, client));
  progress(`${PLANNED_MOVES} planned moves and ${2 * NODES} restarts`);
  const planned = await plannedMoves(lan, client);
  const restarts = await restartsOf(lan, client);
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
    powerCut1000Ms: rounded(quantile(many, 1), 0),
    plannedLostProbes: planned,
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
        ...[0.5, 0.95, 0.99, 1].map((share) => `${rounded(quantile(many, share), 0)} ms`),
        '1,000 ms',
      ],
      [`probes lost in ${PLANNED_MOVES} planned moves`, String(planned), '', '', '', '0'],
      [`addresses moved by ${2 * NODES} restarts of speakers`, String(restarts.moves), '', '', '', '0'],
      ['probes lost in these', String(restarts.lost), '', '', '', '0'],
    ],
    { bench: 'failover', ratios: {}, figures },
  );
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

/** The controller puts another node first, again and again. @returns how many probes were not answered */
async function plannedMoves(lan: SpeakerLan, client: EchoClient): Promise<number> {
  const before = client.lost;
  for (let move = 0; move < PLANNED_MOVES; move += 1) {
    const [owner = ''] = lan.controller.claimantsOf(ADDRESS);
    const others = names(lan).filter((name) => name !== owner);
    lan.controller.grant([ADDRESS], [...others, owner]);
    await until(lan, () => lan.controller.claimantsOf(ADDRESS).join() === others[0]);
    await sleep(REST_MS / 3);
  }
  return client.lost - before;
}

/** The speaker of each node is killed once and stopped once, and starts again. */
async function restartsOf(
  lan: SpeakerLan,
  client: EchoClient,
): Promise<{ readonly moves: number; readonly lost: number }> {
  const lostBefore = client.lost;
  let moves = 0;
  for (const node of lan.nodes) {
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const [owner] = lan.controller.claimantsOf(ADDRESS);
      await node.signal(signal);
      await sleep(REST_MS);
      await lan.repair();
      await until(lan, () => lan.controller.claimantsOf(ADDRESS).length === 1);
      if (lan.controller.claimantsOf(ADDRESS)[0] !== owner) moves += 1;
    }
  }
  return { moves, lost: client.lost - lostBefore };
}

/** @returns from the cut to the moment at which the client had heard the claim for the last address, in ms, for each trial */
async function powerCutsOfMany(lan: SpeakerLan): Promise<number[]> {
  const addresses = Array.from({ length: MANY }, (_, index) => ipv4FromValue(v4('10.9.4.0') + index));
  const station = await Station.open(CLIENT);
  const results: number[] = [];
  for (let trial = 0; trial < MANY_TRIALS; trial += 1) {
    const owner = names(lan)[trial % NODES] ?? '';
    lan.controller.grant(addresses, [owner, ...names(lan).filter((name) => name !== owner)]);
    await until(lan, () => (lan.controller.shares[owner] ?? 0) >= MANY);
    await sleep(10 * REST_MS);
    const cutAtMs = performance.now();
    station.heard.length = 0;
    const claimed = claimsHeard(station, lan.node(owner), addresses);
    await lan.node(owner).cutPower();
    results.push((await claimed) - cutAtMs);
    await lan.repair();
  }
  station.close();
  return results;
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

function names(lan: SpeakerLan): string[] {
  return lan.nodes.map(({ name }) => name);
}

async function until(lan: SpeakerLan, isSo: () => boolean): Promise<void> {
  await eventually(() => {
    if (!isSo()) throw new Error(`claims: ${String(lan.controller)}`);
  }, PATIENCE_MS);
}

/** Stands in for kube-proxy: the node takes packets for the address as its own, and its kernel answers no ARP for it. */
async function forwards({ name }: SpeakerNode): Promise<void> {
  await ip(`-n ${name} route add local 10.9.1.0/24 dev lo`);
  for (const setting of ['arp_ignore=1', 'arp_announce=2']) {
    const [key = '', value = ''] = setting.split('=');
    await ip(`netns exec ${name} sysctl -qw net.ipv4.conf.all.${key}=${value}`);
  }
}
