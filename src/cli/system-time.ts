import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Clock, Random, Timers } from '../ports/time.ts';

/** The clock and the timers of the machine. */
export const systemTime: Clock & Timers = {
  nowMs: () => performance.now(),
  wallTime: () => new Date(),
  start: (delayMs, callback) => {
    const timeout = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timeout) };
  },
};

export const systemRandom: Random = { next: Math.random, uuid: randomUUID };
