const DURATION_BUCKETS = [0.001, 0.01, 0.1, 1, 10, 60, 300];

/** @see https://kubernetes.io/docs/reference/instrumenting/metrics/ (workqueue_*) */
export const WORKQUEUE = {
  depth: { name: 'workqueue_depth', help: 'Keys that wait for a worker.', labels: ['name'] },
  adds: { name: 'workqueue_adds_total', help: 'Keys that were added.', labels: ['name'] },
  retries: { name: 'workqueue_retries_total', help: 'Keys whose work failed and was put off.', labels: ['name'] },
  queueDuration: {
    name: 'workqueue_queue_duration_seconds',
    help: 'Time that keys waited for a worker.',
    labels: ['name'],
    buckets: DURATION_BUCKETS,
  },
  workDuration: {
    name: 'workqueue_work_duration_seconds',
    help: 'Time that a worker took for a key.',
    labels: ['name'],
    buckets: DURATION_BUCKETS,
  },
} as const;
