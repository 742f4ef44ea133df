/**
 * How the image starts Node: small heaps and one thread that tends them, since both programs live beside everything else on a
 * small node, and a way to collect what only the start needed. The Dockerfile says the same.
 */
export const NODE_FLAGS = [
  '--max-semi-space-size=2',
  '--optimize-for-size',
  '--v8-pool-size=1',
  '--expose-gc',
] as const;

/** One arena of the C library is enough for threads that do their work in JavaScript. */
export const NODE_ENVIRONMENT = { NODE_ENV: 'production', MALLOC_ARENA_MAX: '1' } as const;
