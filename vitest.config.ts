import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './tools/summary-reporter.ts';

const tier = (name: string, include: string[], limits: { testTimeout: number; fileParallelism?: boolean }) => ({
  test: { name, include, hookTimeout: limits.testTimeout, ...limits },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', new SummaryReporter()],
    projects: [
      tier('unit', ['test/unit/**/*.test.ts', 'test/property/**/*.test.ts', 'test/simulation/**/*.test.ts'], {
        testTimeout: 30_000,
      }),
      tier('integration', ['test/integration/**/*.test.ts', 'test/contract/**/*.test.ts'], { testTimeout: 60_000 }),
      // One at a time: each builds its own namespaces and measures what happens on the wire.
      tier('net', ['test/net/**/*.test.ts'], { testTimeout: 60_000, fileParallelism: false }),
      tier('e2e', ['test/e2e/**/*.test.ts'], { testTimeout: 300_000, fileParallelism: false }),
    ],
  },
});
