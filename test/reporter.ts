/** The end of `npm test`: what was skipped and why, and one line with the sums. */
import { relative } from 'node:path';
import { styleText } from 'node:util';
import type { Reporter, SerializedError, TestCase, TestModule, Vitest } from 'vitest/node';

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
    for (const test of tests)
      if (test.result().state === 'skipped' && !broken.includes(test.module)) this.#say(test);
    for (const { moduleId } of broken)
      process.stdout.write(`${styleText('red', 'failed')} ${relative(this.#root, moduleId)} as a whole\n`);
    const failed = count('failed') + count('pending') + broken.length + errors.length;
    process.stdout.write(`${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped\n`);
  }

  #say(test: TestCase): void {
    const result = test.result();
    const note = result.state === 'skipped' ? result.note : undefined;
    const file = relative(this.#root, test.module.moduleId);
    process.stdout.write(
      `${styleText('yellow', 'skipped')} ${file}: ${test.fullName}${note === undefined ? '' : ` (${note})`}\n`,
    );
  }
}
