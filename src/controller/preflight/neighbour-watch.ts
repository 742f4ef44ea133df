import { isApiError } from '../../ports/api-error.ts';
import type { Log } from '../../ports/log.ts';
import { pause } from '../../ports/pause.ts';
import type { Timers } from '../../ports/time.ts';
import type { WorkloadReader } from '../../ports/workloads.ts';
import { LOAD_BALANCER_NAMES, otherLoadBalancers } from './other-load-balancers.ts';

const EVERY_MS = 5 * 60_000;

/**
 * Tells the log of another load balancer beside us: when leading starts, and when one comes or goes later. Never rejects: a
 * role of an older version, which does not let us look, is not in the way.
 */
export async function watchOtherLoadBalancers(
  ours: Parameters<typeof otherLoadBalancers>[1],
  { workloads, timers, log }: { readonly workloads: WorkloadReader; readonly timers: Timers; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  let told = '';
  while (!signal.aborted) {
    try {
      const others = otherLoadBalancers(await workloads.named(LOAD_BALANCER_NAMES, signal), ours);
      const words = others.map(({ message }) => message).join('. ');
      if (words !== told) {
        for (const { product, namespace, message } of others)
          log.warn('other-load-balancer', { product, namespace, message });
        if (others.length === 0) log.info('other-load-balancer-gone', {});
        told = words;
      }
    } catch (error) {
      if (isApiError(error, 'forbidden')) return;
    }
    await pause(EVERY_MS, timers, signal);
  }
}
