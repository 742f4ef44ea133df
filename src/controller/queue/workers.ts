import type { WorkQueue } from './work-queue.ts';

/** What became of the work on a key. */
export type WorkResult =
  | { readonly kind: 'done' }
  /** Again after exactly this long; failures so far are neither counted up nor forgotten. */
  | { readonly kind: 'retry-after'; readonly delayMs: number }
  /** Again when somebody says that what it waits for may have changed. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'failed' };

/**
 * Takes keys from the queue until it stops, and works on up to `concurrency` of them at a time. `work` does not reject: what
 * it could not do is a result.
 */
export async function runWorkers(
  queue: WorkQueue,
  concurrency: number,
  work: (key: string) => Promise<WorkResult>,
): Promise<void> {
  await Promise.all(Array.from({ length: concurrency }, () => runWorker(queue, work)));
}

async function runWorker(queue: WorkQueue, work: (key: string) => Promise<WorkResult>): Promise<void> {
  for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
    const result = await work(key);
    switch (result.kind) {
      case 'done':
        queue.forget(key);
        break;
      case 'retry-after':
        queue.addAfter(key, result.delayMs);
        break;
      case 'wait':
        queue.park(key);
        break;
      case 'failed':
        queue.addRateLimited(key);
        break;
    }
    queue.done(key);
  }
}
