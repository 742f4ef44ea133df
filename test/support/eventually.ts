import { setTimeout as sleep } from 'node:timers/promises';

/** Tries an assertion again until it holds. The last failure is what the test shows. */
export async function eventually(assertion: () => void | Promise<void>, withinMs = 10_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await sleep(10);
    }
  }
}
