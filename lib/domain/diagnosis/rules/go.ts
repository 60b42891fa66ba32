/** Go. */
import { DISK_HINT, MEMORY_HINT, on, part, REGISTRY_HINT, secretHint, type Tool, tlsHint } from './rule.ts';

const GO_AUTH = secretHint(
  'The module proxy or git host refused the credentials, or got none.',
  'GITHUB_TOKEN',
  'configure git to use it, and set GOPRIVATE in `env`',
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
      'A module does not match its checksum in go.sum. Find out why it changed, then run `go mod tidy`.',
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
        `go.mod replaces a module by ${part(found, 1, 'a folder')}, which does not exist here: check whether it is outside the service's \`context\`, or excluded from the source.`,
    ),
    on(
      /^(?:\S+: )?no required module provides package ([^\s;]+)/,
      'build_error',
      (found) =>
        `No module in go.mod provides ${part(found, 1, 'a package')}: add it with \`go get\` and commit go.mod.`,
    ),
    on(
      /^(?:\S+: )?(?:cannot find module providing package|package) ([^\s;:]+)(?:: (?:module|cannot find)| is not in std\b)/,
      'build_error',
      (found) =>
        `No module provides ${part(found, 1, 'a package')}: check the spelling of its import path, and that its folder is in the source. Otherwise add it with \`go get\` and commit go.mod.`,
    ),
    on(
      /^go: (\S+?)(?:@\S+)?: (?:invalid version: |unrecognized import path |no matching versions for query |reading \S+: 404 |module \S+: git ls-remote )/,
      'build_error',
      (found) =>
        `Module ${part(found, 1, '')} does not exist in that version, or it is private: correct go.mod, or set GOPRIVATE in \`env\` and configure a credential for git.`,
    ),
    on(
      /^go: (?:updates to go\.mod needed|inconsistent vendoring)/,
      'build_error',
      'Run `go mod tidy` (and `go mod vendor`, if there is a vendor folder) on your machine and commit the changes.',
    ),
    on(
      /^(?:go: go\.mod file not found|pattern \S+: directory prefix \S+ does not contain main module)/,
      'build_error',
      "There is no go.mod in the service's folder: check `context` in staithe.yaml.",
    ),
    on(/^panic: test timed out after /, 'build_error', 'A test ran longer than `go test -timeout` allows.'),
    on(/^(?:vet: )?\.?\/?\S+\.go:\d+(?::\d+)?: /, 'build_error', 'Go lists the errors above.'),
    on(/^panic: /, 'build_error', 'The program panicked; the stack trace below shows the line.'),
    on(/^go: /, 'build_error', 'Go shows the cause above.'),
  ],
};
