/** The tests of this package alone: `npm test`. */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { PATIENCE, TEST_LIMIT } from './test-kit/patience.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: TEST_LIMIT,
    hookTimeout: TEST_LIMIT,
    expect: { poll: PATIENCE },
    pool: 'forks',
    // Half of the time, a test waits.
    maxWorkers: availableParallelism() + 3,
    // What a file changes of its process, it sets back.
    isolate: false,
    server: { deps: { external: [/node_modules/] } },
    reporters: ['default', './test-kit/reporter.ts'],
  },
});
