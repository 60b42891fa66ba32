/** git and its helpers, in a clone of the source and in commands. */
import { DISK_HINT, on, part, secretHint, type Tool, tlsHint } from './rule.ts';

const AUTH = secretHint(
  'The git host refused the credentials, or got none.',
  'GITHUB_TOKEN',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what the command shall hold
  'configure git to use it: `git config --global url."https://x-access-token:${GITHUB_TOKEN}@github.com/".insteadOf https://github.com/`',
);
const ADDRESS = 'Check the address of the repository, and that it is public or the token may read it.';
/** git speaks itself, or npm, pip, Cargo, Go pass it on behind a prefix or an indent. */
const said = (text: string) => new RegExp(`^\\s*(?:remote: |error: )?${text}`);

export const GIT: Tool = {
  name: 'git',
  rules: [
    on(said('fatal: .*: No space left on device$'), 'resource_error', DISK_HINT),
    on(
      said('fatal: .*(?:Out of memory|unable to create thread)'),
      'resource_error',
      'git ran out of memory: clone with `--depth 1`, or use a larger machine: `resources.compute: large`.',
    ),
    on(said('fatal: Authentication failed for '), 'auth_error', AUTH),
    on(said('fatal: could not read (?:Username|Password) for '), 'auth_error', AUTH),
    on(said("fatal: unable to access '.*': The requested URL returned error: 40[13]$"), 'auth_error', AUTH),
    on(
      said(
        "fatal: unable to access '.*': (?:server certificate verification failed|SSL certificate problem|SSL peer certificate)",
      ),
      'clone_error',
      tlsHint('git'),
    ),
    on(
      /^No user exists for uid \d+$/,
      'build_error',
      'ssh needs a user name, and the current user has none on this machine. Use the https address with a token, or an image with the user in /etc/passwd.',
    ),
    on(
      /^(?!git@)(\S+)@(\S+): Permission denied \(.*publickey/,
      'auth_error',
      (found) =>
        `ssh logged in to ${part(found, 2, 'the host')} as '${part(found, 1, '')}', but git hosts accept only the user git: use git@${part(found, 2, '<host>')} in the address.`,
    ),
    on(
      /^\S+@\S+: Permission denied \(.*publickey/,
      'auth_error',
      'The git host refused the SSH key. Use https and a token instead.',
    ),
    on(
      /^Host key verification failed\.$/,
      'auth_error',
      'The machine does not know the SSH key of the host: use https, or add the host to known_hosts in an earlier command.',
    ),
    on(
      said("fatal: unable to access '(.*?)': Could not resolve host"),
      'clone_error',
      (found) => `The host of ${part(found, 1, 'the repository')} could not be resolved. ${ADDRESS}`,
    ),
    on(
      said("fatal: unable to access '"),
      'clone_error',
      `The git host could not be reached. Rerun the build; if it keeps happening: ${ADDRESS}`,
    ),
    on(
      /^ssh: (?:Could not resolve hostname|connect to host) /,
      'clone_error',
      'The SSH host of the repository cannot be reached from builds: use its https address.',
    ),
    on(
      said(
        "fatal: (?:repository '.*' (?:not found|does not exist)|'.*' does not appear to be a git repository)",
      ),
      'clone_error',
      ADDRESS,
    ),
    on(said('ERROR: Repository not found\\.'), 'clone_error', ADDRESS),
    on(
      said('fatal: Remote branch (\\S+) not found in upstream'),
      'clone_error',
      (found) =>
        `Branch or tag '${part(found, 1, '')}' not found. Check whether it was deleted or has not been pushed.`,
    ),
    on(
      said(
        "fatal: (?:couldn't find remote ref|unable to read tree|reference is not a tree|bad object|remote error: upload-pack: not our ref)",
      ),
      'clone_error',
      'The commit or branch is not in the repository. A force push may have removed it.',
    ),
    on(
      said("error: pathspec '.*' did not match any file"),
      'clone_error',
      'The branch, tag or commit is not in the clone: fetch it, or clone without --depth.',
    ),
    on(
      said(
        'fatal: (?:Could not read from remote repository|the remote end hung up|early EOF|protocol error|clone of |Unable to find current revision|Fetched in submodule path|Failed to recurse)',
      ),
      'clone_error',
      ADDRESS,
    ),
    on(
      said('fatal: not a git repository'),
      'build_error',
      'The source has no .git folder, so git commands do not work in it.',
    ),
    on(
      said('fatal: No (?:names|tags) '),
      'build_error',
      'The clone has no tags: set the version in another way.',
    ),
  ],
};
