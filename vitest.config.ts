import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './tools/summary-reporter.ts';

interface Limits {
  readonly testTimeout: number;
  /** One at a time: each file builds its own namespaces and measures what happens on the wire. */
  readonly alone?: boolean;
}

/** Tiers run one after the other, so that none is disturbed by the load of another. */
const tier = (order: number, name: string, include: string[], { testTimeout, alone = false }: Limits) => ({
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: testTimeout,
    fileParallelism: !alone,
    sequence: { groupOrder: order },
    setupFiles: ['test/support/setup.ts'],
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', new SummaryReporter()],
    projects: [
      tier(1, 'unit', ['test/{unit,property,simulation}/**/*.test.ts'], { testTimeout: 30_000 }),
      tier(2, 'integration', ['test/integration/**/*.test.ts', 'test/contract/**/*.test.ts'], { testTimeout: 60_000 }),
      tier(3, 'net', ['test/net/**/*.test.ts'], { testTimeout: 60_000, alone: true }),
      tier(4, 'interop', ['test/interop/**/*.test.ts'], { testTimeout: 60_000, alone: true }),
      tier(5, 'e2e', ['test/e2e/**/*.test.ts'], { testTimeout: 300_000, alone: true }),
    ],
  },
});
