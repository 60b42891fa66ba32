/**
 * `npm run check:new-account`: the ways of users through the whole system, with the quotas that an account of AWS begins
 * with: one build at a time and five that wait, ten executions of functions, and AWS's rates of its APIs. Not all system
 * tests: one whose jobs wait for each other needs two machines, and those that flood the API on purpose meet the ten
 * executions, and say nothing of quotas then.
 */

import { PATIENCE, TEST_LIMIT } from 'embedded-cloud/test-kit/patience.ts';
import { defineConfig } from 'vitest/config';

const WAYS = ['whole-way', 'secrets', 'manifests', 'diagnosis', 'deletion', 'quotas'];

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: WAYS.map((way) => `test/system/${way}.test.ts`),
    env: { STAITHE_QUOTAS: 'new-account' },
    testTimeout: TEST_LIMIT,
    hookTimeout: TEST_LIMIT,
    expect: { poll: PATIENCE },
    pool: 'forks',
    // An account each: files that share one would wait for each other's builds.
    isolate: true,
    server: { deps: { external: [/node_modules/] } },
    globalSetup: ['test/system/global-setup.ts'],
    reporters: ['default', './embedded-cloud/test-kit/reporter.ts'],
  },
});
