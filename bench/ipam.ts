// What the allocation costs, in memory only: `npm run bench -- ipam [SERVICES]`. Each ratio is of two figures of this run.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Applicant, Ipam, type PoolSpec } from '../src/core/ipam/index.ts';
import { type IpFamily, ipv4FromValue, parsePrefix, rangeOf } from '../src/core/net/index.ts';
import { numberArgument, progress, report } from './support/report.ts';

const services = numberArgument(0, 65_536);
const ROUNDS = 15;
/** The naive walk is quadratic: of so many Services one walks, and stands for the others. */
const NAIVE_SAMPLE = 32;

const CIRCUMSTANCES = { nowMs: 0, promised: () => 0 };

function pool(cidr: string): PoolSpec {
  const prefix = parsePrefix(cidr);
  if (prefix === undefined) throw new Error(`${cidr} is no prefix`);
  return {
    name: 'pool',
    ranges: [rangeOf(prefix)],
    autoAssign: true,
    avoidBuggyIps: false,
    reservations: [],
    admits: () => true,
  };
}

function ipamWith(cidr: string): Ipam {
  const ipam = new Ipam({ coolDownMs: 0 });
  ipam.setPools([pool(cidr)]);
  return ipam;
}

function service(at: number): Applicant {
  return { holder: `namespace/service-${at}`, namespace: 'namespace', labels: {}, ports: ['TCP/80', 'TCP/443'] };
}

function choose(ipam: Ipam, applicant: Applicant, family: IpFamily) {
  const wanted = { families: [family], everyFamily: true, addresses: [], pools: [], keep: [] };
  const choice = ipam.choose(applicant, wanted, CIRCUMSTANCES);
  if (choice.kind === 'refused') throw new Error(`no address for ${applicant.holder}`);
  return choice.addresses;
}

function give(ipam: Ipam, applicant: Applicant, family: IpFamily): void {
  ipam.assign(applicant, choose(ipam, applicant, family));
}

function fill(ipam: Ipam, count: number, family: IpFamily = 'IPv4'): void {
  for (let at = 0; at < count; at += 1) give(ipam, service(at), family);
}

function free(ipam: Ipam, at: number): void {
  ipam.retire(service(at).holder);
  ipam.settle(service(at).holder, [], 0);
}

/** Nine in ten taken, the free ones spread by chance (always the same). */
function fragmented(): Ipam {
  const ipam = ipamWith('10.0.0.0/16');
  fill(ipam, 65_536);
  let seed = 1;
  for (let at = 0; at < 65_536; at += 1) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    if (seed % 10 === 0) free(ipam, at);
  }
  return ipam;
}

function msOf(work: () => void): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

/** The best time of each of the two, run in turns: what else the machine does only ever adds to a time. */
function inTurns(one: () => number, other: () => number): readonly [number, number] {
  const times = Array.from({ length: ROUNDS }, () => [one(), other()] as const);
  return [Math.min(...times.map(([first]) => first)), Math.min(...times.map(([, second]) => second))];
}

/** One Service gets the first free address and gives it back, in microseconds. */
function firstFreeUs(ipam: Ipam): number {
  const searcher = service(-1);
  const times = 2_000;
  const ms = msOf(() => {
    for (let time = 0; time < times; time += 1) {
      give(ipam, searcher, 'IPv4');
      free(ipam, -1);
    }
  });
  return (ms / times) * 1000;
}

/** Per address, in microseconds, of as many pools as make about 16,384 addresses. */
function fillUs(cidr: string, count: number, family: IpFamily): number {
  const pools = Math.max(1, Math.round(16_384 / count));
  const ipams = Array.from({ length: pools }, () => ipamWith(cidr));
  const ms = msOf(() => {
    for (const ipam of ipams) fill(ipam, count, family);
  });
  return (ms / (pools * count)) * 1000;
}

/** A set of the taken addresses, walked from the first one of the pool by each Service. */
function naiveFillMs(count: number): number {
  const taken = new Set<number>();
  const first = 10 * 2 ** 24;
  let ms = 0;
  for (let at = 0; at < count; at += 1) {
    if (at % NAIVE_SAMPLE !== 0) {
      taken.add(first + at);
      continue;
    }
    ms += msOf(() => {
      let address = first;
      while (taken.has(address)) address += 1;
      taken.add(ipv4FromValue(address));
    });
  }
  return ms * NAIVE_SAMPLE;
}

/** The rise of the heap for each Service that has an address, in bytes, the name of the Service included. */
function bytesPerService(count: number): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const ipam = ipamWith('10.0.0.0/8');
  collect();
  const before = process.memoryUsage().heapUsed;
  fill(ipam, count);
  collect();
  const after = process.memoryUsage().heapUsed;
  free(ipam, 0);
  return (after - before) / count;
}

progress('First free address of an empty pool and of a fragmented one…');
const [empty, full] = [ipamWith('10.0.0.0/16'), fragmented()];
const [emptyUs, fullUs] = inTurns(
  () => firstFreeUs(empty),
  () => firstFreeUs(full),
);
progress(`${services} Services into one pool…`);
const size = `10.0.0.0/${services > 65_536 ? 8 : 16}`;
const [smallUs, largeUs] = inTurns(
  () => fillUs(size, Math.ceil(services / 16), 'IPv4'),
  () => fillUs(size, services, 'IPv4'),
);
progress('The same by a walk over a set…');
const naiveMs = naiveFillMs(services);
progress('An IPv6 /64 and an IPv4 /24…');
const [v4Us, v6Us] = inTurns(
  () => fillUs('10.0.0.0/24', 256, 'IPv4'),
  () => fillUs('fd00::/64', 256, 'IPv6'),
);
const bytes = bytesPerService(services);

const us = (value: number): string => value.toFixed(2);
const ratio = (value: number): number => Math.round(value * 100) / 100;
const naiveToOurs = naiveMs / ((largeUs * services) / 1000);
report(
  'Allocation in memory, microseconds for one address',
  [
    ['', 'µs', 'against', 'ratio', 'aim'],
    [
      'first free of 65,536, 90 % used and fragmented',
      us(fullUs),
      `empty: ${us(emptyUs)}`,
      us(fullUs / emptyUs),
      '< 2',
    ],
    [`filling with ${services}`, us(largeUs), `a 16th of that: ${us(smallUs)}`, us(largeUs / smallUs), 'about 1'],
    ['filling by a walk over a set', us((naiveMs * 1000) / services), `ours: ${us(largeUs)}`, us(naiveToOurs), '> 10'],
    ['filling an IPv6 /64 with 256', us(v6Us), `an IPv4 /24: ${us(v4Us)}`, us(v6Us / v4Us), 'about 1'],
    ['memory of one Service, bytes', String(Math.round(bytes)), '', '', ''],
  ],
  {
    bench: 'ipam',
    ratios: {
      nearlyFullToEmpty: ratio(fullUs / emptyUs),
      fillPerAddressGrowth: ratio(largeUs / smallUs),
      naiveToOurs: ratio(naiveToOurs),
      ipv6ToIpv4: ratio(v6Us / v4Us),
    },
    figures: {
      services,
      bytesPerService: Math.round(bytes),
      firstFreeUs: ratio(fullUs),
      fillUs: ratio(largeUs),
    },
  },
);
