import { longestOutage } from '../../../src/lab/page-attempt.ts';
import type { ProcessCluster } from '../../kubernetes/process-cluster.ts';
import { NODES } from '../../kubernetes/topology.ts';
import type { PageProbe } from '../../kubernetes/web-client.ts';

/** Of each client. */
const PROBE_EVERY_MS = 125;

/** Clients that fetch pages while something is moved. */
export interface Clients {
  readonly addresses: readonly string[];
  /** Of the Service that nodes serve at their own addresses too, which no load balancer moves: what it lacks is the machine's. */
  readonly nodePort: number;
}

/**
 * A client on each address while `move` does its work; ends when each has a page again. Prints the longest times without one,
 * and those of clients of the nodes' own addresses.
 */
export async function pageGaps(
  title: string,
  cluster: ProcessCluster,
  { addresses, nodePort }: Clients,
  move: () => Promise<void>,
): Promise<void> {
  const controls = NODES.map(({ address }) => `http://${address}:${nodePort}/`);
  const urls = [...addresses.map((address) => `http://${address}/`), ...controls];
  const probes = cluster.client.probes(urls, PROBE_EVERY_MS);
  const pages = (withinMs: number): Promise<unknown> => Promise.all(probes.map((probe) => probe.nextPage(withinMs)));
  try {
    await pages(30_000);
    await move();
    await pages(60_000);
    const served = gapsMs(probes.slice(0, addresses.length));
    const control = gapsMs(probes.slice(addresses.length));
    const each = `${addresses.length} pages, each asked for every ${PROBE_EVERY_MS} ms`;
    const own = `from the nodes' own addresses ${textOf(control)}`;
    const added = Math.max(0, (served.at(-1) ?? 0) - (control.at(-1) ?? 0));
    console.log(`${title}: ${each}, came at least every ${textOf(served)}; ${own}: the move added at most ${added} ms`);
  } finally {
    for (const probe of probes) probe.stop();
  }
}

/** The longest times between two pages, client by client, in order. */
function gapsMs(probes: readonly PageProbe[]): readonly number[] {
  const gaps = probes.map(({ attempts }) => {
    const { firstPageAtMs = 0, lastPageAtMs = 0 } = longestOutage(attempts) ?? {};
    return Math.round(firstPageAtMs - lastPageAtMs);
  });
  return gaps.sort((a, b) => a - b);
}

function textOf(gaps: readonly number[]): string {
  return `${gaps[Math.floor(gaps.length / 2)]} ms (median), ${gaps.at(-1)} ms (longest)`;
}
