// kube-apiserver is killed and comes back: how long a Service created then waits for its address.
// `npm run bench -- outage [SECONDS] [ROUNDS]`.
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchCluster } from './support/bench-cluster.ts';
import { inSandbox } from './support/in-sandbox.ts';
import { endpointSliceObject, serviceObject } from './support/objects.ts';
import { quantile, rested, rounded } from './support/process-figures.ts';
import { numberArgument, progress, report } from './support/report.ts';
import { addressOf } from './support/services.ts';

const outageSeconds = numberArgument(0, 60);
const rounds = numberArgument(1, 1);
const ASK_EVERY_MS = 10;
const PATIENCE_MS = 120_000;

interface Round {
  /** From the first answer of kube-apiserver, of whatever kind, to the address. */
  readonly afterAnswer: number;
  /** From the answer to the Service's creation to the address. */
  readonly afterCreation: number;
}

async function main(): Promise<void> {
  await using cluster = await BenchCluster.start({ name: 'bench-outage', api: 'real', nodes: 1, form: 'bundled' });
  const controller = await cluster.startController();
  await cluster.leads(controller);
  await cluster.startSpeaker(cluster.nodes[0] ?? '');
  const results: Round[] = [];
  for (let number = 1; number <= rounds; number += 1) {
    await rested(controller.pid);
    results.push(await round(cluster, `after-outage-${number}`));
    if (!controller.running) throw new Error(`the controller ended:\n${await controller.lastLines()}`);
  }
  const worst = (pick: (result: Round) => number): number => rounded(quantile(results.map(pick), 1), 2);
  const figures = {
    newServiceAfterApiReturnS: worst(({ afterAnswer }) => afterAnswer),
    afterCreationS: worst(({ afterCreation }) => afterCreation),
    outageS: outageSeconds,
    rounds,
  };
  report(
    `kube-apiserver killed for ${outageSeconds} s, then back: the address of a Service created then (worst of ${rounds})`,
    [
      ['since the first answer of kube-apiserver', `${figures.newServiceAfterApiReturnS} s`, 'aim: 3 s'],
      ['since the Service was created', `${figures.afterCreationS} s`],
    ],
    { bench: 'outage', ratios: {}, figures },
  );
}

async function round(cluster: BenchCluster, name: string): Promise<Round> {
  const { client, controlPlane } = cluster;
  await client.create(endpointSliceObject(name, cluster.nodes));
  progress(`kube-apiserver is killed for ${outageSeconds} s`);
  await controlPlane.stopApiServer('SIGKILL');
  await sleep(outageSeconds * 1000);
  const starting = controlPlane.startApiServer();
  await until(() => client.call('GET', '/version').then(() => true));
  const answeredAt = performance.now();
  await until(() => client.create(serviceObject({ name })).then(() => true));
  const createdAt = performance.now();
  await until(async () => (await addressOf(client, name)) !== undefined);
  const addressAt = performance.now();
  await starting;
  const result = { afterAnswer: (addressAt - answeredAt) / 1000, afterCreation: (addressAt - createdAt) / 1000 };
  progress(`the address came ${rounded(result.afterAnswer, 2)} s after the first answer`);
  return result;
}

/** Asks until it is so; a failing call counts as not yet. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const untilMs = Date.now() + PATIENCE_MS; Date.now() < untilMs; ) {
    if (await isSo().catch(() => false)) return;
    await sleep(ASK_EVERY_MS);
  }
  throw new Error(`not within ${PATIENCE_MS / 1000} s`);
}

await inSandbox(import.meta.filename, main);
