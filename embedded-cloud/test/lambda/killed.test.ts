import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { isRunning } from '../../test-kit/processes.ts';
import { type Running, role, run } from '../../test-kit/running.ts';
import { needs } from '../../test-kit/tools.ts';

let running: Running;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lambda-killed-'));
});
afterEach(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

test('children of a cloud that was killed die with it, even in an endless loop', needs('/proc'), async () => {
  running = await run({ Role: role() });
  writeFileSync(join(folder, 'index.js'), 'require("node:fs").writeFileSync("looping", ""); for (;;);');
  const module = new URL('../../src/lambda/runtime/launch.ts', import.meta.url).href;
  const settings = {
    runtime: 'nodejs22.x',
    handler: 'index.handler',
    memorySize: 128,
    environment: {},
    logging: {},
  };
  const launch = { settings, code: { folder }, credentials: {} };
  const program = `import { startChild } from ${JSON.stringify(module)};
    console.log(startChild(${JSON.stringify(launch)}, '127.0.0.1:9/00', 's').pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program]);
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (text) => resolve(Number(text))),
  );
  await eventually(() => expect(existsSync(join(folder, 'looping'))).toBe(true));

  parent.kill('SIGKILL');

  await eventually(() => expect(isRunning(pid)).toBe(false));
});
