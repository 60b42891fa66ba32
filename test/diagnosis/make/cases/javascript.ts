/** TypeScript, linters, test runners, bundlers and Node itself. */
import { type Case, packageJson } from '../case.ts';

/** Eats memory until something stops it. */
const HUNGRY = 'const all = []; for (;;) all.push(new Array(1e5).fill(Math.random()));\n';

export const JAVASCRIPT: readonly Case[] = [
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
