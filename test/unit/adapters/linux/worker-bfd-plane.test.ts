import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { WorkerBfdPlane } from '../../../../src/adapters/linux/worker-bfd-plane.ts';
import { parseIp } from '../../../../src/core/net/index.ts';
import type { BfdSessionSettings } from '../../../../src/ports/bfd.ts';
import { eventually } from '../../../support/eventually.ts';

const RESTART_AFTER_MS = 100;

let plane: WorkerBfdPlane | undefined;
afterEach(() => plane?.stop());

/** A plane whose thread reports each session that it gets, and then does this; with what it told. */
function started(then: string): { plane: WorkerBfdPlane; reported: string[]; failures: string[] } {
  const source = `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', (request) => {
      if (request.kind === 'stop') return parentPort.close();
      for (const { name } of request.sessions) parentPort.postMessage({ kind: 'changed', report: { name } });
      ${then}
    });`;
  const entry = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const made = new WorkerBfdPlane({ entry, restartAfterMs: RESTART_AFTER_MS });
  const reported: string[] = [];
  const failures: string[] = [];
  made.start({
    changed: ({ name }) => reported.push(name),
    counted: () => {},
    failed: (error) => failures.push(error.message),
  });
  plane = made;
  return { plane: made, reported, failures };
}

function session(name: string): BfdSessionSettings {
  const remote = parseIp('192.0.2.1');
  if (remote === undefined) throw new Error('no address');
  return {
    name,
    path: { remote },
    receiveIntervalMs: 300,
    transmitIntervalMs: 300,
    detectMultiplier: 3,
    passive: false,
  };
}

it.each([
  ['ends', 'setTimeout(() => process.exit(3), 5);', 'the BFD thread ended with status 3'],
  ['throws', "setTimeout(() => { throw new Error('lost'); }, 5);", 'lost'],
  ['gives up', "parentPort.postMessage({ kind: 'failed', message: 'no socket' }); parentPort.close();", 'no socket'],
])('starts a thread that %s anew with the same sessions, and tells each death once', async (_, then, why) => {
  const { plane, reported, failures } = started(then);
  plane.set([session('a'), session('b')]);
  await eventually(() => expect(reported.length).toBeGreaterThanOrEqual(4));
  expect(reported.slice(0, 4)).toEqual(['a', 'b', 'a', 'b']);
  await eventually(() => expect(failures.length).toBeGreaterThanOrEqual(2));
  await plane.stop();
  expect(new Set(failures)).toEqual(new Set([why]));
  expect(failures.length).toBeLessThanOrEqual(Math.ceil(reported.length / 2));
});

it('starts with the sessions that are wanted by then, and not at all for none', async () => {
  const { plane, reported, failures } = started('setTimeout(() => process.exit(3), 5);');
  plane.set([session('a')]);
  await eventually(() => expect(failures).toHaveLength(1));
  plane.set([session('b')]);
  await eventually(() => expect(reported).toContain('b'));
  await eventually(() => expect(failures).toHaveLength(2));
  plane.set([]);
  await sleep(4 * RESTART_AFTER_MS);
  expect(reported).toEqual(['a', 'b']);
});

it('starts nothing any more once it has stopped', async () => {
  const { plane, reported, failures } = started('setTimeout(() => process.exit(3), 5);');
  plane.set([session('a')]);
  await eventually(() => expect(failures).toHaveLength(1));
  await plane.stop();
  await sleep(4 * RESTART_AFTER_MS);
  expect([reported, failures.length]).toEqual([['a'], 1]);
});
