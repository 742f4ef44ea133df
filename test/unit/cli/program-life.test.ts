import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, vi } from 'vitest';

// Each of these starts a program.
vi.setConfig({ testTimeout: 60_000 });

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts');
const PLUGIN = join(import.meta.dirname, '../../../src/cli/people.ts');

function statusOf(program: string, args: readonly string[]): number | null {
  return spawnSync(process.execPath, [program, ...args], { stdio: 'ignore' }).status;
}

it.each([
  ['an unknown command', ['statsu']],
  ['an unknown command below another', ['simulate', 'explode']],
  ['a missing argument', ['explain']],
  ['a choice that there is not', ['status', '-o', 'xml']],
  ['a mandatory flag that is missing', ['migrate']],
  ['an unknown flag of the controller', ['controller', '--colour']],
])('%s ends with status 2', (_, args) => {
  expect(statusOf(MAIN, args)).toBe(2);
});

it('the plugin of kubectl ends with status 2 as well', () => {
  expect(statusOf(PLUGIN, ['migrate'])).toBe(2);
});

it('help that is asked for ends with status 0', () => {
  expect(statusOf(MAIN, ['simulate', '--help'])).toBe(0);
});

it('output that nobody reads on ends the program without a word', async () => {
  const child = spawn(process.execPath, [MAIN, 'manifest'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [errors, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect({ errors, status }).toEqual({ errors: '', status: 0 });
});
