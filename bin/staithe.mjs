#!/usr/bin/env node
// `npx staithe` runs with whatever Node the machine has. Staithe's sources are TypeScript, which Node runs from 24 on;
// the checkout brings one (the package `node`), and an older Node hands over to it here.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const major = Number(process.versions.node.split('.')[0]);

function handOver() {
  const newer = [at('../node_modules/node/bin/node'), at('../node_modules/.bin/node')].find(existsSync);
  if (newer === undefined) {
    process.stderr.write(`error: Staithe needs Node 24, and this is ${process.version}\nnext: npm ci\n`);
    process.exitCode = 1;
    return;
  }
  const child = spawn(newer, [at('./staithe.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches both processes; one that was sent to this one alone is handed on. The child decides how to end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`error: ${newer} does not start: ${error.message}\nnext: npm ci\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}

if (major >= 24) await import('./staithe.ts');
else handOver();
