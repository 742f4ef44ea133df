// From creating a Service to the first ARP answer for its address that a client on the LAN sees, on the real kube-apiserver
// with three nodes: `npm run bench -- reachable [TRIALS]`.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Ipv4, parseIpv4 } from '../src/core/net/index.ts';
import { Station } from '../test/support/namespace-lan.ts';
import { BenchCluster, CLIENT } from './support/bench-cluster.ts';
import { inSandbox } from './support/in-sandbox.ts';
import { endpointSliceObject, poolAddress, serviceObject } from './support/objects.ts';
import { quantile, rested, rounded } from './support/process-figures.ts';
import { numberArgument, progress, report } from './support/report.ts';
import { AddressWatch } from './support/services.ts';

const trials = numberArgument(0, 20);
const ASK_EVERY_MS = 1;
const PATIENCE_MS = 10_000;
/** Between two trials, so that nothing of the last one is still under way. */
const PAUSE_MS = 300;

interface Trial {
  /** From the request that creates the Service, in milliseconds. */
  readonly answerMs: number;
  readonly statusMs: number;
}

async function main(): Promise<void> {
  await using cluster = await BenchCluster.start({ name: 'bench-reachable', api: 'real', nodes: 3, form: 'bundled' });
  const controller = await cluster.startController();
  await cluster.leads(controller);
  for (const node of cluster.nodes) await cluster.startSpeaker(node);
  const station = await Station.open(CLIENT);
  const watch = await AddressWatch.open(cluster.access, cluster.client);
  await rested(controller.pid);
  progress(`${trials} Services, one after the other`);
  const results: Trial[] = [];
  for (let index = 0; index < trials; index += 1) {
    results.push(await trial(cluster, { station, watch, index }));
    await sleep(PAUSE_MS);
  }
  station.close();
  watch.close();
  const of = (pick: (result: Trial) => number, share: number): number => rounded(quantile(results.map(pick), share), 1);
  const figures = {
    trials,
    p50Ms: of(({ answerMs }) => answerMs, 0.5),
    p95Ms: of(({ answerMs }) => answerMs, 0.95),
    statusP50Ms: of(({ statusMs }) => statusMs, 0.5),
    statusP95Ms: of(({ statusMs }) => statusMs, 0.95),
  };
  report(
    `From creating a Service to its address, ${trials} times, three nodes, asked every ${ASK_EVERY_MS} ms`,
    [
      ['', 'p50', 'p95'],
      ['first ARP answer at the client', `${figures.p50Ms} ms`, `${figures.p95Ms} ms`],
      ['status seen by a watch', `${figures.statusP50Ms} ms`, `${figures.statusP95Ms} ms`],
    ],
    { bench: 'reachable', ratios: {}, figures },
  );
}

async function trial(
  cluster: BenchCluster,
  { station, watch, index }: { readonly station: Station; readonly watch: AddressWatch; readonly index: number },
): Promise<Trial> {
  const name = `service-${index + 1}`;
  // A requested address: the client can ask for it before anybody could have told it.
  const requested = poolAddress(index);
  const address = parseIpv4(requested);
  if (address === undefined) throw new RangeError(`${requested} is not an address`);
  await cluster.client.create(endpointSliceObject(name, cluster.nodes));
  await sleep(PAUSE_MS);
  const startedAt = performance.now();
  const answered = firstAnswer(station, address);
  await cluster.client.create(serviceObject({ name, requested }));
  const answeredAt = await answered;
  const { last } = await watch.all([name], PATIENCE_MS);
  return { answerMs: answeredAt - startedAt, statusMs: last - startedAt };
}

/** Asks again and again. @returns when the answer was heard, as performance.now() */
async function firstAnswer(station: Station, address: Ipv4): Promise<number> {
  const question = station.request(address);
  const before = station.heard.length;
  for (const untilMs = Date.now() + PATIENCE_MS; Date.now() < untilMs; ) {
    station.send(question);
    await sleep(ASK_EVERY_MS);
    const answer = ({ op, spa, tha }: Station['heard'][number]): boolean =>
      op === 2 && spa === address && tha === station.mac;
    if (station.heard.slice(before).some(answer)) return performance.now();
  }
  throw new Error(`nobody answered within ${PATIENCE_MS / 1000} s`);
}

await inSandbox(import.meta.filename, main);
