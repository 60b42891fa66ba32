import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { descendants } from '../../src/codebuild/process-tree.ts';
import { removeRemains } from '../../src/codebuild/remains.ts';
import { RootFolder } from '../../src/lambda/image/root-folder.ts';
import { environmentsIn } from '../../src/lambda/image/sandbox.ts';
import { eventually } from '../../test-kit/patience.ts';
import { isRunning } from '../../test-kit/processes.ts';
import { type Running, role, run } from '../../test-kit/running.ts';
import { needs } from '../../test-kit/tools.ts';

let running: Running;
let folder: string;
let parent: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lambda-killed-'));
});
afterEach(async () => {
  parent?.kill('SIGKILL');
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

test('children of a cloud that was killed die with it, even in an endless loop', needs('/proc'), async () => {
  running = await run({ Role: role() });
  writeFileSync(join(folder, 'index.js'), 'require("node:fs").writeFileSync("looping", ""); for (;;);');
  const pid = await launched({ settings, code: { folder }, credentials: {} });
  await eventually(() => expect(existsSync(join(folder, 'looping'))).toBe(true));

  parent?.kill('SIGKILL');

  await eventually(() => expect(isRunning(pid)).toBe(false));
});

test(
  'so do those in the sandbox of an image, and the next start removes what they had',
  needs('/proc', 'bubblewrap', 'busybox'),
  async () => {
    running = await run({ Role: role() });
    const root = new RootFolder(join(folder, 'root'));
    for (const path of ['proc', 'dev', 'tmp', 'etc']) root.folder(path, 0o755);
    for (const path of ['etc/hosts', 'etc/resolv.conf']) writeFileSync(root.place(path), '');
    copyFileSync('/usr/bin/busybox', root.place('busybox'));
    const image = {
      ...{ entryPoint: ['/busybox', 'sh', '-c', '> /tmp/looping; while :; do :; done'], command: [] },
      ...{ environment: {}, workingDirectory: '' },
    };
    const code = { folder: join(folder, 'root'), image };
    const pid = await launched({ settings, code, credentials: {}, stateDir: folder });
    await eventually(() => expect(globSync(join(folder, 'environments/*/tmp/looping'))).toHaveLength(1));
    const inside = descendants(pid);

    parent?.kill('SIGKILL');

    await eventually(() => expect([pid, ...inside].filter(isRunning)).toEqual([]));
    await removeRemains(environmentsIn(folder));
    expect(inside.length).toBeGreaterThan(0);
    expect(globSync(join(environmentsIn(folder), '*'))).toEqual([]);
  },
);

const settings = {
  runtime: 'nodejs22.x',
  handler: 'index.handler',
  memorySize: 128,
  environment: {},
  logging: {},
};

/** Starts a function in a process that is then killed. @returns the function's process */
async function launched(launch: object): Promise<number> {
  const module = new URL('../../src/lambda/runtime/launch.ts', import.meta.url).href;
  const program = `import { startChild } from ${JSON.stringify(module)};
    console.log(startChild(${JSON.stringify(launch)}, '127.0.0.1:9/00', 's').pid);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  parent = child;
  return new Promise<number>((resolve) => child.stdout.once('data', (text) => resolve(Number(text))));
}
