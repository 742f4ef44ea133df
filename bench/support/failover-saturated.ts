import { setTimeout as sleep } from 'node:timers/promises';
import { ipv4FromValue } from '../../src/core/net/index.ts';
import { eventually } from '../../test/support/eventually.ts';
import { v4 } from '../../test/support/fake-lan.ts';
import { SpeakerLan } from '../../test/support/speaker-lan.ts';
import { BusyProcessors } from './busy-processors.ts';
import { commandOf } from './program.ts';
import { numberArgument, progress, report } from './report.ts';

const NODES = 3;
const ADDRESSES = 30;
const MINUTES = 60;
const PATIENCE_MS = 60_000;

/** Prints what speakers do to each other while other programs take all processors, and nothing is wrong. */
export async function measureSaturated(): Promise<void> {
  const minutes = numberArgument(1, MINUTES);
  await using lan = await SpeakerLan.create(NODES, commandOf('speaker', 'bundled'));
  await lan.repair();
  const names = lan.nodes.map(({ name }) => name);
  for (let index = 0; index < ADDRESSES; index += 1) {
    const turned = [...names.slice(index % NODES), ...names.slice(0, index % NODES)];
    lan.controller.grant([ipv4FromValue(v4('10.9.4.0') + index)], turned);
  }
  await eventually(() => {
    if (names.some((name) => lan.controller.shares[name] !== ADDRESSES / NODES))
      throw new Error(`shares: ${JSON.stringify(lan.controller.shares)}`);
  }, PATIENCE_MS);
  const before = lan.nodes.map(({ lines }) => lines.length);
  await using _busy = new BusyProcessors();
  progress(`${minutes} minutes with all processors taken by others`);
  await sleep(minutes * 60_000);
  const since = lan.nodes.flatMap(({ lines }, index) => lines.slice(before[index]));
  const changes = since.filter(({ event }) => event === 'ownership-changed');
  const to = (holding: string): number =>
    changes.filter((line) => line.holding === holding).reduce((sum, { count }) => sum + Number(count ?? 1), 0);
  const figures = { minutes, falseTakeovers: to('claim'), falseStandIns: to('stand-in') };
  report(
    `${NODES} nodes with ${ADDRESSES} addresses for ${minutes} minutes, all processors saturated by others`,
    [
      ['addresses taken over though their owner lived', String(figures.falseTakeovers), 'aim: 0'],
      ['addresses stood in for', String(figures.falseStandIns)],
      ...changes
        .filter(({ holding }) => holding === 'claim')
        .map(({ node, reason, other }) => [`${String(node)} took over`, String(reason), String(other)]),
    ],
    { bench: 'failover saturated', ratios: {}, figures },
  );
}
