/** Builds without a sandbox: what they start ends with them, wherever it has gone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createLimits } from '../../src/codebuild/limits.ts';
import { GROUPS_FILE, removeRemains } from '../../src/codebuild/remains.ts';
import { plain } from '../../src/codebuild/sandbox.ts';
import { eventually } from '../../test-kit/patience.ts';
import { needs, unless } from '../../test-kit/tools.ts';
import { codeBuildCloud } from './build-cloud.ts';

/** Ways out, each of a process that ignores SIGTERM. `%` stands for the number of seconds, which is its mark. */
const WAYS = {
  'ignores SIGTERM': `(trap '' TERM; while :; do sleep %; done)`,
  'has a session of its own': `setsid sh -c 'trap "" TERM; while :; do sleep %; done'`,
  'is a daemon': `(setsid sh -c '(trap "" TERM; while :; do sleep %; done) &' &)`,
  'ignores SIGHUP too': `nohup sh -c 'trap "" TERM; while :; do sleep %; done' >/dev/null 2>&1`,
  'has a cleared environment': `env -i sh -c 'trap "" TERM; while :; do sleep %; done'`,
  'has a cleared environment and a session of its own': `setsid env -i sh -c 'trap "" TERM; while :; do sleep %; done'`,
  'is in another folder': `cd /; (sh -c 'trap "" TERM; while :; do sleep %; done' &)`,
} as const;

let numbers = 0;
const newMark = () => `86${process.pid}${String(++numbers).padStart(3, '0')}`;

function sleeping(mark: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8') === `sleep\0${mark}\0`;
    } catch {
      return false;
    }
  });
}

const folders: string[] = [];
const closes: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closes) await close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('a process of a build without a sandbox', needs('/proc'), () => {
  it.each(Object.entries(WAYS))('that %s ends when the build is stopped', async (_name, way) => {
    const mark = newMark();
    const commands = [`${way.replace('%', mark)} & echo ready; sleep 600`];
    const { start, call, service, close } = await codeBuildCloud({
      sandbox: plain,
      buildspec: JSON.stringify({ version: 0.2, phases: { build: { commands } } }),
    });
    closes.push(close);
    const { id } = await start();
    await eventually(() => expect(sleeping(mark)).not.toEqual([]));

    await call('codebuild', 'StopBuild', { id });
    await service.whenBuildEnds(id);

    expect(sleeping(mark)).toEqual([]);
  });

  it('ends when the build ends by itself', async () => {
    const mark = newMark();
    const commands = [
      `${WAYS['is a daemon'].replace('%', mark)}; while ! pgrep -f "sleep ${mark}"; do :; done`,
    ];
    const { finish, close } = await codeBuildCloud({
      sandbox: plain,
      buildspec: JSON.stringify({ version: 0.2, phases: { build: { commands } } }),
    });
    closes.push(close);

    const { build } = await finish();

    expect(build.buildStatus).toBe('SUCCEEDED');
    expect(sleeping(mark)).toEqual([]);
  });

  it.each(['has a session of its own', 'is a daemon', 'has a cleared environment'] as const)(
    'that %s ends when the cloud is killed',
    async (way) => {
      const mark = newMark();
      const { cloud } = startSession(WAYS[way].replace('%', mark));
      await eventually(() => expect(sleeping(mark)).not.toEqual([]));

      cloud.kill('SIGKILL');

      await eventually(() => expect(sleeping(mark)).toEqual([]));
    },
  );
});

/** A process that is to a build what the cloud is: it has its session. */
function startSession(command: string): { cloud: ChildProcess; folder: string } {
  const folder = join(mkdtempSync(join(tmpdir(), 'killed-plain-')), randomUUID());
  folders.push(join(folder, '..'));
  const lib = new URL('../../src/codebuild/', import.meta.url).href;
  const program = `
    import { mkdirSync } from 'node:fs';
    const { Session } = await import('${lib}session.ts');
    const { plain } = await import('${lib}sandbox.ts');
    const host = Object.fromEntries(
      ['output', 'home', 'temporary', 'state', 'scripts'].map((name) => [name, '${folder}/' + name]));
    for (const path of Object.values(host)) mkdirSync(path, { recursive: true });
    const session = await Session.start({
      sandbox: plain, host, shell: '/bin/sh',
      limits: { kind: 'none', groups: [], wrap: (c) => [...c], wrapInside: (c) => [...c], release: async () => {} },
    });
    session.begin({ environment: { PATH: '/usr/bin:/bin' }, lines: async () => {}, folder: host.output });
    await session.run(process.argv[1], true);`;
  const cloud = spawn(process.execPath, ['--input-type=module', '-e', program, command], {
    stdio: 'inherit',
  });
  return { cloud, folder };
}

describe('the next start', needs('/proc'), () => {
  it('ends what an earlier one has left running, and removes its folders', async () => {
    const mark = newMark();
    const folder = mkdtempSync(join(tmpdir(), 'remains-'));
    folders.push(folder);
    const id = randomUUID();
    mkdirSync(join(folder, id, 'output'), { recursive: true });
    const left = spawn('sleep', [mark], { env: { HOME: join(folder, id, 'home') }, detached: true });
    const neighbour = spawn('sleep', [newMark()], { env: { HOME: folder }, detached: true });
    const ended = new Promise((resolve) => left.once('exit', (_code, signal) => resolve(signal)));

    await removeRemains(folder);

    expect(await ended).toBe('SIGKILL');
    expect(neighbour.exitCode ?? neighbour.signalCode).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
    neighbour.kill('SIGKILL');
  });

  const probe = createLimits(`probe-${process.pid}`);
  it(
    'removes control groups, and ends what is in them',
    unless(probe.groups.length === 0 ? 'there are no control groups here' : undefined),
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'remains-'));
      folders.push(folder);
      const id = randomUUID();
      mkdirSync(join(folder, id));
      const { wrap, groups } = createLimits(`codebuild-${id}`, (made) =>
        writeFileSync(join(folder, id, GROUPS_FILE), made.join('\n')),
      );
      const mark = newMark();
      const [program = '', ...args] = wrap(['setsid', 'env', '-i', 'sleep', mark]);
      spawn(program, args, { cwd: '/', env: { PATH: process.env.PATH }, stdio: 'ignore' });
      await eventually(() => expect(sleeping(mark)).not.toEqual([]));

      await removeRemains(folder);

      expect(sleeping(mark)).toEqual([]);
      expect(groups.filter((group) => existsSync(group))).toEqual([]);
    },
  );
  afterAll(() => probe.release());
});
