/** npm, pnpm, Yarn, Node, and what bundles and checks JavaScript. */
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

const NPM_AUTH = secretHint(
  'The npm registry refused the credentials, or got none.',
  'NPM_TOKEN',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what .npmrc shall hold
  'add it to .npmrc: `//<registry>/:_authToken=${NPM_TOKEN}`',
);
const LOCK =
  'The lock file does not match package.json. Run the install on your machine and commit the lock file.';
const TLS = 'UNABLE_TO_\\w+|SELF_SIGNED_\\w+|DEPTH_ZERO_\\w+|CERT_\\w+';
const NETWORK =
  'ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ERR_SOCKET_TIMEOUT|FETCH_ERROR|EHOSTUNREACH|ENETUNREACH|ERR_TLS_\\w+';

const NPM: Tool = {
  name: 'npm',
  // `npm error code E401` is followed by what was asked for and what the answer was.
  rules: quoting(
    /^npm (?:error|ERR!) (?!code |errno |syscall |path |A complete log)\S/,
    on(/^npm (?:error|ERR!) code (?:E401|E403|ENEEDAUTH|EOTP)$/, 'auth_error', NPM_AUTH),
    on(/^npm (?:error|ERR!) code (?:ENOSPC|EDQUOT)$/, 'resource_error', DISK_HINT),
    on(/^npm (?:error|ERR!) code (?:ENOMEM|EMFILE|ENFILE)$/, 'resource_error', MEMORY_HINT),
    on(new RegExp(`^npm (?:error|ERR!) code (?:${TLS})$`), 'registry_error', tlsHint('node')),
    on(new RegExp(`^npm (?:error|ERR!) code (?:${NETWORK}|E429|E5\\d\\d)$`), 'registry_error', REGISTRY_HINT),
    on(
      /^npm (?:error|ERR!) (?:fatal: |remote: )(?:Authentication failed|could not read Username|HTTP Basic: Access denied)/,
      'auth_error',
      secretHint('The git host of a dependency refused the credentials.', 'GITHUB_TOKEN', 'let git use it'),
    ),
    on(
      /^npm (?:error|ERR!) fatal: /,
      'clone_error',
      'A git dependency could not be fetched: check its address in package.json.',
    ),
    on(
      /^npm (?:error|ERR!) code E404$/,
      'build_error',
      'A package was not found in the registry. Check its name, or set the private registry in .npmrc.',
    ),
    on(
      /^npm (?:error|ERR!) code ETARGET$/,
      'build_error',
      'No version of a package matches the range. Correct the range in package.json.',
    ),
    on(
      /^npm (?:error|ERR!) code EINTEGRITY$/,
      'build_error',
      'A package does not match its checksum in package-lock.json. Find out why it changed, then recreate the lock file.',
    ),
    on(
      /^npm (?:error|ERR!) The `npm ci` command can only install with an existing package-lock\.json/,
      'build_error',
      "There is no lock file in the service's folder: run `npm install` on your machine and commit package-lock.json, or use `npm install` in `commands`.",
    ),
    on(/^npm (?:error|ERR!) code EUSAGE$/, 'build_error', LOCK),
    on(
      /^npm (?:error|ERR!) code ERESOLVE$/,
      'build_error',
      'Peer dependencies conflict. Choose compatible versions in package.json.',
    ),
    on(
      /^npm (?:error|ERR!) code EBADENGINE$/,
      'build_error',
      'The package needs another version of Node: select it with `toolchain: node@<version>` in staithe.yaml.',
    ),
    on(
      /^npm (?:error|ERR!) code EJSONPARSE$/,
      'build_error',
      'package.json is not valid JSON. The position is shown above.',
    ),
    on(
      /^npm (?:error|ERR!) Missing script: "(.+)"$/,
      'build_error',
      (found) =>
        `package.json has no script "${part(found, 1, '')}". Add it, or use another one in \`commands\`.`,
    ),
    on(
      /^npm (?:error|ERR!) enoent Could not read package\.json/,
      'build_error',
      "There is no package.json in the service's folder: check `context` in staithe.yaml.",
    ),
  ),
};

const PNPM: Tool = {
  name: 'pnpm',
  rules: [
    on(
      /^\s*(?:\[?ERR_PNPM_FETCH_40[13]\]?|\[?ERR_PNPM_(?:UNAUTHORIZED|OTP_NON_INTERACTIVE)\]?)\s/,
      'auth_error',
      NPM_AUTH,
    ),
    on(/^\s*ERR_PNPM_ENOSPC\s/, 'resource_error', DISK_HINT),
    on(/^\s*ERR_PNPM_(?:FETCH_(?:429|5\d\d)|META_FETCH_FAIL|FETCH_FAIL)\s/, 'registry_error', REGISTRY_HINT),
    on(new RegExp(`^\\s*(?:${TLS})\\s+request to `), 'registry_error', tlsHint('node')),
    on(new RegExp(`^\\s*(?:${NETWORK})\\s+request to `), 'registry_error', REGISTRY_HINT),
    on(
      /^\s*ERR_PNPM_(?:OUTDATED_LOCKFILE|NO_LOCKFILE|LOCKFILE_\w+|BROKEN_LOCKFILE|FROZEN_LOCKFILE\w*)\s/,
      'build_error',
      LOCK,
    ),
    on(
      /^\s*ERR_PNPM_FETCH_404\s/,
      'build_error',
      'A package was not found in the registry. Check its name, or set the private registry in .npmrc.',
    ),
    on(
      /^\s*ERR_PNPM_NO_SCRIPT\s+Missing script: (.+)$/,
      'build_error',
      (found) =>
        `package.json has no script "${part(found, 1, '')}". Add it, or use another one in \`commands\`.`,
    ),
    on(
      /^\s*ERR_PNPM_\w+\s/,
      'build_error',
      'pnpm shows the cause above; its codes are explained at pnpm.io/errors.',
    ),
  ],
};

