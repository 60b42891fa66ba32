#!/usr/bin/env node
// What `staithe` and `npx staithe` start, with whatever Node the machine has; so this is written for old ones too. The
// published package has the CLI as JavaScript. A checkout has it as TypeScript, which Node runs from 24 on: the checkout
// brings one (the package `node`), and an older Node hands over to it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);

function refuse(what, next) {
  process.stderr.write(`error: ${what}\nnext: ${next}\n`);
  process.exitCode = 1;
}

function handOver() {
  const newer = [at('../node_modules/node/bin/node'), at('../node_modules/.bin/node')].find(existsSync);
  if (newer === undefined) {
    refuse(`Nothing is installed in ${at('..')} yet.`, `npm ci --prefix ${at('..')}`);
    return;
  }
  const child = spawn(newer, [at('./staithe.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches both processes; one that was sent to this one alone is handed on. The child decides how to end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => refuse(`${newer} does not start: ${error.message}`, 'npm ci'));
  child.on('exit', (code, signal) => {
    process.exitCode = code === null ? 128 + (constants.signals[signal] || 0) : code;
  });
}

async function packaged() {
  if (major < 20 || (major === 20 && minor < 12)) {
    refuse(
      `Staithe needs Node 20.12 or newer, and this is ${process.version}.`,
      'https://nodejs.org/en/download',
    );
    return;
  }
  const { main } = await import('../dist/staithe.js');
  process.exitCode = await main(process.argv.slice(2));
}

if (!existsSync(at('../lib/cli/main.ts'))) await packaged();
else if (major >= 24 && existsSync(at('../node_modules/zod'))) await import('./staithe.ts');
else handOver();
