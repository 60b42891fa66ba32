/** Node, npm and what bundles, checks and tests JavaScript. */
import { type Case, packageJson } from '../../case.ts';
import { goingOn, late } from './case.ts';

const DEPRECATED = 'node -e "new Buffer(1)"';
const NPM_WARNS = 'npm pkg get name --production >/dev/null';
const AT_EXIT =
  "process.on('exit', () => process.emitWarning('the old API is going away', 'DeprecationWarning'));\n";

export const JAVASCRIPT_LATE: readonly Case[] = [
  late('node-warnings-after-error', "Cannot find module '/build/missing.js'", {
    files: {
      'build.mjs': `${AT_EXIT}import('./missing.js').catch((error) => { console.error(error); process.exitCode = 1; });\n`,
    },
    command: goingOn('node build.mjs', DEPRECATED),
  }),
  late('npm-warnings-after-error', 'can only install with an existing package-lock.json', {
    files: { 'package.json': packageJson({}) },
    command: goingOn('npm ci', NPM_WARNS),
  }),
  late('node-type-error-then-warnings', "TypeError: Cannot read properties of undefined (reading 'port')", {
    files: { 'build.cjs': 'const settings = {};\nconsole.log(settings.server.port);\n' },
    command: goingOn('node build.cjs', DEPRECATED),
  }),
  late('node-syntax-error-then-warnings', 'SyntaxError: Unexpected token', {
    files: { 'build.cjs': 'const a = {;\n' },
    command: goingOn('node build.cjs', DEPRECATED),
  }),
  late('npm-script-missing-then-warnings', 'Missing script: "build"', {
    files: { 'package.json': packageJson({ scripts: { start: 'node .' } }) },
    command: goingOn('npm run build', NPM_WARNS),
  }),
  late('npm-package-missing-then-warnings', 'staithe-no-such-package-at-all', {
    files: { 'package.json': packageJson({ dependencies: { 'staithe-no-such-package-at-all': '1.0.0' } }) },
    command: goingOn('npm install', NPM_WARNS),
  }),
  late('npm-peer-conflict-then-warnings', 'unable to resolve dependency tree', {
    files: { 'package.json': packageJson({ dependencies: { react: '17.0.2', 'react-dom': '18.2.0' } }) },
    command: goingOn('npm install', NPM_WARNS),
  }),
  late('npm-script-fails-then-warnings', 'Error: no configuration', {
    files: {
      'package.json': packageJson({ scripts: { build: 'node build.cjs' } }),
      'build.cjs': "throw new Error('no configuration');\n",
    },
    command: goingOn('npm run build', DEPRECATED),
  }),
  late(
    'tsc-errors-then-warnings',
    "cart.ts(1,14): error TS2322: Type 'string' is not assignable to type 'number'.",
    {
      files: {
        'cart.ts': "export const total: number = 'seven';\n",
        'tsconfig.json': '{ "compilerOptions": { "noEmit": true, "strict": true }, "files": ["cart.ts"] }\n',
      },
      command: goingOn('tsc -p .', DEPRECATED),
    },
  ),
  late('eslint-errors-then-warnings', "'console' is not defined", {
    files: {
      'eslint.config.js':
        "export default [{ rules: { 'no-undef': 'error', 'no-unused-vars': 'warn', 'no-empty': 'warn' } }];\n",
      'a.js': 'console.log(total);\n',
      'b.js': 'const left = 1;\nif (left) {\n}\nfunction spare() {}\n',
      'package.json': packageJson({ type: 'module' }),
    },
    command: 'eslint .',
  }),
  late('esbuild-unresolved-then-warnings', 'Could not resolve "./missing.js"', {
    files: {
      'a.js': "import './missing.js';\n",
      'b.js': 'export default typeof x === null;\nif (-0 === 1 || NaN === 2) {}\nconst o = { a: 1, a: 2 };\n',
    },
    command: goingOn('esbuild a.js --bundle --outfile=a.out.js', 'esbuild b.js --bundle --outfile=b.out.js'),
  }),
  late('webpack-module-missing-then-warnings', "Module not found: Error: Can't resolve './missing.js'", {
    files: {
      'src/index.js': "import './missing.js';\n",
      'webpack.config.cjs':
        "module.exports = { entry: './src/index.js', performance: { maxEntrypointSize: 10, maxAssetSize: 10 } };\n",
    },
    command: goingOn('webpack --mode production', DEPRECATED),
  }),
  late('vitest-fails-then-warnings', 'adds up', {
    files: {
      'cart.test.js':
        "import { expect, test } from 'vitest';\ntest('adds up', () => { expect(2 + 2).toBe(5); });\n",
      'package.json': packageJson({ type: 'module' }),
    },
    command: goingOn('vitest run --globals=false --root . --no-color', DEPRECATED),
  }),
  late('node-test-fails-then-warnings', 'adds up', {
    files: {
      'cart.test.mjs':
        "import assert from 'node:assert';\nimport test from 'node:test';\ntest('adds up', () => assert.strictEqual(2 + 2, 5));\n",
    },
    command: goingOn('node --test cart.test.mjs', DEPRECATED),
  }),
];
