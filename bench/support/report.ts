import { loadavg } from 'node:os';
import { table } from '../../src/lab/progress.ts';

/** What a benchmark found, for programs. */
export interface BenchResult {
  readonly bench: string;
  /** Of two measurements in the same run: these can be compared between machines. */
  readonly ratios: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number | boolean | Readonly<Record<string, number>>>>;
}

/** Prints a table for people, and one line of JSON as the last line. */
export function report(title: string, rows: readonly (readonly string[])[], result: BenchResult): void {
  console.log(`\n${title}\n\n${table(rows)}\n\n   load of this machine now and in the last minutes: ${load()}\n`);
  console.log(JSON.stringify(result));
}

/** A line of progress, not of the result. */
export function progress(line: string): void {
  console.error(` · ${line}`);
}

/** One, five and fifteen minutes. */
function load(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
}

/** A number of the command line. @throws RangeError that names it */
export function numberArgument(at: number, fallback: number): number {
  const given = benchArguments()[at];
  if (given === undefined) return fallback;
  const value = Number(given);
  if (!Number.isInteger(value) || value <= 0) throw new RangeError(`"${given}" is not a number above 0`);
  return value;
}

/** What follows the benchmark's name: the file itself inside the sandbox, the name for `npm run bench`. */
export function benchArguments(): readonly string[] {
  return process.argv.slice(process.argv[1]?.endsWith('run.ts') ? 3 : 2);
}