const YARN: Tool = {
  name: 'Yarn',
  rules: [
    on(
      /^error .*(?:Request failed "40[13] |: "?(?:Unauthorized|authentication token not provided)"?$|Couldn't publish package: .*40[13])/,
      'auth_error',
      NPM_AUTH,
    ),
    on(/^(?:➤ )?YN0041: /, 'auth_error', NPM_AUTH),
    on(/^error (?:An unexpected error occurred: ")?(?:Error: )?ENOSPC: /, 'resource_error', DISK_HINT),
    on(
      /^error (?:An unexpected error occurred: ")?(?:Error: )?(?:\S+: )?(?:self[- ]signed certificate|unable to (?:get local issuer|verify the first) certificate)/,
      'registry_error',
      tlsHint('node'),
    ),
    on(
      new RegExp(
        `^error (?:An unexpected error occurred: ")?(?:Error: )?(?:\\S+: )?(?:connect |getaddrinfo |read )?(?:${NETWORK}|ESOCKETTIMEDOUT)\\b`,
      ),
      'registry_error',
      REGISTRY_HINT,
    ),
    on(/^error .*Request failed "(?:429|5\d\d) /, 'registry_error', REGISTRY_HINT),
    on(/^error Your lockfile needs to be updated/, 'build_error', LOCK),
    on(/^(?:➤ )?YN0028: /, 'build_error', LOCK),
    on(
      /^error Couldn't find (?:package|any versions for) /,
      'build_error',
      'A package was not found in the registry with that name or version. Correct it in package.json.',
    ),
    on(
      /^error Command "(.+)" not found\.$/,
      'build_error',
      (found) =>
        `package.json has no script "${part(found, 1, '')}". Add it, or use another one in \`commands\`.`,
    ),
  ],
};

const NODE: Tool = {
  name: 'Node',
  rules: [
    on(
      /^FATAL ERROR: .*(?:heap out of memory|Allocation failed|out of memory)/,
      'resource_error',
      `Node ran out of heap. Raise it in the command: \`NODE_OPTIONS=--max-old-space-size=4096 npm run build\`. ${MEMORY_HINT}`,
    ),
    on(/^(?:\w+ )?\[?(?:Error|Uncaught) ?\[?ERR_WORKER_OUT_OF_MEMORY\]?: /, 'resource_error', MEMORY_HINT),
    on(/^(?:Uncaught )?(?:\[?Error\]?: )(?:ENOSPC|EDQUOT): /, 'resource_error', DISK_HINT),
    on(
      /^(?:Uncaught )?(?:\[?Error\]?: )(?:EMFILE|ENFILE|ENOMEM): /,
      'resource_error',
      'The build has too many files or processes open at the same time: reduce its parallelism.',
    ),
    // The cause of `TypeError: fetch failed`, in braces.
    ...quoting(/^\s+\[cause\]: /, on(new RegExp(`^\\s+code: '(?:${TLS})'`), 'build_error', tlsHint('node'))),
    on(
      /^(?:\w*Error(?: \[\w+\])?: )Cannot find (?:module|package) '(.+?)'/,
      'build_error',
      (found) => `Node did not find ${part(found, 1, 'a module')}: install it, or correct the path.`,
    ),
    on(
      /^(?:SyntaxError|TypeError|ReferenceError|RangeError|AssertionError)(?: \[\w+\])?: /,
      'build_error',
      'The program failed; the stack trace above shows the line.',
    ),
    // What nobody caught is printed above the version (and its cause, in braces).
    ...quoting(
      /^(?:Uncaught:? )?(?:[A-Z]\w*(?:Error|Exception)|Error)(?: \[\w+\])?: \S/,
      on(
        /^Node\.js v\d+\.\d+\.\d+$/,
        'build_error',
        'The program ended with an uncaught error; the stack trace above shows the line.',
      ),
    ),
  ],
};

const COMPILERS: Tool = {
  name: 'JavaScript compilers',
  rules: [
    on(
      /^(.+)[(:](\d+)[,:](\d+)\)?(?:: | - )error TS\d+: /,
      'build_error',
      (found) =>
        `TypeScript found errors, the first in ${part(found, 1, 'a file')} line ${part(found, 2, '?')}. \`tsc --noEmit\` shows them on your machine.`,
    ),
    on(
      /^error TS\d+: /,
      'build_error',
      'TypeScript refused the configuration; its message shows the reason.',
    ),
    ...quoting(
      /^\s+\d+:\d+\s+error\s/,
      on(
        /^✖ \d+ problems? \(\d+ errors?, /,
        'build_error',
        'The linter found errors; run it with --fix on your machine.',
      ),
    ),
    on(/^ESLint couldn't find /, 'build_error', 'ESLint needs an eslint.config.js in the tree.'),
    ...quoting(
      [/^Module not found: /, /^ERROR in /],
      on(/^webpack \S+ compiled with \d+ errors?/, 'build_error', 'webpack lists the errors above.'),
    ),
    on(/^\s*✘ \[ERROR\] /, 'build_error', 'esbuild lists the errors above.'),
    on(/^\d+ warnings? and \d+ errors?$/, 'build_error', 'The compiler lists the errors above.'),
    on(
      /^(?:error during build:|\[vite\]: Rollup failed to resolve import )/,
      'build_error',
      'Vite lists the errors above.',
    ),
  ],
};

export const JAVASCRIPT: readonly Tool[] = [NPM, PNPM, YARN, NODE, COMPILERS];
