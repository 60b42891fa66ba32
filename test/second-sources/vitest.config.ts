/** `npm run check:aws`: the template and the running stack against tools that others have made of AWS's documentation. */

import { TEST_LIMIT } from 'embedded-cloud/test-kit/patience.ts';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/second-sources/*.second.ts'],
    testTimeout: TEST_LIMIT,
    hookTimeout: TEST_LIMIT,
    server: { deps: { external: [/node_modules/] } },
    globalSetup: ['test/system/global-setup.ts'],
    reporters: ['default', './embedded-cloud/test-kit/reporter.ts'],
  },
});
