import { expect, it } from 'vitest';
import { WorkerPacketPlane } from '../../../../src/adapters/linux/worker-packet-plane.ts';

/** A thread that says that it started and then does this. */
function plane(then: string, giveUp?: () => void): WorkerPacketPlane {
  const source = `import { parentPort } from 'node:worker_threads'; parentPort.postMessage({ kind: 'started' }); ${then}`;
  return new WorkerPacketPlane({
    nodeName: 'node1',
    entry: new URL(`data:text/javascript,${encodeURIComponent(source)}`),
    ...(giveUp === undefined ? {} : { stopWithinMs: 50, giveUp }),
  });
}

it('stops also when its thread has ended by itself', async () => {
  const dying = plane('setTimeout(() => process.exit(3), 20);');
  const { promise: stopped, resolve } = Promise.withResolvers<string>();
  await dying.start({
    notice: () => {},
    failed: (error) => void dying.stop().then(() => resolve(error.message)),
  });
  expect(await stopped).toBe('the packet thread ended with status 3');
});

it('has stopped for the second who asks no sooner than for the first', async () => {
  const slow = plane("parentPort.on('message', () => setTimeout(() => parentPort.close(), 50));");
  await slow.start({ notice: () => {}, failed: () => {} });
  const order: string[] = [];
  await Promise.all([slow.stop().then(() => order.push('first')), slow.stop().then(() => order.push('second'))]);
  expect(order).toEqual(['first', 'second']);
});

it('gives a thread up that does not stop in time', async () => {
  const { promise: givenUp, resolve } = Promise.withResolvers<string>();
  const deaf = plane("parentPort.on('message', () => {}); setTimeout(() => process.exit(0), 200);", () =>
    resolve('given up'),
  );
  await deaf.start({ notice: () => {}, failed: () => {} });
  const stopped = deaf.stop();
  expect(await givenUp).toBe('given up');
  void stopped;
});
