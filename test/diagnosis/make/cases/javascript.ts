/** npm, pnpm, Yarn, TypeScript, linters, test runners, bundlers and Node itself. */
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

/** Eats memory until something stops it. */
const HUNGRY = 'const all = []; for (;;) all.push(new Array(1e5).fill(Math.random()));\n';

export const JAVASCRIPT: readonly Case[] = [
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
  {
    name: 'tsc-type-errors',
    label: 'build_error',
    files: {
      'tsconfig.json': '{"compilerOptions":{"strict":true,"noEmit":true},"files":["server.ts"]}',
      'server.ts':
        "interface Order { id: string; total: number }\nconst order: Order = { id: 7, total: 'twelve' };\nexport const sum = order.totals + 1;\n",
    },
    command: 'tsc -p .',
  },
  {
    name: 'tsc-heap',
    label: 'resource_error',
    files: { 'a.ts': 'export {};\n' },
    command: 'node --max-old-space-size=12 /opt-tools/js/node_modules/typescript/bin/tsc --noEmit a.ts',
  },
  {
    name: 'eslint-errors',
    label: 'build_error',
    files: {
      'eslint.config.mjs':
        "export default [{ rules: { 'no-undef': 'error', 'no-unused-vars': 'error' } }];\n",
      'a.js': 'const unused = timeout;\n',
    },
    command: 'eslint .',
  },
  {
    name: 'eslint-config-missing',
    label: 'build_error',
    files: { 'a.js': 'const a = 1;\n' },
    command: 'eslint .',
  },
  {
    name: 'vitest-fails',
    label: 'build_error',
    files: {
      'package.json': packageJson({ type: 'module' }),
      'cart.test.js':
        "import { expect, test } from 'vitest';\ntest('the cart adds up', () => { expect(2 + 2).toBe(5); });\n",
    },
    setup: 'ln -s /opt-tools/js/node_modules node_modules',
    command: 'vitest run',
  },
  {
    name: 'vitest-test-times-out',
    label: 'build_error',
    files: {
      'package.json': packageJson({ type: 'module' }),
      'cart.test.js':
        "import { test } from 'vitest';\ntest('the cart answers', () => new Promise(() => {}), 500);\n",
    },
    setup: 'ln -s /opt-tools/js/node_modules node_modules',
    command: 'vitest run',
  },
  {
    name: 'mocha-fails',
    label: 'build_error',
    files: {
      'test/cart.js':
        "const assert = require('assert');\ndescribe('cart', () => { it('adds up', () => assert.equal(2 + 2, 5)); });\n",
    },
    command: 'mocha',
  },
  {
    name: 'jest-fails',
    label: 'build_error',
    files: {
      'package.json': packageJson({}),
      'cart.test.js': "test('the cart adds up', () => { expect(2 + 2).toBe(5); });\n",
    },
    command: 'jest --ci',
  },
  {
    name: 'webpack-module-missing',
    label: 'build_error',
    files: {
      'package.json': packageJson({}),
      'src/index.js': "import { pay } from './payment.js';\npay();\n",
    },
    command: 'webpack --mode production',
  },
  {
    name: 'esbuild-unresolved',
    label: 'build_error',
    files: { 'src/index.ts': "import express from 'express';\nexpress();\n" },
    command: 'esbuild src/index.ts --bundle --platform=node --outfile=dist/index.js',
  },
  {
    name: 'node-module-missing',
    label: 'build_error',
    files: { 'build.js': "require('./config/production');\n" },
    command: 'node build.js',
  },
  {
    name: 'node-syntax-error',
    label: 'build_error',
    files: { 'build.js': 'const config = { a: 1, b: };\n' },
    command: 'node build.js',
  },
  {
    name: 'node-heap-limit',
    label: 'resource_error',
    files: { 'bundle.js': HUNGRY },
    command: 'node --max-old-space-size=40 bundle.js',
  },
  {
    name: 'node-heap-in-npm-script',
    label: 'resource_error',
    files: {
      'package.json': packageJson({ scripts: { build: 'node --max-old-space-size=40 bundle.js' } }),
      'bundle.js': HUNGRY,
    },
    command: 'npm run build',
  },
  {
    name: 'node-killed-by-kernel',
    label: 'resource_error',
    memoryMb: 90,
    files: { 'bundle.js': HUNGRY },
    command: 'node bundle.js',
  },
  {
    name: 'npm-script-killed-by-kernel',
    label: 'resource_error',
    memoryMb: 150,
    files: { 'package.json': packageJson({ scripts: { build: 'node bundle.js' } }), 'bundle.js': HUNGRY },
    command: 'npm run build',
  },
  {
    name: 'node-disk-full',
    label: 'resource_error',
    diskMb: 2,
    files: {
      'write.js':
        "const fs = require('fs'); for (let i = 0; ; i++) fs.writeFileSync('chunk-' + i + '.js', Buffer.alloc(200_000));\n",
    },
    command: 'node write.js',
  },
  {
    name: 'node-too-many-files',
    label: 'resource_error',
    files: { 'open.js': "const fs = require('fs'); for (;;) fs.openSync(__filename);\n" },
    command: 'ulimit -n 64; node open.js',
  },
  {
    name: 'node-fetch-refused',
    label: 'build_error',
    files: {
      'fetch.mjs':
        "const answer = await fetch('http://@CLOSED@/schema.json');\nconsole.log(await answer.text());\n",
    },
    command: 'node fetch.mjs',
  },
  {
    name: 'node-build-hangs',
    label: 'timeout_error',
    timeoutSeconds: 3,
    files: { 'watch.js': "console.log('watching for changes …'); setInterval(() => {}, 1000);\n" },
    command: 'node watch.js',
  },
];
