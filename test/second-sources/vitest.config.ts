/** `npm run check:aws`: the template and the running stack against tools that others have made of AWS's documentation. */
import { defineConfig } from 'vitest/config';
import { TEST_LIMIT } from '../patience.ts';

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/second-sources/*.second.ts'],
    testTimeout: TEST_LIMIT,
    hookTimeout: TEST_LIMIT,
    server: { deps: { external: [/node_modules/] } },
    globalSetup: ['test/system/global-setup.ts'],
    reporters: ['default', './test/reporter.ts'],
  },
});
