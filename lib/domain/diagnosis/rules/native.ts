/** Cargo and rustc, Go, C compilers and linkers, make, CMake. */
import { DISK_HINT, MEMORY_HINT, on, part, REGISTRY_HINT, secretHint, type Tool } from './rule.ts';

const CARGO_AUTH = secretHint(
  'The crate registry refused the credentials, or got none.',
  'CARGO_REGISTRY_TOKEN',
  'Cargo reads it from the environment',
);

const CARGO: Tool = {
  name: 'Cargo',
  rules: [
    on(
      /^\s+authenticated registries require a credential-provider to be configured$/,
      'auth_error',
      CARGO_AUTH,
    ),
    on(/^error: (?:no token found|.*please run `cargo login`)/, 'auth_error', CARGO_AUTH),
    on(
      /^\s+(?:failed to get successful HTTP response .* got 40[13]|.*\bgot 40[13]: )/,
      'auth_error',
      CARGO_AUTH,
    ),
    on(
      /^\s+(?:failed to authenticate when downloading repository|remote authentication required .*|.*; class=Http \(34\); code=Auth.*)$/,
      'auth_error',
      secretHint(
        'The git host of a dependency refused the credentials.',
        'GITHUB_TOKEN',
        'let git use it, with `CARGO_NET_GIT_FETCH_WITH_CLI: "true"`',
      ),
    ),
    on(/^(?:error: |\s+).*No space left on device \(os error 28\)$/, 'resource_error', DISK_HINT),
    // A linker writes through a mapped file: where the disk has no room for a page, it gets SIGBUS (mmap(2)).
    on(/^\s+collect2: fatal error: ld terminated with signal 7 \[Bus error\]/, 'resource_error', DISK_HINT),
    on(/^memory allocation of \d+ bytes failed$/, 'resource_error', MEMORY_HINT),
    on(
      /^\s+failed to (?:clone|fetch) into: /,
      'clone_error',
      'A dependency is a git repository that could not be fetched: check its address in Cargo.toml.',
    ),
    on(
      /^\s+(?:download of .* failed|\[\d+\] .*(?:Could(?:n't| not) (?:resolve|connect)|Failed to connect|Timeout).*|failed to (?:query|fetch) .*registry.*|.*spurious network error.*)$/,
      'registry_error',
      REGISTRY_HINT,
    ),
    on(/^\s+failed to get successful HTTP response .* got (?:429|5\d\d)/, 'registry_error', REGISTRY_HINT),
    on(
      /^error: (?:the lock file|cannot update the lock file) .* (?:needs to be updated|because --locked)/,
      'build_error',
      'Run `cargo update -w` on your machine and commit Cargo.lock.',
    ),
    on(
      /^error: no matching package named `(.+)` found/,
      'build_error',
      (found) => `crates.io has no crate ${part(found, 1, '')}: check the name in Cargo.toml.`,
    ),
    on(
      /^error: failed to select a version for /,
      'build_error',
      'No version of a crate fits: correct the requirement in Cargo.toml.',
    ),
    on(
      /^error: linker `(.+)` not found$/,
      'build_error',
      (found) =>
        `The linker ${part(found, 1, '')} is not on the build machine: install it in an earlier command.`,
    ),
    on(
      /^error: failed to run custom build command for /,
      'build_error',
      "A crate's build script failed; what it printed stands above (often a missing C library).",
    ),
    on(
      /^error: could not compile `(.+?)`/,
      'build_error',
      (found) => `${part(found, 1, 'The crate')} does not compile; rustc names the lines above.`,
    ),
    on(
      /^error: could not find `Cargo\.toml`/,
      'build_error',
      "There is no Cargo.toml in the service's folder: check `context` in staithe.yaml.",
    ),
  ],
};

const GO_AUTH = secretHint(
  'The module proxy or git host refused the credentials, or got none.',
  'GITHUB_TOKEN',
  'give it to git, and set GOPRIVATE in `env`',
);

const GO: Tool = {
  name: 'Go',
  rules: [
    on(/^(?:go: |\t).*: reading https?:\/\/\S+: 40[13] /, 'auth_error', GO_AUTH),
    on(/^\s+fatal: could not read Username for /, 'auth_error', GO_AUTH),
    on(/^(?:go(?: build \S+)?: |\S+: ).*no space left on device$/, 'resource_error', DISK_HINT),
    on(
      /^(?:fatal error: (?:runtime: )?(?:out of memory|cannot allocate memory)|runtime: (?:out of memory|cannot allocate))/,
      'resource_error',
      MEMORY_HINT,
    ),
    on(
      /^(?:go: |\t).*: (?:reading https?:\/\/\S+: (?:429|5\d\d) |Get "\S+": (?:dial tcp|net\/http|context deadline|EOF|read tcp|x509))/,
      'registry_error',
      REGISTRY_HINT,
    ),
    on(
      /^verifying \S+: checksum mismatch$/,
      'build_error',
      'A module is not the one that go.sum names. Find out why it changed; then `go mod tidy`.',
    ),
    on(
      /^(?:\S+: )?(?:missing go\.sum entry|.*: missing go\.sum entry for )/,
      'build_error',
      'Run `go mod tidy` on your machine and commit go.sum.',
    ),
    on(
      /^(?:\S+: )?no required module provides package (\S+)/,
      'build_error',
      (found) =>
        `go.mod does not name what provides ${part(found, 1, 'a package')}: \`go get\` it and commit go.mod.`,
    ),
    on(
      /^(?:go: go\.mod file not found|pattern \S+: directory prefix \S+ does not contain main module)/,
      'build_error',
      "There is no go.mod in the service's folder: check `context` in staithe.yaml.",
    ),
    on(/^panic: test timed out after /, 'build_error', 'A test ran longer than `go test -timeout` allows.'),
    on(
      /^(?:vet: )?\.?\/?\S+\.go:\d+(?::\d+)?: /,
      'build_error',
      'Go names above the lines that it does not accept.',
    ),
    on(/^panic: /, 'build_error', 'The program panicked; the stack below names the line.'),
    on(/^go: /, 'build_error', 'Go says above what is wrong.'),
  ],
};

const C: Tool = {
  name: 'C compiler',
  rules: [
    on(/^\S+: Fatal error: .*: 'No space left on device'$/, 'resource_error', DISK_HINT),
    on(
      /^.*(?:ld|as|collect2|cc1|cc1plus|gcc|g\+\+|clang)(?:\.\w+)?: (?:.*: )?No space left on device$/,
      'resource_error',
      DISK_HINT,
    ),
    on(
      /^(?:cc1|cc1plus|gcc|g\+\+|virtual memory exhausted|\S*ld\S*)(?:: .*)?(?:out of memory|memory exhausted|Cannot allocate memory)/,
      'resource_error',
      MEMORY_HINT,
    ),
    on(/^collect2: fatal error: ld terminated with signal 7 \[Bus error\]/, 'resource_error', DISK_HINT),
    on(/^terminate called after throwing an instance of 'std::bad_alloc'$/, 'resource_error', MEMORY_HINT),
    on(
      /^\S+:\d+(?::\d+)?: fatal error: (.+): No such file or directory$/,
      'build_error',
      (found) =>
        `The header ${part(found, 1, '')} is not there: install the library's development package in an earlier command.`,
    ),
    on(
      /^\S*ld: cannot find -l(\S+?)(?::.*)?$/,
      'build_error',
      (found) =>
        `The library ${part(found, 1, '')} is not there: install its development package in an earlier command.`,
    ),
    on(
      /^(?:\S*ld: )?\S+: undefined reference to /,
      'build_error',
      'The linker misses a definition: is a source file or library left out?',
    ),
    on(/^collect2: error: ld returned /, 'build_error', 'The linker names above what it misses.'),
    on(/^\S+:\d+:\d+: (?:fatal )?error: /, 'build_error', 'The compiler names the lines above.'),
  ],
};

const MAKE: Tool = {
  name: 'make',
  rules: [
    on(
      /^make(?:\[\d+\])?: \*\*\* No rule to make target '([^']+)'/,
      'build_error',
      (found) => `make does not know how to make '${part(found, 1, '')}': is the file or the rule missing?`,
    ),
    on(
      /^make(?:\[\d+\])?: \*\*\* No targets specified and no makefile found/,
      'build_error',
      "There is no Makefile in the service's folder: check `context` in staithe.yaml.",
    ),
    on(/^\S+:\d+: \*\*\* /, 'build_error', 'make names the line of the Makefile that it cannot read.'),
  ],
};

const CMAKE: Tool = {
  name: 'CMake',
  rules: [
    on(
      /^\s+Could not find a package configuration file provided by "(.+)"/,
      'build_error',
      (found) =>
        `CMake does not find ${part(found, 1, 'a package')}: install its development package in an earlier command.`,
    ),
    on(/^CMake Error(?::| at | in )/, 'build_error', 'CMake says above what it misses.'),
    on(/^-- Configuring incomplete, errors occurred!$/, 'build_error', 'CMake says above what it misses.'),
  ],
};

export const NATIVE: readonly Tool[] = [CARGO, GO, C, MAKE, CMAKE];
