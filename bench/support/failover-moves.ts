import { setTimeout as sleep } from 'node:timers/promises';
import { type Ipv4, ipv4FromValue } from '../../src/core/net/index.ts';
import { eventually } from '../../test/support/eventually.ts';
import { v4 } from '../../test/support/fake-lan.ts';
import { CLIENT, type SpeakerLan } from '../../test/support/speaker-lan.ts';
import { EchoClient } from './echo.ts';

export const PATIENCE_MS = 30_000;
/** Between two trials: until then what was announced is over, and caches are as on a LAN that has been up for a while. */
export const REST_MS = 1500;
const PROBE_EVERY_MS = 5;
/** So many of a thousand are probed: a client that knew them all would be at the limit of its kernel's cache. */
const PROBED = 100;

/** How many addresses go at once, and how often. */
export interface MovePlan {
  readonly addresses: number;
  readonly moves: number;
}

export const PLANNED_MOVES: readonly MovePlan[] = [
  { addresses: 1, moves: 10 },
  { addresses: 100, moves: 5 },
  { addresses: 1000, moves: 5 },
];

/** The controller puts another node first, again and again. @returns with how many probes were not answered */
export async function plannedMoves(lan: SpeakerLan, plan: MovePlan): Promise<MovePlan & { readonly lost: number }> {
  const addresses = manyAddresses(plan.addresses);
  const [first = 0 as Ipv4] = addresses;
  lan.controller.grant(addresses, names(lan));
  await until(lan, () => ownersOf(lan, addresses).size === 1);
  const every = Math.ceil(addresses.length / PROBED);
  const probed = addresses.filter((_, index) => index % every === 0);
  await using client = await EchoClient.start(CLIENT, probed, PROBE_EVERY_MS);
  // Until each was resolved for the first time: that is no matter of a move.
  await sleep(REST_MS);
  const before = client.lost;
  for (let move = 0; move < plan.moves; move += 1) {
    const [owner = ''] = lan.controller.claimantsOf(first);
    const others = names(lan).filter((name) => name !== owner);
    lan.controller.grant(addresses, [...others, owner]);
    await until(lan, () => [...ownersOf(lan, addresses)].join() === others[0]);
    await sleep(REST_MS);
  }
  return { ...plan, lost: client.lost - before };
}

/** The speaker of each node is killed once and stopped once, and starts again. */
export async function restartsOf(
  lan: SpeakerLan,
  client: EchoClient,
  address: Ipv4,
): Promise<{ readonly moves: number; readonly lost: number }> {
  const lostBefore = client.lost;
  let moves = 0;
  for (const node of lan.nodes) {
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const [owner] = lan.controller.claimantsOf(address);
      await node.signal(signal);
      await sleep(REST_MS);
      await lan.repair();
      await until(lan, () => lan.controller.claimantsOf(address).length === 1);
      if (lan.controller.claimantsOf(address)[0] !== owner) moves += 1;
    }
  }
  return { moves, lost: client.lost - lostBefore };
}

/** The first of 10.9.4.0/22. */
export function manyAddresses(count: number): Ipv4[] {
  return Array.from({ length: count }, (_, index) => ipv4FromValue(v4('10.9.4.0') + index));
}

export function names(lan: SpeakerLan): string[] {
  return lan.nodes.map(({ name }) => name);
}

export async function until(lan: SpeakerLan, isSo: () => boolean): Promise<void> {
  await eventually(() => {
    if (!isSo()) throw new Error(`claims: ${JSON.stringify(lan.controller.shares)}`);
  }, PATIENCE_MS);
}

/** By their own word. */
function ownersOf(lan: SpeakerLan, addresses: readonly Ipv4[]): ReadonlySet<string> {
  return new Set(addresses.flatMap((address) => lan.controller.claimantsOf(address)));
}
