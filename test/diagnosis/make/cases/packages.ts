/** npm, pnpm and Yarn. */
import { type Case, packageJson } from '../case.ts';

const withLock = (dependencies: object, locked: object) => ({
  'package.json': packageJson({ dependencies }),
  'package-lock.json': JSON.stringify({
    name: 'api',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: { '': { name: 'api', version: '1.0.0', dependencies }, ...locked },
  }),
});

export const PACKAGES: readonly Case[] = [
  {
    name: 'npm-script-missing',
    label: 'build_error',
    files: { 'package.json': packageJson({ scripts: { start: 'node .' } }) },
    command: 'npm run build',
  },
  { name: 'npm-no-package-json', label: 'build_error', command: 'npm run build' },
  {
    name: 'npm-ci-without-lock',
    label: 'build_error',
    files: { 'package.json': packageJson({}) },
    command: 'npm ci',
  },
  {
    name: 'npm-ci-lock-mismatch',
    label: 'build_error',
    files: withLock({ 'is-number': '^7.0.0', 'is-odd': '^3.0.0' }, {}),
    command: 'npm ci',
  },
  {
    name: 'npm-package-missing',
    label: 'build_error',
    files: { 'package.json': packageJson({ dependencies: { 'staithe-no-such-package-at-all': '1.0.0' } }) },
    command: 'npm install',
  },
  {
    name: 'npm-version-missing',
    label: 'build_error',
    files: { 'package.json': packageJson({ dependencies: { 'is-number': '^99.0.0' } }) },
    command: 'npm install',
  },
  {
    name: 'npm-package-json-broken',
    label: 'build_error',
    files: { 'package.json': '{ "name": "api", "version": "1.0.0",, }\n' },
    command: 'npm install',
  },
  {
    name: 'npm-integrity',
    label: 'build_error',
    files: withLock(
      { 'is-number': '7.0.0' },
      {
        'node_modules/is-number': {
          version: '7.0.0',
          resolved: 'https://registry.npmjs.org/is-number/-/is-number-7.0.0.tgz',
          integrity:
            'sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==',
        },
      },
    ),
    command: 'npm ci',
  },
  {
    name: 'npm-peer-conflict',
    label: 'build_error',
    files: { 'package.json': packageJson({ dependencies: { react: '17.0.2', 'react-dom': '18.2.0' } }) },
    command: 'npm install',
  },
  {
    name: 'npm-engine-strict',
    label: 'build_error',
    files: { 'package.json': packageJson({ engines: { node: '>=99' } }), '.npmrc': 'engine-strict=true\n' },
    command: 'npm install',
  },
  {
    name: 'npm-postinstall-fails',
    label: 'build_error',
    files: {
      'package.json': packageJson({ scripts: { postinstall: 'node compile.js' } }),
      'compile.js': 'console.error("gyp: no Python found"); process.exit(1);\n',
    },
    command: 'npm install',
  },
  {
    name: 'npm-registry-unauthorized',
    label: 'auth_error',
    files: {
      'package.json': packageJson({ dependencies: { '@acme/tokens': '2.1.0' } }),
      '.npmrc': '@acme:registry=http://@UNAUTHORIZED@/\n',
    },
    command: 'npm install',
  },
  {
    name: 'npm-registry-forbidden',
    label: 'auth_error',
    files: {
      'package.json': packageJson({ dependencies: { '@acme/tokens': '2.1.0' } }),
      '.npmrc': '@acme:registry=http://@FORBIDDEN@/\n//@FORBIDDEN@/:_authToken=expired\n',
    },
    command: 'npm install',
  },
  {
    name: 'npm-publish-no-login',
    label: 'auth_error',
    files: { 'package.json': JSON.stringify({ name: '@acme/api', version: '1.0.0' }) },
    command: 'npm publish',
  },
  {
    name: 'npm-publish-unauthorized',
    label: 'auth_error',
    files: {
      'package.json': JSON.stringify({ name: '@acme/api', version: '1.0.0' }),
      '.npmrc': 'registry=http://@UNAUTHORIZED@/\n//@UNAUTHORIZED@/:_authToken=expired\n',
    },
    command: 'npm publish',
  },
  {
    name: 'npm-registry-refuses',
    label: 'registry_error',
    files: {
      'package.json': packageJson({ dependencies: { 'is-number': '7.0.0' } }),
      '.npmrc': 'registry=http://@CLOSED@/\n',
    },
    command: 'npm install',
  },
  {
    name: 'npm-registry-unknown-host',
    label: 'registry_error',
    files: {
      'package.json': packageJson({ dependencies: { 'is-number': '7.0.0' } }),
      '.npmrc': 'registry=https://npm.acme.invalid/\n',
    },
    command: 'npm install',
  },
  {
    name: 'npm-registry-unavailable',
    label: 'registry_error',
    files: {
      'package.json': packageJson({ dependencies: { 'is-number': '7.0.0' } }),
      '.npmrc': 'registry=http://@BROKEN@/\n',
    },
    command: 'npm install',
  },
  {
    name: 'npm-registry-silent',
    label: 'registry_error',
    files: {
      'package.json': packageJson({ dependencies: { 'is-number': '7.0.0' } }),
      '.npmrc': 'registry=http://@SILENT@/\nfetch-timeout=2000\n',
    },
    command: 'npm install',
  },
  {
    name: 'npm-install-never-ends',
    label: 'timeout_error',
    timeoutSeconds: 4,
    files: {
      'package.json': packageJson({ dependencies: { 'is-number': '7.0.0' } }),
      '.npmrc': 'registry=http://@SILENT@/\n',
    },
    command: 'npm install',
  },
  {
    name: 'npm-git-dependency-missing',
    label: 'clone_error',
    files: { 'package.json': packageJson({ dependencies: { ui: 'git+http://@MISSING@/acme/ui.git' } }) },
    command: 'npm install',
  },
  {
    name: 'npm-disk-full',
    label: 'resource_error',
    diskMb: 4,
    files: { 'package.json': packageJson({ dependencies: { typescript: '5.4.5' } }) },
    command: 'npm install',
  },
  {
    name: 'npm-workspace-script-fails',
    label: 'build_error',
    files: {
      'package.json': packageJson({ workspaces: ['web'] }),
      'web/package.json': JSON.stringify({
        name: 'web',
        version: '1.0.0',
        scripts: { build: 'node build.mjs' },
      }),
      'web/build.mjs': "import { missing } from './absent.mjs';\nmissing();\n",
    },
    command: 'npm run build --workspaces',
  },
  {
    name: 'npm-script-tool-missing',
    label: 'build_error',
    files: { 'package.json': packageJson({ scripts: { build: 'rollup-cli -c' } }) },
    command: 'npm run build',
  },
  {
    name: 'pnpm-frozen-lockfile',
    label: 'build_error',
    files: {
      'package.json': packageJson({ dependencies: { 'is-number': '7.0.0' } }),
      'pnpm-lock.yaml':
        "lockfileVersion: '9.0'\nsettings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\nimporters:\n  .: {}\n",
    },
    command: 'pnpm install --frozen-lockfile',
  },
  {
    name: 'pnpm-no-lockfile',
    label: 'build_error',
    files: { 'package.json': packageJson({ dependencies: { 'is-number': '7.0.0' } }) },
    command: 'pnpm install --frozen-lockfile',
  },
  {
    name: 'pnpm-package-missing',
    label: 'build_error',
    files: { 'package.json': packageJson({ dependencies: { 'staithe-no-such-package-at-all': '1.0.0' } }) },
    command: 'pnpm install --no-frozen-lockfile',
  },
  {
    name: 'pnpm-registry-unauthorized',
    label: 'auth_error',
    files: {
      'package.json': packageJson({ dependencies: { '@acme/tokens': '2.1.0' } }),
      '.npmrc': '@acme:registry=http://@UNAUTHORIZED@/\n',
    },
    command: 'pnpm install --no-frozen-lockfile',
  },
  {
    name: 'pnpm-registry-forbidden',
    label: 'auth_error',
    files: {
      'package.json': packageJson({ dependencies: { '@acme/tokens': '2.1.0' } }),
      '.npmrc': '@acme:registry=http://@FORBIDDEN@/\n',
    },
    command: 'pnpm install --no-frozen-lockfile',
  },
  {
    name: 'pnpm-registry-refuses',
    label: 'registry_error',
    files: {
      'package.json': packageJson({ dependencies: { 'is-number': '7.0.0' } }),
      '.npmrc': 'registry=http://@CLOSED@/\nfetch-retries=0\n',
    },
    command: 'pnpm install --no-frozen-lockfile',
  },
  {
    name: 'pnpm-script-fails',
    label: 'build_error',
    files: {
      'package.json': packageJson({ scripts: { build: 'node -e "throw new Error(\'no config\')"' } }),
    },
    command: 'pnpm build',
  },
  {
    name: 'pnpm-script-missing',
    label: 'build_error',
    files: { 'package.json': packageJson({}) },
    command: 'pnpm run build',
  },
  {
    name: 'yarn-frozen-lockfile',
    label: 'build_error',
    files: {
      'package.json': packageJson({ dependencies: { 'is-number': '7.0.0' } }),
      'yarn.lock': '# yarn lockfile v1\n',
    },
    command: 'yarn install --frozen-lockfile --non-interactive',
  },
  {
    name: 'yarn-package-missing',
    label: 'build_error',
    files: { 'package.json': packageJson({ dependencies: { 'staithe-no-such-package-at-all': '1.0.0' } }) },
    command: 'yarn install --non-interactive',
  },
  {
    name: 'yarn-registry-unauthorized',
    label: 'auth_error',
    files: {
      'package.json': packageJson({ dependencies: { '@acme/tokens': '2.1.0' } }),
      '.npmrc': '@acme:registry=http://@UNAUTHORIZED@/\n',
    },
    command: 'yarn install --non-interactive',
  },
  {
    name: 'yarn-registry-unknown-host',
    label: 'registry_error',
    files: {
      'package.json': packageJson({ dependencies: { 'is-number': '7.0.0' } }),
      '.yarnrc': 'registry "https://npm.acme.invalid"\n',
      '.npmrc': 'registry=https://npm.acme.invalid\n',
    },
    command: 'yarn install --non-interactive --network-timeout 3000',
  },
  {
    name: 'yarn-script-fails',
    label: 'build_error',
    files: {
      'package.json': packageJson({ scripts: { build: 'tsc --noEmit' } }),
      'tsconfig.json': '{"files":["a.ts"]}',
      'a.ts': 'export const n: number = "seven";\n',
    },
    command: 'yarn --silent build',
  },
];
