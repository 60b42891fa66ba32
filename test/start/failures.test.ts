/** Claims on `npm start` when it cannot start: what failed, why, and what to do, from the real program. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeState } from '../../lib/start/running.ts';
import { ROOT } from '../system/assembly.ts';

let state = '';
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'staithe-start-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

/** @param under a program and its arguments that runs it */
function start(
  args: readonly string[],
  { env = {}, under = [] }: { env?: Record<string, string>; under?: readonly string[] } = {},
) {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning'];
  const [program = '', ...words] = [...under, ...node, join(ROOT, 'bin', 'start.ts'), ...args];
  return new Promise<{ code: unknown; stderr: string }>((resolve) =>
    execFile(program, words, { env: { ...process.env, ...env } }, (error, _stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stderr }),
    ),
  );
}

describe('a start', () => {
  it('on a state that another one has says where that runs, as which process, and what to do', async () => {
    const connection = { url: 'http://127.0.0.1:4100', token: 't', webhook_secret: 's' };
    writeFileSync(join(state, 'connection.json'), JSON.stringify(connection));
    const release = takeState(state);

    const { code, stderr } = await start(['--state', state]).finally(release);

    expect(code).toBe(1);
    expect(stderr).toContain(
      `error: Staithe already runs on ${state}: ${connection.url} (process ${process.pid}).`,
    );
    expect(stderr).toContain(
      `next: Use it, stop it (kill ${process.pid}), or start another one with a separate state`,
    );
  });

  it.each([
    [['--bogus'], "Unknown option '--bogus'", 'npm start -- --help'],
    [['--port', 'high'], "--port is 'high'", 'npm start -- --port 4566'],
    [['--port', '70000'], "--port is '70000'", 'npm start -- --port 4566'],
  ])('with %j says what is wrong and what to type', async (args, what, next) => {
    const { code, stderr } = await start(args);

    expect(code).toBe(2);
    expect(stderr).toContain(`error: ${what}`);
    expect(stderr).toContain(`next: ${next}`);
  });

  it('whose state cannot be written asks for another folder', async () => {
    writeFileSync(join(state, 'file'), '');

    const { code, stderr } = await start(['--state', join(state, 'file', 'state')]);

    expect(code).toBe(1);
    expect(stderr).toContain('error: The state cannot be saved.');
    expect(stderr).toContain('next: Specify a writable folder: npm start -- --state <folder>');
  });

  it('without a temporary folder asks for one', async () => {
    const { code, stderr } = await start(['--state', state], { env: { TMPDIR: join(state, 'missing') } });

    expect(code).toBe(1);
    expect(stderr).toContain('next: Set TMPDIR to a writable folder.');
  });
});

describe('on a full disk', needs('bubblewrap'), () => {
  it('a start says so, and asks for room', async () => {
    const script = 'cat /dev/zero > "$0/filler" 2>/dev/null; exec "$@"';
    const disk = ['--size', '4096', '--tmpfs', state];

    const { code, stderr } = await start(['--state', join(state, 'state')], {
      under: ['bwrap', '--dev-bind', '/', '/', ...disk, 'sh', '-c', script, state],
    });

    expect(code).toBe(1);
    expect(stderr).toContain('error: The disk is full:');
    expect(stderr).toContain('next: Free some space, then start again.');
    expect(stderr).not.toContain('at Object.');
  });
});

describe('a port that was asked for', needs('/proc'), () => {
  it('and is in use is refused before anything is synthesized, with who uses it', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    const { code, stderr } = await start(['--state', state, '--no-tour', '--port', String(port)]);
    server.close();

    expect(code).toBe(1);
    expect(stderr).toContain(`error: Port ${port} is in use by process ${process.pid} (`);
    expect(stderr).toContain('omit --port');
    expect(existsSync(join(state, 'assembly'))).toBe(false);
  });
});
