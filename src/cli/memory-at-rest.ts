import type { Libc } from '../adapters/linux/libc.ts';
import { releasePages } from '../adapters/linux/program-pages.ts';

/** By then a thread has compiled what it goes on to use, and has announced what was granted at its start; in ms. */
const STARTED_MS = 35_000;
/** Every thread of the process has collected its garbage. */
const ALL_STARTED_MS = 40_000;
/** What a burst of work took is given back as well; costs some milliseconds. */
const RELEASE_EVERY_MS = 60_000;

/**
 * Once, lets go of what only the start of this thread needed. It stops the thread for some ten milliseconds, so it is not done
 * again: with less to hold, the engine collects sooner by itself. Nothing happens without `--expose-gc`.
 */
export function collectAfterStart(): void {
  setTimeout(() => globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' }), STARTED_MS).unref();
}

/** Gives back to the kernel, now and then, what the process does not use. Of all its threads one is to do that. */
export function releaseAtRest(libc: Libc): void {
  const release = (): void => releasePages(libc);
  setTimeout(() => {
    release();
    setInterval(release, RELEASE_EVERY_MS).unref();
  }, ALL_STARTED_MS).unref();
}
