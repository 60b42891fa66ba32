/** Go. */
import { DISK_HINT, MEMORY_HINT, on, part, REGISTRY_HINT, secretHint, type Tool, tlsHint } from './rule.ts';

const GO_AUTH = secretHint(
  'The module proxy or git host refused the credentials, or got none.',
  'GITHUB_TOKEN',
  'give it to git, and set GOPRIVATE in `env`',
);

export const GO: Tool = {
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
    on(/^(?:go: |\t).*: (?:Get "\S+": )?tls: .*x509: /, 'registry_error', tlsHint('openssl')),
    on(/^(?:go: |\t).*x509: certificate signed by unknown authority/, 'registry_error', tlsHint('openssl')),
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
      /^(?:\S+: )?\S+: replacement directory (\S+) does not exist$/,
      'build_error',
      (found) =>
        `go.mod replaces a module by ${part(found, 1, 'a folder')}, which is not there: is it outside of the service's \`context\`, or not in the source?`,
    ),
    on(
      /^(?:\S+: )?no required module provides package ([^\s;]+)/,
      'build_error',
      (found) =>
        `go.mod does not name what provides ${part(found, 1, 'a package')}: \`go get\` it and commit go.mod.`,
    ),
    on(
      /^(?:\S+: )?(?:cannot find module providing package|package) ([^\s;:]+)(?:: (?:module|cannot find)| is not in std\b)/,
      'build_error',
      (found) =>
        `Nothing provides ${part(found, 1, 'a package')}: is its import path spelled as its module is named, and is the folder in the source? Else \`go get\` it and commit go.mod.`,
    ),
    on(
      /^go: (\S+?)(?:@\S+)?: (?:invalid version: |unrecognized import path |no matching versions for query |reading \S+: 404 |module \S+: git ls-remote )/,
      'build_error',
      (found) =>
        `There is no module ${part(found, 1, '')} of that name or version, or it is private: correct go.mod, or set GOPRIVATE in \`env\` and give git a credential.`,
    ),
    on(
      /^go: (?:updates to go\.mod needed|inconsistent vendoring)/,
      'build_error',
      'Run `go mod tidy` (and `go mod vendor`, where there is a vendor folder) on your machine and commit what it changes.',
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
