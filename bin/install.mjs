/**
 * Installs what is missing, before any script of package.json that needs it. Plain JavaScript, as it runs on whatever
 * Node the machine has; what it installs brings Node 24 along for everything else.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const mark = join(root, 'node_modules', '.installed');
const lock = readFileSync(join(root, 'package-lock.json'));
const wanted = createHash('sha256').update(lock).digest('hex');
const live = process.stderr.isTTY === true;

function fail(what, next) {
  process.stderr.write(`error: ${what}\nnext: ${next}\n`);
  process.exit(1);
}

/** @returns how npm ended, and what it said */
function npm(args) {
  const path = process.env.npm_execpath;
  const [command, words] = path === undefined ? ['npm', args] : [process.execPath, [path, ...args]];
  return new Promise((resolve) => {
    const child = spawn(command, words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    child.on('error', (error) =>
      resolve({ code: 127, said: `${command} does not start: ${error.message}\n` }),
    );
    child.on('close', (code) => resolve({ code, said }));
  });
}

async function install() {
  const count = Object.keys(JSON.parse(lock.toString()).packages).length - 1;
  const title = `Installing ${count} packages with npm ci (once, about half a minute)`;
  const began = Date.now();
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  process.stderr.write(`${title} …${live ? '' : '\n'}`);
  // A second is what people read; the line says that it goes on.
  const ticking = live
    ? setInterval(() => process.stderr.write(`\r${title} … ${seconds()}`), 1000)
    : undefined;
  const { code, said } = await npm([
    'ci',
    '--include=dev',
    '--no-audit',
    '--no-fund',
    '--no-progress',
    '--loglevel=error',
  ]);
  clearInterval(ticking);
  if (live) process.stderr.write('\n');
  if (code !== 0) {
    process.stderr.write(said);
    if (/EACCES|EROFS|EPERM/.test(said))
      fail(`${root} cannot be written.`, 'Use a copy that you may write to.');
    if (/ENOSPC/.test(said)) fail('The disk is full.', `Make 1 GB of room for ${root}, then try again.`);
    fail('npm ci failed; its messages are above.', 'Check the network and the npm registry, then try again.');
  }
  if (
    !['node/bin/node', '.bin/node', '.bin/node.cmd'].some((file) =>
      existsSync(join(root, 'node_modules', file)),
    )
  )
    fail(
      'npm ran no install scripts, so the package `node` has no program.',
      'npm config delete ignore-scripts, then try again.',
    );
  writeFileSync(mark, wanted);
  process.stderr.write(`Installed in ${seconds()}.\n`);
}

if (Number(process.versions.node.split('.')[0]) < 20)
  fail(`Staithe needs Node 20 or newer, and this is ${process.version}.`, 'https://nodejs.org/en/download');
if (!existsSync(mark) || readFileSync(mark, 'utf8') !== wanted) await install();
