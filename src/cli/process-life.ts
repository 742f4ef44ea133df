import type { Log } from '../ports/log.ts';

/** An error of the user's making: printed as it is, without a stack, and the process ends with status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A signal that aborts with the first SIGTERM or SIGINT. A second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
    });
  }
  return controller.signal;
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Runs a process to its end and exits; whatever goes wrong is one clear line. */
export async function runToExit(name: string, log: Log | undefined, life: () => Promise<void>): Promise<never> {
  try {
    await life();
    process.exit(0);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof UsageError || log === undefined) console.error(`${name}: ${message}`);
    else log.error('fatal', { error: message });
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}
