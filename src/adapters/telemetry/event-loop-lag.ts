import type { Metrics } from '../../ports/metrics.ts';
import type { Clock, Timer, Timers } from '../../ports/time.ts';
import { EVENT_LOOP_LAG } from './metrics.ts';

const LOOK_EVERY_MS = 1000;

export interface EventLoopLagDependencies {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics: Metrics;
}

/** Watches how late timers fire in this thread, until `signal` aborts: once a second, since a look costs a wake-up. */
export function watchEventLoopLag({ clock, timers, metrics }: EventLoopLagDependencies, signal: AbortSignal): void {
  const lag = metrics.histogram(EVENT_LOOP_LAG);
  let timer: Timer | undefined;
  const look = (): void => {
    const dueMs = clock.nowMs() + LOOK_EVERY_MS;
    timer = timers.start(LOOK_EVERY_MS, () => {
      lag.observe({}, Math.max(0, clock.nowMs() - dueMs) / 1000);
      look();
    });
  };
  look();
  signal.addEventListener('abort', () => timer?.cancel(), { once: true });
}
