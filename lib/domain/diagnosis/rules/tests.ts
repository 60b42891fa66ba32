/**
 * Test runners' last words. Whatever tests have printed before (and tests print all kinds of errors), once the runner
 * says that tests failed, the build failed for that.
 */
import { on, type Tool } from './rule.ts';

const HINT =
  'Tests failed; the log above names them. Running the same command in a clean checkout usually shows the same.';
const fails = (line: RegExp) => on(line, 'build_error', HINT);

const runner = (name: string, ...lines: RegExp[]): Tool => ({ name, rules: lines.map(fails) });

export const TESTS: readonly Tool[] = [
  runner('Vitest', /^\s*Test Files\s+\d+ failed/, /^\s*Tests\s+\d+ failed/, /^⎯+\[\d+\/\d+\]⎯+$/),
  runner('Jest', /^Tests:\s+\d+ failed/, /^Test Suites:\s+\d+ failed/, /^Ran all test suites/),
  runner('Mocha', /^\s+\d+ failing$/, /^\s+at Context\.<anonymous> \(/),
  runner('node:test', /^(?:ℹ|#) fail [1-9]\d*$/, /^✖ failing tests:$/, /^(?:ℹ|#) duration_ms /),
  runner('TAP', /^not ok \d+/, /^# (?:Looks like you failed|failed) \d+/),
  runner(
    'pytest',
    /^=+ .*\b\d+ (?:failed|errors?)\b.* =+$/,
    /^\d+ failed(?:, .*)? in \d/,
    /^(?:FAILED|ERROR) \S+\.py/,
    /^=+ no tests ran/,
  ),
  runner('unittest', /^FAILED \((?:failures|errors)=\d+/),
  runner('go test', /^FAIL(?:\t\S+(?:\s.*)?)?$/, /^--- FAIL: /),
  runner('cargo test', /^test result: FAILED\. /, /^error: (?:test|doctest|\d+ targets?) failed/),
  runner(
    'Surefire',
    /^\[ERROR\] Tests run: \d+, Failures: \d+, Errors: \d+/,
    /^\[ERROR\] There are test failures\.$/,
  ),
  runner('Gradle', /^> There were failing tests\. /),
  runner(
    'EUnit',
    /^\s*Failed: \d+\.\s+Skipped: \d+/,
    /^\d+ tests, [1-9]\d* failures/,
    /^===> Error running tests$/,
    /^===> Failures occurred running tests/,
  ),
  runner('ExUnit', /^\s*\d+ (?:doctests?, )?.*tests?, [1-9]\d* failures?/),
  runner('RSpec', /^\d+ examples?, [1-9]\d* failures?/),
  runner('CTest', /^Errors while running CTest$/, /^\d+% tests passed, [1-9]\d* tests? failed out of/),
];
