// How long an ARP answer takes at 100 requests a second, beside the kernel's own answer in the same run: `npm run bench -- arp`.
import { setTimeout as sleep } from 'node:timers/promises';
import { arpAnnouncement, decodeArpFrame, encodeArpFrame } from '../src/core/codec/arp/index.ts';
import { formatIp, type Ipv4, ipv4FromValue } from '../src/core/net/index.ts';
import { insideSandbox, runInSandbox, sandboxLack } from '../src/lab/sandbox.ts';
import { v4 } from '../test/support/fake-lan.ts';
import { BlockingStation, NodePlane } from '../test/support/namespace-lan.ts';
import { ip } from '../test/support/network-namespace.ts';

const REQUESTS = 500;
const PAUSE_MS = 10;
const KERNEL = v4('10.9.0.1');

interface Row {
  readonly who: string;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  readonly lost: number;
}

async function main(): Promise<void> {
  await ip('netns add node1');
  await ip('netns add client');
  await ip('-n node1 link add eth0 type veth peer name eth0 netns client');
  await ip('-n node1 address add 10.9.0.1/16 dev eth0');
  for (const namespace of ['node1', 'client']) await ip(`-n ${namespace} link set eth0 up`);
  const plane = await NodePlane.start('node1');
  const station = await BlockingStation.open('client');
  const rows: Row[] = [];
  for (const count of [1, 1000]) {
    const addresses = Array.from({ length: count }, (_, index) => ipv4FromValue(v4('10.9.1.0') + index));
    plane.announce(...addresses);
    await plane.claims(...addresses);
    const quietAfterMs = count === 1 ? 1000 : 34_000;
    console.error(`Waiting ${quietAfterMs / 1000} s for the announcements of ${count} to be over…`);
    await sleep(quietAfterMs);
    const label = `${count} address${count === 1 ? '' : 'es'}`;
    rows.push(await measure(`speaker, ${label}`, station, (index) => addresses[index % count] ?? KERNEL));
    rows.push(await measure('kernel', station, () => KERNEL));
  }
  station.close();
  await plane.stop();
  print(rows);
}

/** Asks, waits for the answer, pauses. */
async function measure(who: string, station: BlockingStation, target: (index: number) => Ipv4): Promise<Row> {
  const times: number[] = [];
  let lost = 0;
  for (let index = 0; index < REQUESTS; index += 1) {
    await sleep(PAUSE_MS);
    const address = target(index);
    const request = encodeArpFrame({ ...arpAnnouncement(station.mac, address), spa: v4('10.9.0.2') });
    const startedAt = performance.now();
    const answered = station.exchange(request, (octets) => {
      const { op, spa } = decodeArpFrame(octets);
      return op === 2 && spa === address;
    });
    if (answered) times.push((performance.now() - startedAt) * 1000);
    else lost += 1;
  }
  times.sort((a, b) => a - b);
  const quantile = (share: number): number => Math.round(times[Math.floor(share * (times.length - 1))] ?? Number.NaN);
  return { who, p50Us: quantile(0.5), p99Us: quantile(0.99), maxUs: quantile(1), lost };
}

function print(rows: readonly Row[]): void {
  console.log(
    `ARP answers at ${1000 / PAUSE_MS} requests a second, ${REQUESTS} each, from ${formatIp(KERNEL)} over a veth pair`,
  );
  console.table(Object.fromEntries(rows.map(({ who, ...figures }, index) => [`${index + 1} ${who}`, figures])));
  const [one, kernel, thousand, kernelAgain] = rows;
  if (one === undefined || kernel === undefined || thousand === undefined || kernelAgain === undefined) return;
  const kernelP50 = (kernel.p50Us + kernelAgain.p50Us) / 2;
  const ratio = (value: number): number => Math.round((value / kernelP50) * 100) / 100;
  console.log(
    JSON.stringify({
      bench: 'arp',
      ratios: { p50ToKernel: ratio(thousand.p50Us), p50ToKernelOneAddress: ratio(one.p50Us) },
      figures: {
        p50Us: thousand.p50Us,
        p99Us: thousand.p99Us,
        oneAddressP50Us: one.p50Us,
        oneAddressP99Us: one.p99Us,
        kernelP50Us: kernelP50,
        kernelP99Us: kernelAgain.p99Us,
        lost: one.lost + thousand.lost,
      },
    }),
  );
}

if (insideSandbox()) await main();
else {
  const lack = await sandboxLack();
  if (lack !== undefined) throw new Error(`${lack.what}: ${lack.remedy}`);
  process.exitCode = await runInSandbox([process.execPath, import.meta.filename]);
}
