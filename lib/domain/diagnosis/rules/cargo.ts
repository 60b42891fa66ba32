/** Cargo and rustc. */
import {
  DISK_HINT,
  MEMORY_HINT,
  on,
  part,
  quoting,
  REGISTRY_HINT,
  secretHint,
  type Tool,
  tlsHint,
} from './rule.ts';

const CARGO_AUTH = secretHint(
  'The crate registry refused the credentials, or got none.',
  'CARGO_REGISTRY_TOKEN',
  'Cargo reads it from the environment',
);

export const CARGO: Tool = {
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
        'make Cargo use git, with `CARGO_NET_GIT_FETCH_WITH_CLI: "true"`',
      ),
    ),
    on(/^(?:error: |\s+).*No space left on device \(os error 28\)$/, 'resource_error', DISK_HINT),
    // A linker writes through a mapped file: where the disk has no room for a page, it gets SIGBUS (mmap(2)).
    on(/^\s+collect2: fatal error: ld terminated with signal 7 \[Bus error\]/, 'resource_error', DISK_HINT),
    on(/^memory allocation of \d+ bytes failed$/, 'resource_error', MEMORY_HINT),
    on(/^\s+the SSL certificate is invalid; class=Ssl/, 'clone_error', tlsHint('cargo')),
    on(
      /^\s+\[\d+\] SSL (?:peer certificate|certificate problem|connect error)/,
      'registry_error',
      tlsHint('cargo'),
    ),
    on(
      /^\s+failed to (?:clone|fetch) into: /,
      'clone_error',
      'A git dependency could not be fetched: check its address in Cargo.toml.',
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
      'No version of a crate matches: correct the requirement in Cargo.toml.',
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
      "A crate's build script failed; its output is above. Often a C library is missing.",
    ),
    // It counts the errors.
    ...quoting(
      /^error(?:\[E\d+\])?: (?!could not compile|aborting due to)/,
      on(
        /^error: could not compile `(.+?)`/,
        'build_error',
        (found) => `${part(found, 1, 'The crate')} does not compile; rustc lists the errors above.`,
      ),
    ),
    on(
      /^error: could not find `Cargo\.toml`/,
      'build_error',
      "There is no Cargo.toml in the service's folder: check `context` in staithe.yaml.",
    ),
  ],
};
