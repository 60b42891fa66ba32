/** Claims on bin/staithe.mjs, which `npx staithe` starts with whatever Node there is. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { expect, test } from 'vitest';
import { startContractServer } from './contract-server.ts';
import { build, pendingRun } from './examples.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'staithe.mjs');
// Makes this Node what an older one is: it says so and refuses TypeScript. The one handed over to is as it was.
const OLD_NODE = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.12.0'}})`;

function start(args: readonly string[], env: Record<string, string> = {}) {
  return spawn(process.execPath, ['--no-experimental-strip-types', '--import', OLD_NODE, LAUNCHER, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
const codeOf = (child: ReturnType<typeof start>) =>
  new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));

test('an older Node hands over to the one of the checkout, with its output and its exit code', async () => {
  const child = start(['build', 'nonsense']);

  const [code, stderr] = await Promise.all([codeOf(child), text(child.stderr)]);

  expect(code).toBe(2);
  expect(stderr).toContain("error: Unknown command 'nonsense'");
});

test('a signal reaches the command', async () => {
  await using server = await startContractServer({
    createRun: () => pendingRun,
    getRun: () => ({ ...pendingRun, stage: 'working' }),
    getBuildLogs: () => ({ items: [], next_cursor: 'c', complete: false }),
  });
  const child = start(['build', 'run', build.id, '--follow'], {
    STAITHE_URL: server.url,
    STAITHE_TOKEN: 't',
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = codeOf(child);
  await eventually(() => expect(said).toContain('working'));

  child.kill('SIGINT');

  expect(await ended).toBe(130);
  expect(said).toContain('The build is still running');
});
