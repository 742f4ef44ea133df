import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

const MODULE = new URL('../../../src/cli/process-life.ts', import.meta.url).href;

/** Takes a moment to stop, and says when it begins to run and to stop. */
const PROGRAM = `
  const { aborted, runToExit, stopSignal } = await import(${JSON.stringify(MODULE)});
  await runToExit('test', undefined, async () => {
    const stopped = aborted(stopSignal());
    const busy = setInterval(() => {}, 1000);
    console.log('running');
    await stopped;
    console.log('stopping');
    await new Promise((resolve) => setTimeout(resolve, 300));
    clearInterval(busy);
  });
`;

/** How a process ends that gets these signals, the second one while it stops. */
async function endAfter(first: NodeJS.Signals, second: NodeJS.Signals): Promise<unknown> {
  const program = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(program, 'exit');
  try {
    await once(program.stdout, 'data');
    program.kill(first);
    await once(program.stdout, 'data');
    program.kill(second);
    const [status, signal] = await ended;
    return status ?? signal;
  } finally {
    program.kill('SIGKILL');
  }
}

it.each<[NodeJS.Signals, NodeJS.Signals]>([
  ['SIGTERM', 'SIGTERM'],
  ['SIGINT', 'SIGTERM'],
])('goes on to stop in order when %s is followed by %s', async (first, second) => {
  expect(await endAfter(first, second)).toBe(0);
});

it('ends at once by the signal itself when interrupted twice', async () => {
  expect(await endAfter('SIGINT', 'SIGINT')).toBe('SIGINT');
});

it.each([
  ['thrown', "setTimeout(() => { throw new Error('a defect'); }, 10);"],
  ['rejected', "void Promise.reject(new Error('a defect'));"],
])('says one line, stops what must not be torn down, and ends with status 1 when an error is %s', async (_, defect) => {
  const source = `
    const { endOnDefect } = await import(${JSON.stringify(MODULE)});
    const log = { error: (event, { error }) => console.log(event, error) };
    endOnDefect(log, async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log('stopped');
    });
    setInterval(() => {}, 1000);
    ${defect}
  `;
  const program = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  program.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [status] = await once(program, 'close');
  expect([status, output]).toEqual([1, 'fatal Error: a defect\nstopped\n']);
});
