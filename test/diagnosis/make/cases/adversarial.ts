/** Failing tests whose names and messages speak of other failures: they are build errors all the same. */
import { type Case, packageJson } from '../case.ts';

const MISLEADING = [
  'fatal: Authentication failed for https://git.example.com/acme/ui.git',
  'npm error code E401',
  'No space left on device',
  'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  'unauthorized: authentication required',
  'context deadline exceeded: timeout after 137 s',
  'denied: requested access to the resource is denied',
  'java.lang.OutOfMemoryError: Java heap space',
];

const asTests = (write: (line: string, index: number) => string) => MISLEADING.map(write).join('');
const vitest = { setup: 'ln -s /opt-tools/js/node_modules node_modules', command: 'vitest run' };
const build = { label: 'build_error', adversarial: true } as const;

export const ADVERSARIAL: readonly Case[] = [
  {
    ...build,
    ...vitest,
    name: 'adversarial-vitest-names',
    files: {
      'package.json': packageJson({ type: 'module' }),
      'a.test.js': `import { expect, test } from 'vitest';\n${asTests((line, index) => `test(${JSON.stringify(line)}, () => { expect(${index}).toBe(137); });\n`)}`,
    },
  },
  {
    ...build,
    ...vitest,
    name: 'adversarial-vitest-output',
    files: {
      'package.json': packageJson({ type: 'module' }),
      'a.test.js': `import { expect, test } from 'vitest';\n${asTests((line) => `test('prints', () => { console.error(${JSON.stringify(line)}); expect(401).toBe(403); });\n`)}`,
    },
  },
  {
    ...build,
    ...vitest,
    name: 'adversarial-vitest-snapshot',
    files: {
      'package.json': packageJson({ type: 'module' }),
      'a.test.js': `import { expect, test } from 'vitest';\ntest('the messages', () => { expect(${JSON.stringify(MISLEADING.join('\n'))}).toBe(${JSON.stringify([...MISLEADING].reverse().join('\n'))}); });\n`,
    },
  },
  {
    ...build,
    name: 'adversarial-jest-output',
    files: {
      'package.json': packageJson({}),
      'a.test.js': asTests(
        (line) =>
          `test(${JSON.stringify(line)}, () => { process.stderr.write(${JSON.stringify(`${line}\n`)}); expect(1).toBe(2); });\n`,
      ),
    },
    command: 'jest --ci',
  },
  {
    ...build,
    name: 'adversarial-mocha-names',
    files: {
      'test/a.js': `const assert = require('assert');\ndescribe('unauthorized 401', () => {\n${asTests((line) => `it(${JSON.stringify(line)}, () => { console.log(${JSON.stringify(line)}); assert.equal(137, 0); });\n`)}});\n`,
    },
    command: 'mocha',
  },
  {
    ...build,
    name: 'adversarial-pytest-output',
    files: {
      'test_a.py': asTests(
        (line, index) =>
          `def test_timeout_${index}():\n    print(${JSON.stringify(line)})\n    raise OSError(28, "No space left on device")\n\n`,
      ),
    },
    command: 'pytest',
  },
  {
    ...build,
    name: 'adversarial-pytest-quiet',
    files: {
      'test_a.py':
        'import subprocess\n\ndef test_clone():\n    assert subprocess.run(["git", "clone", "file:///nowhere"]).returncode == 0\n\ndef test_memory():\n    raise MemoryError\n',
    },
    command: 'pytest -q',
  },
  {
    ...build,
    name: 'adversarial-go-output',
    files: {
      'go.mod': 'module example.com/api\n\ngo 1.21\n',
      'a_test.go': `package main\n\nimport (\n\t"fmt"\n\t"testing"\n)\n\nfunc TestUnauthorized401(t *testing.T) {\n${asTests((line) => `\tfmt.Println(${JSON.stringify(line)})\n\tt.Error(${JSON.stringify(line)})\n`)}}\n`,
    },
    command: 'go test ./...',
  },
  {
    ...build,
    name: 'adversarial-cargo-output',
    files: {
      'Cargo.toml': '[package]\nname = "api"\nversion = "0.1.0"\nedition = "2021"\n',
      'src/lib.rs': asTests(
        (line, index) =>
          `#[test]\nfn timeout_${index}_no_space_left() {\n    eprintln!("{}", ${JSON.stringify(line)});\n    panic!("{}", ${JSON.stringify(line)});\n}\n`,
      ),
    },
    command: 'cargo test',
  },
  {
    ...build,
    name: 'adversarial-eunit-output',
    files: {
      'rebar.config': '{erl_opts, [debug_info]}.\n',
      'src/api.app.src': '{application, api, [{vsn, "0.1.0"}, {applications, [kernel, stdlib]}]}.\n',
      'test/api_tests.erl': `-module(api_tests).\n-include_lib("eunit/include/eunit.hrl").\n${asTests((line, index) => `timeout_${index}_test() -> io:put_chars(standard_error, ${JSON.stringify(`${line}\n`)}), ?assertEqual(401, 137).\n`)}`,
    },
    command: 'rebar3 eunit',
  },
  {
    ...build,
    name: 'adversarial-tsc-messages',
    files: {
      'tsconfig.json': '{"compilerOptions":{"strict":true,"noEmit":true},"files":["a.ts"]}',
      'a.ts': `type Messages = ${MISLEADING.map((line) => JSON.stringify(line)).join(' | ')};\nexport const message: Messages = 'timeout 137';\n`,
    },
    command: 'tsc -p . --noErrorTruncation',
  },
  {
    ...build,
    name: 'adversarial-eslint-messages',
    files: {
      'eslint.config.mjs': `export default [{ rules: { 'no-restricted-syntax': ['error', { selector: 'Literal', message: ${JSON.stringify(MISLEADING[0])} }] } }];\n`,
      'a.js': asTests((line) => `console.log(${JSON.stringify(line)});\n`),
    },
    command: 'eslint .',
  },
  {
    ...build,
    name: 'adversarial-log-then-compile-error',
    files: { 'a.c': 'int main(void) { return 401 }\n', 'notes.txt': `${MISLEADING.join('\n')}\n` },
    command: 'cat notes.txt; gcc -o a a.c',
  },
  {
    ...build,
    name: 'adversarial-retried-and-failed-later',
    files: {
      Makefile:
        'all: fetch compile\nfetch:\n\t-git clone -q http://@MISSING@/acme/cache.git cache\n\t-curl -fsS http://@UNAUTHORIZED@/cache.tgz -o cache.tgz\ncompile:\n\tgcc -c main.c\n',
      'main.c': 'int main(void) { return x; }\n',
    },
    command: 'make',
  },
  {
    ...build,
    name: 'adversarial-warnings-before-test',
    files: {
      'package.json': packageJson({ scripts: { test: 'node --test a.test.mjs' } }),
      'a.test.mjs': `import test from 'node:test';\nimport assert from 'node:assert';\n${asTests((line) => `test(${JSON.stringify(line)}, () => { assert.equal(${JSON.stringify(line)}, 'ok'); });\n`)}`,
    },
    command: 'npm test',
  },
  {
    ...build,
    name: 'adversarial-python-unittest',
    files: {
      'test_a.py': `import unittest\n\nclass Gateway(unittest.TestCase):\n${asTests((line, index) => `    def test_${index}(self):\n        print(${JSON.stringify(line)})\n        self.fail(${JSON.stringify(line)})\n\n`)}`,
    },
    command: 'python3 -m unittest',
  },
  {
    ...build,
    name: 'adversarial-tap-output',
    files: {
      'check.sh': `echo 1..3\n${MISLEADING.map((line) => `echo "not ok - ${line}"`).join('\n')}\nexit 1\n`,
    },
    command: 'sh check.sh',
  },
  {
    ...build,
    name: 'adversarial-linter-quotes',
    files: {
      'check.py': `import sys\nfor number, line in enumerate(${JSON.stringify(MISLEADING)}, 130):\n    print(f"docs/errors.md:{number}: line is too long: '{line}'")\nsys.exit(1)\n`,
    },
    command: 'python3 check.py',
  },
];
