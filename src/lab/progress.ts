import { setTimeout as sleep } from 'node:timers/promises';

const SLOW_MS = 1_000;

/** Does one step and says so: its title at once when it takes more than a second, and what it took when it is done. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const startedAtMs = Date.now();
  const slow = setTimeout(() => console.log(`   … ${title}`), SLOW_MS);
  try {
    const result = await work();
    console.log(` ✓ ${title} (${((Date.now() - startedAtMs) / 1000).toFixed(1)} s)`);
    return result;
  } catch (error) {
    console.log(` ✗ ${title}`);
    throw error;
  } finally {
    clearTimeout(slow);
  }
}

/** Asks again every `everyMs` until there is an answer. @throws Error that names what was waited for. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  limits = { everyMs: 20, withinMs: 20_000 },
): Promise<T> {
  for (const untilMs = Date.now() + limits.withinMs; Date.now() < untilMs; ) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(limits.everyMs);
  }
  throw new Error(`${what} did not happen within ${limits.withinMs / 1000} s`);
}

/** Rows as a table whose columns are as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((cell, at) => Math.max(cell.length, known[at] ?? 0)),
    [],
  );
  return rows
    .map((row) => `   ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('   ')}`.trimEnd())
    .join('\n');
}
