import { insideSandbox, runInSandbox, sandboxLack } from '../../src/lab/sandbox.ts';
import { benchArguments } from './report.ts';

/** Runs a benchmark in namespaces of its own: whatever it started ends with it, also when it fails. @param file the benchmark's */
export async function inSandbox(file: string, main: () => Promise<void>): Promise<void> {
  if (insideSandbox()) {
    await main();
    return;
  }
  const lack = await sandboxLack();
  if (lack !== undefined) throw new Error(`${lack.what}: ${lack.remedy}`);
  process.exitCode = await runInSandbox([process.execPath, file, ...benchArguments()]);
}
