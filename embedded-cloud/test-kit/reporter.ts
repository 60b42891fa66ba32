/** The end of `npm test`: what was skipped and why, and one line with the sums. */
import { relative } from 'node:path';
import { styleText } from 'node:util';
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node';

export default class ClosingLines implements Reporter {
  #root = '.';

  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    // A file that cannot be loaded, a failing hook and an error outside of a test are failures too, and no tests.
    const broken = modules.filter(
      (module) => module.state() === 'failed' && [...module.children.allTests('failed')].length === 0,
    );
    process.stdout.write('\n');
    this.#skipped(tests.filter((test) => test.result().state === 'skipped' && !broken.includes(test.module)));
    for (const { moduleId } of broken)
      process.stdout.write(`${styleText('red', 'failed')} ${relative(this.#root, moduleId)} as a whole\n`);
    const failed = count('failed') + count('pending') + broken.length + errors.length;
    process.stdout.write(`${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped\n`);
  }

  /** One line for all tests of a file that were skipped for the same reason. */
  #skipped(tests: readonly TestCase[]): void {
    const groups = Map.groupBy(tests, (test) => {
      const reason = reasonOf(test);
      return `${relative(this.#root, test.module.moduleId)}: ${reason ?? test.fullName}`;
    });
    for (const [group, { length }] of groups)
      process.stdout.write(`${styleText('yellow', `skipped ${length}`.padEnd(10))} ${group}\n`);
  }
}

/** What it or a group around it lacks (test-kit/tools.ts), or what it said itself. */
function reasonOf(test: TestCase): string | undefined {
  for (let at: TestCase | TestSuite | TestModule = test; at.type !== 'module'; at = at.parent) {
    const { lacks } = at.meta();
    if (lacks !== undefined) return lacks;
  }
  const result = test.result();
  return result.state === 'skipped' ? result.note : undefined;
}
