import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { PATIENCE, TEST_LIMIT } from 'embedded-cloud/test-kit/patience.ts';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Reads what all other tests of the run have left behind, so it runs after them. */
const AFTER_ALL = 'test/system/permissions.test.ts';

/** The longest, most of it waiting: first, so that all else runs beside them. */
const LONG =
  /test\/(system\/(kill|images|caches|whole-way|deployments|connection)|docs\/(examples|pages)|agent\/(image\/image|agent|failing-job)|cli\/package)\.test\.ts$/;

class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

// Workers, and the programs that tests start, keep what V8 has made of the sources: a call of the CLI takes 0.1 s of a
// processor then, and 0.3 s without.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled');

export default defineConfig({
  test: {
    testTimeout: TEST_LIMIT,
    hookTimeout: TEST_LIMIT,
    expect: { poll: PATIENCE },
    pool: 'forks',
    // More than processors: half of the time, a test of the whole system waits.
    maxWorkers: availableParallelism() + 3,
    // A worker's garbage is collected when there is much of it: begun with the usual 1 MB, a twelfth of its work is that.
    execArgv: ['--min-semi-space-size=64', '--max-semi-space-size=64'],
    // A worker goes on with the next file and keeps its modules: evaluating the SDK and the embedded cloud anew for each
    // of 200 files took 0.6 s of a processor each. What a file changes of its process, it sets back.
    isolate: false,
    server: { deps: { external: [/node_modules/] } },
    reporters: ['default', 'embedded-cloud/test-kit/reporter.ts'],
    sequence: { sequencer: LongOnesFirst },
    globalSetup: ['test/system/global-setup.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['{test,embedded-cloud/test}/**/*.test.ts'],
          exclude: [AFTER_ALL],
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'afterwards', include: [AFTER_ALL], sequence: { groupOrder: 1 } } },
    ],
  },
});
