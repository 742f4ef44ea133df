import type { Timers } from './time.ts';

/** Resolves after `delayMs`, or as soon as `signal` aborts: the caller looks at it. */
export async function pause(delayMs: number, timers: Timers, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = timers.start(Math.max(0, delayMs), end);
    signal.addEventListener('abort', end, { once: true });
  });
}
