import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseBuildspec } from '../../src/codebuild/buildspec.ts';
import { systemVariables } from '../../src/codebuild/environment.ts';
import { markedProcesses } from '../../src/codebuild/leftovers.mjs';
import { createLimits } from '../../src/codebuild/limits.ts';
import { bubblewrap, plain, type Sandbox } from '../../src/codebuild/sandbox.ts';
import { Session } from '../../src/codebuild/session.ts';
import { warmCommand } from '../../src/codebuild/warm-command.ts';
import { has, needs } from '../../test-kit/tools.ts';
import { codeBuildCloud, own } from './build-cloud.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const sandboxes = [
  { name: 'a plain process', sandbox: plain, options: needs() },
  { name: 'bubblewrap', sandbox: bubblewrap, options: needs('bubblewrap') },
];

const spec = (...commands: string[]) => JSON.stringify({ version: 0.2, phases: { build: { commands } } });

/** A session that has a Node ready for `node program.cjs`, and what it prints. */
async function readySession(sandbox: Sandbox, program: string, command = 'node program.cjs one two') {
  const root = mkdtempSync(join(tmpdir(), 'warm-session-'));
  const [output, home, temporary, state, scripts] = ['output', 'home', 'tmp', 'state', 'scripts'].map(
    (name) => {
      mkdirSync(join(root, name));
      return join(root, name);
    },
  ) as [string, string, string, string, string];
  const host = { output, home, temporary, state, scripts };
  const inside = sandbox.inside(host);
  writeFileSync(join(host.output, 'program.cjs'), program);
  const warm = warmCommand(parseBuildspec(spec(command)));
  if (warm === undefined) throw new Error(`${command} cannot be made ready`);
  const session = await Session.start({
    sandbox,
    host,
    limits: createLimits(`warm-${process.pid}-${Date.now()}`),
    shell: '/bin/sh',
    warm: { ...warm, folder: inside.output, environment: systemVariables(sandbox, host) },
  });
  ends.push(async () => {
    await session.end();
    rmSync(root, { recursive: true, force: true });
  });
  const lines: string[] = [];
  const begin = (more: Record<string, string>) =>
    session.begin({
      environment: { ...systemVariables(sandbox, host), ...more },
      folder: inside.output,
      lines: async (printed) => void lines.push(...printed),
    });
  return { session, begin, lines, command, inside };
}

for (const { name, sandbox, options } of sandboxes)
  describe(`a Node that was ready before its build, in ${name}`, options, () => {
    it('has the environment, folder and arguments of the build, as one started by the shell', async () => {
      const tell = `console.log(JSON.stringify({
        argv: process.argv.slice(1), cwd: process.cwd(), main: require.main === module, file: __filename,
        secret: process.env.SECRET, names: Object.keys(process.env).filter((n) => !/^(_|OLDPWD|SHLVL|CODEBUILD_BUILD_SUCCEEDING)$/.test(n)).sort() }));
        process.exitCode = 7;`;
      const { session, begin, lines, command } = await readySession(sandbox, tell);
      begin({ SECRET: `it's "me"` });

      const ready = await session.run(command, true);
      const again = await session.run(command, true);

      expect([ready, again]).toEqual([{ status: 7 }, { status: 7 }]);
      const [first, second] = lines.map((line) => JSON.parse(line));
      expect(first.secret).toBe(`it's "me"`);
      expect(first).toEqual(second);
    });

    it('loads modules beside its file and imports others, as any program', async () => {
      const program = `require('node:fs').writeFileSync(__dirname + '/other.cjs', 'module.exports = 41');
        import('node:os').then(({ EOL }) => console.log(require('./other.cjs') + EOL.length));`;
      const { session, begin, lines, command } = await readySession(sandbox, program);
      begin({});

      expect(await session.run(command, true)).toEqual({ status: 0 });
      expect(lines).toEqual(['42']);
    });

    it('has run nothing of the program before its build is there', async () => {
      const program = `require('node:fs').appendFileSync(__dirname + '/ran', 'x');
        console.log(process.env.SECRET, require('node:fs').readFileSync(__dirname + '/ran', 'utf8'));`;
      const { session, begin, lines, command } = await readySession(sandbox, program);
      begin({ SECRET: 'of the build' });

      await session.run(command, true);
      await session.run(command, true);

      expect(lines).toEqual(['of the build x', 'of the build xx']);
    });

    it('is not used for variables that Node reads when it starts', async () => {
      const { session, begin, lines, command } = await readySession(
        sandbox,
        'console.log(process.execArgv.length, process.title)',
      );
      begin({ NODE_OPTIONS: '--title=started-by-the-shell' });

      expect(await session.run(command, true)).toEqual({ status: 0 });
      expect(lines).toEqual(['0 started-by-the-shell']);
    });

    it('is not used for another command, and goes away', async () => {
      const { session, begin, lines } = await readySession(sandbox, 'console.log("ran")');
      begin({});

      expect(await session.run('echo other', true)).toEqual({ status: 0 });
      expect(lines).toEqual(['other']);
    });
  });

describe('the commands that a Node can be ready for', () => {
  it.each([
    ['node agent.cjs', { file: 'agent.cjs', args: [] }],
    ['node dist/main.cjs --fast -x=1', { file: 'dist/main.cjs', args: ['--fast', '-x=1'] }],
  ])('%s', (command, expected) => {
    expect(warmCommand(parseBuildspec(spec(command, 'true')))).toEqual({ command, ...expected });
  });

  it.each([
    'node agent.js',
    'node $FILE.cjs',
    'node a.cjs; true',
    'node ../a.cjs',
    'node a.cjs "x y"',
    'FOO=1 node a.cjs',
  ])('are not: %s', (command) => {
    expect(warmCommand(parseBuildspec(spec(command)))).toBeUndefined();
  });
});

describe('the warm pool', () => {
  it('gives each build a machine of its own, made ready while nobody waited', async () => {
    const { finish, cloud, close } = await codeBuildCloud({
      sandbox: has('bubblewrap') ? bubblewrap : plain,
      warmMachines: 1,
      buildspec: spec(
        'echo "$CODEBUILD_SRC_DIR"; ls -A "$HOME" /tmp | grep mine; touch "$HOME/mine"; echo "$MARK"',
      ),
    });
    ends.push(close);
    const folders = () => readdirSync(join(cloud.stateDir('codebuild'), 'builds'));
    const numberOf = (folder: string) => `src${Number.parseInt(folder.slice(0, 8), 16)}`;

    const first = await finish({ environmentVariablesOverride: [{ name: 'MARK', value: 'a' }] });
    await expect.poll(folders).toHaveLength(1);
    const [ready = ''] = folders();
    await expect.poll(() => markedProcesses([ready])).not.toEqual([]);
    const second = await finish({ environmentVariablesOverride: [{ name: 'MARK', value: 'b' }] });

    expect(own(first.lines).slice(1)).toEqual(['a']);
    expect(own(second.lines)[0]).toContain(numberOf(ready));
    expect(own(second.lines).slice(1)).toEqual(['b']);
    await expect.poll(folders).not.toContain(ready);
  });

  it('leaves nothing behind when the cloud stops', async () => {
    const { finish, cloud, service } = await codeBuildCloud({
      sandbox: plain,
      warmMachines: 1,
      buildspec: spec('true'),
    });
    const folders = () => readdirSync(join(cloud.stateDir('codebuild'), 'builds'));
    await finish();
    await expect.poll(folders).toHaveLength(1);

    await service.stop?.();

    expect(folders()).toEqual([]);
    rmSync(cloud.folder, { recursive: true, force: true });
  });
});
