/** Failures whose last lines are warnings, notes and advice: what a person would quote stands above them. */
import { type Case, packageJson } from '../case.ts';

const CARGO = '[package]\nname = "api"\nversion = "0.1.0"\nedition = "2021"\n';
const UNUSED = Array.from(
  { length: 6 },
  (_, index) => `static int unused_${index}(void) { return ${index}; }\n`,
);
const RAW = 'import java.util.*;\n';
const GO_MOD = 'module example.com/api\n\ngo 1.21\n';

export const LATE_WARNINGS: readonly Case[] = [
  {
    name: 'gcc-warnings-after-error',
    label: 'build_error',
    files: { 'main.c': `int main(void) { return total; }\n${UNUSED.join('')}` },
    command: 'gcc -Wall -c main.c',
    headline: 'main.c:1:25: error: ‘total’ undeclared',
  },
  {
    name: 'gcc-warnings-of-next-file',
    label: 'build_error',
    files: { 'a.c': 'int a(void) { return missing(1 }\n', 'b.c': UNUSED.join('') },
    command: 'gcc -Wall -c a.c b.c',
    headline: 'a.c:1:31: error: expected',
  },
  {
    name: 'gcc-library-missing-then-warnings',
    label: 'build_error',
    files: { 'a.c': 'int main(void) { return 0; }\n', 'b.c': UNUSED.join('') },
    command: 'gcc -o a a.c -lno_such_library || status=$?; gcc -Wall -c b.c; exit $status',
    headline: 'cannot find -lno_such_library',
  },
  {
    name: 'make-goes-on-with-warnings',
    label: 'build_error',
    files: {
      Makefile: 'all: a.o b.o\n%.o: %.c\n\tgcc -Wall -c $<\n',
      'a.c': 'int a(void) { return later; }\n',
      'b.c': UNUSED.join(''),
    },
    command: 'make -k',
    headline: 'a.c:1:22: error: ‘later’ undeclared',
  },
  {
    name: 'cpp-warnings-after-error',
    label: 'build_error',
    files: { 'main.cpp': `int main() { return std::size(1); }\n${UNUSED.join('')}` },
    command: 'g++ -Wall -c main.cpp',
    headline: 'error: ‘size’ is not a member of ‘std’',
  },
  {
    name: 'cargo-warnings-after-error',
    label: 'build_error',
    files: {
      'Cargo.toml': CARGO,
      'src/main.rs': 'fn main() {\n    let total: u32 = "seven";\n    let unused = 1;\n}\nfn never() {}\n',
    },
    command: 'cargo build',
    headline: 'error[E0308]: mismatched types',
  },
  {
    name: 'cargo-deprecated-after-error',
    label: 'build_error',
    files: {
      'Cargo.toml': CARGO,
      'src/main.rs':
        'fn main() {\n    println!("{}", total);\n    let _ = std::sync::ONCE_INIT;\n}\n#[deprecated]\nfn old() {}\nfn new() { old() }\n',
    },
    command: 'cargo check',
    headline: 'error[E0425]: cannot find value `total` in this scope',
  },
  {
    name: 'javac-warnings-after-error',
    label: 'build_error',
    files: {
      'App.java': `${RAW}class App { int n = "one"; }\n`,
      'Old.java': `${RAW}class Old { List all = new ArrayList(); void add() { all.add(1); new Integer(3); } }\n`,
    },
    command: 'javac -Xlint:all App.java Old.java',
    headline: 'App.java:2: error: incompatible types',
  },
  {
    name: 'javac-notes-after-error',
    label: 'build_error',
    files: {
      'App.java': 'class App { void run() { missing(); Thread.currentThread().stop(); } }\n',
    },
    command: 'javac App.java',
    headline: 'App.java:1: error: cannot find symbol',
  },
  {
    name: 'erlc-warnings-after-error',
    label: 'build_error',
    files: {
      'api.erl': '-module(api).\n-export([run/0]).\nrun() -> total(1).\nunused(X) -> 1.\nother(Y) -> 2.\n',
    },
    command: 'erlc -Wall api.erl',
    headline: 'api.erl:3:10: function total/1 undefined',
  },
  {
    name: 'erlc-warnings-of-next-file',
    label: 'build_error',
    files: {
      'a.erl': '-module(a).\n-export([run/0]).\nrun() -> ok\n',
      'b.erl': '-module(b).\n-export([run/0]).\nrun() -> X = 1, ok.\nunused() -> ok.\n',
    },
    command: 'erlc a.erl || status=$?; erlc b.erl; exit $status',
    headline: 'a.erl:3:10: syntax error before',
  },
  {
    name: 'go-advice-after-error',
    label: 'build_error',
    files: { 'go.mod': GO_MOD, 'main.go': 'package main\n\nimport _ "strngs"\n\nfunc main() {}\n' },
    command: 'go build ./... || status=$?; go list ./docs/...; exit $status',
    headline: 'package strngs is not in std',
  },
  {
    name: 'go-several-files',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD,
      'a.go': 'package main\n\nfunc main() { var total int = "one" }\n',
      'b.go': 'package main\n\nimport "os"\n\nfunc b() int { }\n',
    },
    command: 'go build ./...',
    headline: 'a.go:3:',
  },
  {
    name: 'python-warnings-at-exit',
    label: 'build_error',
    files: {
      'app.py':
        "import atexit, warnings\natexit.register(lambda: warnings.warn('the pool was not closed', ResourceWarning))\nimport acme_settings\n",
    },
    command: 'python3 -W always app.py',
    headline: "ModuleNotFoundError: No module named 'acme_settings'",
  },
  {
    name: 'pip-externally-managed',
    label: 'build_error',
    command: '/usr/bin/python3 -m pip install --no-input six',
    headline: 'externally-managed-environment',
  },
  {
    name: 'pip-notice-after-error',
    label: 'build_error',
    setup: 'python3 -m venv .venv',
    command:
      '.venv/bin/pip install --no-input --retries 0 --timeout 3 -r missing.txt || status=$?; .venv/bin/python -W always -c "import warnings; warnings.warn(\'pip is old\')"; exit $status',
    headline: 'Could not open requirements file',
  },
  {
    name: 'node-warnings-after-error',
    label: 'build_error',
    files: {
      'build.mjs':
        "process.on('exit', () => process.emitWarning('the old API is going away', 'DeprecationWarning'));\nimport('./missing.js').catch((error) => { console.error(error); process.exitCode = 1; });\n",
    },
    command: 'node build.mjs || status=$?; node -e "new Buffer(1)"; exit $status',
    headline: "Cannot find module '/build/missing.js'",
  },
  {
    name: 'npm-warnings-after-error',
    label: 'build_error',
    files: { 'package.json': packageJson({}) },
    command: 'npm ci || status=$?; npm pkg get name --production >/dev/null; exit $status',
    headline: 'can only install with an existing package-lock.json',
  },
  {
    name: 'sh-warning-after-missing-program',
    label: 'build_error',
    command: 'frobnicate --all || status=$?; echo "warning: no cache was written" >&2; exit $status',
    headline: 'frobnicate: not found',
  },
];
