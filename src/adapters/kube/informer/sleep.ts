import type { Timers } from '../../../ports/time.ts';

/** Resolves after `delayMs`. Rejects with the signal's reason when that aborts first. */
export async function sleep(delayMs: number, timers: Timers, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      timer.cancel();
      reject(signal.reason as Error);
    };
    const timer = timers.start(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
