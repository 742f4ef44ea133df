import { messageOf } from '../ports/error-message.ts';
import type { Log } from '../ports/log.ts';

/** An error of the user's making: printed as it is, without a stack, and the process ends with status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * A signal that aborts with the first SIGTERM or SIGINT. More SIGTERMs change nothing: whoever ends a group of processes often
 * sends one to each as well. A second SIGINT ends the process at once, by itself and not by `process.exit`: that would tear
 * down a thread that watches sockets, which aborts the process.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.on('SIGTERM', stop);
  // Without a listener a signal does again what the kernel does with it.
  process.once('SIGINT', stop);
  return controller.signal;
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/**
 * Ends the process for an error that nobody caught: one line, then what must not be torn down is stopped, then status 1. What goes
 * wrong meanwhile changes nothing about that.
 */
export function endOnDefect(log: Log, stop: () => Promise<void>): void {
  let ending = false;
  process.on('uncaughtException', (error: unknown) => {
    if (ending) return;
    ending = true;
    const stack = error instanceof Error ? error.stack : undefined;
    log.error('fatal', { error: String(error), ...(stack === undefined ? {} : { stack }) });
    void stop().finally(() => process.exit(1));
  });
}

/** Runs a process to its end and exits; whatever goes wrong is one clear line. */
export async function runToExit(name: string, log: Log | undefined, life: () => Promise<void>): Promise<never> {
  try {
    await life();
    process.exit(0);
  } catch (error) {
    const message = messageOf(error);
    if (error instanceof UsageError || log === undefined) console.error(`${name}: ${message}`);
    else log.error('fatal', { error: message });
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}
