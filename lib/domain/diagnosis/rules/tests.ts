/**
 * Test runners' last words. Whatever tests have printed before (and tests print all kinds of errors), once the runner
 * says that tests failed, the build failed for that.
 */
import { on, quoting, type Tool } from './rule.ts';

const HINT =
  'Tests failed; they are listed in the log above. Run the same command in a clean checkout to reproduce the failure.';
const fails = (line: RegExp) => on(line, 'build_error', HINT);

const runner = (name: string, ...lines: RegExp[]): Tool => ({ name, rules: lines.map(fails) });

/** A runner whose last line counts: what is quoted is the first test of the list that it prints. */
const listing = (name: string, failed: RegExp, ...lines: RegExp[]): Tool => ({
  name,
  rules: quoting(failed, ...lines.map(fails)),
});

export const TESTS: readonly Tool[] = [
  listing(
    'Vitest',
    /^\s*FAIL\s+\S/,
    /^\s*Test Files\s+\d+ failed/,
    /^\s*Tests\s+\d+ failed/,
    /^⎯+\[\d+\/\d+\]⎯+$/,
  ),
  listing('Jest', /^\s+● \S/, /^Tests:\s+\d+ failed/, /^Test Suites:\s+\d+ failed/, /^Ran all test suites/),
  listing('Mocha', /^\s+1\) \S/, /^\s+\d+ failing$/, /^\s+at Context\.<anonymous> \(/),
  listing(
    'node:test',
    /^\s*✖ (?!failing tests:$)\S/,
    /^(?:ℹ|#) fail [1-9]\d*$/,
    /^✖ failing tests:$/,
    /^(?:ℹ|#) duration_ms /,
  ),
  runner('TAP', /^not ok \d+/, /^# (?:Looks like you failed|failed) \d+/),
  listing(
    'pytest',
    /^(?:FAILED|ERROR) \S+\.py/,
    /^=+ .*\b\d+ (?:failed|errors?)\b.* =+$/,
    /^\d+ failed(?:, .*)? in \d/,
    /^(?:FAILED|ERROR) \S+\.py/,
    /^=+ no tests ran/,
  ),
  listing('unittest', /^(?:FAIL|ERROR): \S+ \(/, /^FAILED \((?:failures|errors)=\d+/),
  listing('go test', /^\s*--- FAIL: /, /^FAIL(?:\t\S+(?:\s.*)?)?$/, /^--- FAIL: /),
  listing(
    'cargo test',
    /^test .+ \.\.\. FAILED$/,
    /^test result: FAILED\. /,
    /^error: (?:test|doctest|\d+ targets?) failed/,
  ),
  runner(
    'Surefire',
    /^\[ERROR\] Tests run: \d+, Failures: \d+, Errors: \d+/,
    /^\[ERROR\] There are test failures\.$/,
  ),
  runner('Gradle', /^> There were failing tests\. /),
  listing(
    'EUnit',
    /^\s*1\) \S|^\S.*\*failed\*$/,
    /^\s*Failed: \d+\.\s+Skipped: \d+/,
    /^\d+ tests, [1-9]\d* failures/,
    /^===> Error running tests$/,
    /^===> Failures occurred running tests/,
  ),
  listing('ExUnit', /^\s+1\) test /, /^\s*\d+ (?:doctests?, )?.*tests?, [1-9]\d* failures?/),
  listing('RSpec', /^rspec \S+:\d+/, /^\d+ examples?, [1-9]\d* failures?/),
  listing(
    'CTest',
    /^\s*\d+ - .+ \(\S.*\)$/,
    /^Errors while running CTest$/,
    /^\d+% tests passed, [1-9]\d* tests? failed out of/,
  ),
];
