/** `npm run soak`: what must hold under load, apart from `npm test`, as it takes minutes and all of the machine. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    // The properties that `npm test` tries with a part of their cases are tried with all of them.
    include: ['test/soak/*.soak.ts', 'test/domain/**/*.property.test.ts', 'test/manifest/fuzz.test.ts'],
    // A full soak of one kind takes this long on two cores that others use too.
    testTimeout: 3_600_000,
    pool: 'forks',
    // Two servers keep two cores busy; more of them would only wait for each other.
    maxWorkers: 2,
    server: { deps: { external: [/node_modules/] } },
    globalSetup: ['test/system/global-setup.ts'],
  },
});
