// Runs test tiers: `node tools/test.ts unit integration net`. All of them run inside one sandbox, so that no test can reach the machine's network.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { insideSandbox, runInSandbox, sandboxLack } from '../src/lab/sandbox.ts';

const TIERS_WITHOUT_SANDBOX = ['unit', 'integration'];

async function main(args: readonly string[]): Promise<number> {
  if (insideSandbox()) return vitest(args);
  const lack = await sandboxLack();
  if (lack === undefined) return runInSandbox([process.execPath, import.meta.filename, ...args]);
  if (process.env.CI !== undefined) throw new Error(`${lack.what}: ${lack.remedy}`);
  const left = args.filter((arg) => TIERS_WITHOUT_SANDBOX.includes(arg) || arg.startsWith('-'));
  console.error(
    `Skipping ${args.filter((arg) => !left.includes(arg)).join(', ')}: ${lack.what}.\nTo run them: ${lack.remedy}.`,
  );
  return vitest(left);
}

/** Tier names become projects; everything else is handed to vitest as it is. */
async function vitest(args: readonly string[]): Promise<number> {
  const tiers = args.filter((arg) => /^[a-z0-9]+$/.test(arg));
  const rest = args.filter((arg) => !tiers.includes(arg));
  const program = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [program, 'run', ...tiers.flatMap((tier) => ['--project', tier]), ...rest], {
    stdio: 'inherit',
  });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

process.exitCode = await main(process.argv.slice(2));
