/** Makes one failure happen, as the agent would run it, and keeps what it printed. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Head } from '../corpus.ts';
import type { Case } from './case.ts';
import type { Servers } from './servers.ts';
import { TOOLS } from './tools.ts';

/** What is kept of a log, in lines and in characters a line. */
const KEPT_LINES = 200;
const KEPT_CHARACTERS = 2000;

export interface Outcome {
  readonly head: Head;
  readonly lines: readonly string[];
}

/** @throws when the setup fails, or the command does not */
export async function runCase(one: Case, servers: Servers): Promise<Outcome> {
  const root = mkdtempSync(join(tmpdir(), 'corpus-'));
  const build = join(root, 'tree');
  mkdirSync(build);
  if (one.diskMb !== undefined)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${one.diskMb}m`, 'tmpfs', build]);
  try {
    for (const [name, text] of Object.entries(one.files ?? {})) {
      mkdirSync(dirname(join(build, name)), { recursive: true });
      writeFileSync(join(build, name), filler(root, servers)(text), { mode: 0o644 });
    }
    const env = environment(root, one, servers);
    const fill = filler(root, servers);
    if (one.setup !== undefined) {
      const made = await run(fill(one.setup), build, env, {});
      if (made.exitCode !== 0) throw new Error(`the setup failed:\n${made.output}`);
    }
    const command = fill(one.command);
    const ended = await run(command, build, env, one);
    if (ended.exitCode === 0) throw new Error(`it did not fail:\n${ended.output.slice(-2000)}`);
    const shown = (text: string) => publish(text, root, servers);
    return {
      head: {
        label: one.label,
        phase: one.phase ?? 'command',
        command: shown(command),
        ...(ended.exitCode !== null && !ended.timedOut && { exit_code: ended.exitCode }),
        ...(ended.signal !== null && !ended.timedOut && { signal: ended.signal }),
        ...(ended.outOfMemory && { out_of_memory: true }),
        ...(isFull(build) && { disk_full: true }),
        ...(ended.timedOut && one.timeoutSeconds !== undefined && { timed_out_after: one.timeoutSeconds }),
        ...(one.stage !== undefined && { stage: one.stage }),
        ...(one.adversarial && { adversarial: true }),
        ...(one.headline !== undefined && { headline: one.headline }),
      },
      lines: lastLines(shown(ended.output)),
    };
  } finally {
    if (one.diskMb !== undefined) execFileSync('umount', ['-l', build]);
    rmSync(root, { recursive: true, force: true });
  }
}

/** Placeholders of cases: the servers' addresses, the tools' folder, and a folder outside the tree. */
const filler = (root: string, servers: Servers) => (text: string) =>
  servers
    .fill(text)
    .replaceAll('/opt-tools', TOOLS)
    .replaceAll('/build-home', join(root, 'home'))
    .replaceAll('/build-tree', join(root, 'tree'));

function environment(root: string, one: Case, servers: Servers): Record<string, string> {
  const home = join(root, 'home');
  mkdirSync(home);
  const given = Object.entries(one.env ?? {}).map(
    ([name, value]) => [name, filler(root, servers)(value)] as const,
  );
  return {
    PATH: [
      join(TOOLS, 'js/node_modules/.bin'),
      join(TOOLS, 'py/bin'),
      join(TOOLS, 'erl/usr/lib/erlang/bin'),
      join(TOOLS, 'erl/usr/bin'),
      join(homedir(), '.cargo/bin'),
      '/usr/local/go/bin',
      '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ].join(':'),
    HOME: home,
    TMPDIR: temporaryFolder(root, one),
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    CI: 'true',
    // Toolchains and what has been downloaded before: a log should show the failure, and not a hundred downloads.
    RUSTUP_HOME: join(homedir(), '.rustup'),
    CARGO_HOME: join(TOOLS, 'cargo'),
    GOMODCACHE: join(TOOLS, 'gomod'),
    MAVEN_OPTS: `-Dmaven.repo.local=${join(TOOLS, 'm2')}`,
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
    npm_config_fetch_retries: '0',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_ROOT_USER_ACTION: 'ignore',
    UV_NATIVE_TLS: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    ERL_ROOTDIR: join(TOOLS, 'erl/usr/lib/erlang'),
    CONTAINERS_STORAGE_CONF: join(TOOLS, 'containers/storage.conf'),
    BUILDAH_ISOLATION: 'chroot',
    ...Object.fromEntries(given),
  };
}

/** Where the disk is small, temporary files lie on it too. */
function temporaryFolder(root: string, one: Case): string {
  const folder = join(root, one.diskMb === undefined ? 'tmp' : 'tree/tmp');
  mkdirSync(folder);
  return folder;
}

interface Ended {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly outOfMemory: boolean;
  readonly output: string;
}

type Limits = Pick<Case, 'memoryMb' | 'timeoutSeconds'>;

/** Nothing that is made here takes longer than this. */
const GIVE_UP_SECONDS = 300;

async function run(
  command: string,
  folder: string,
  env: Record<string, string>,
  limits: Limits,
): Promise<Ended> {
  const group = limits.memoryMb === undefined ? undefined : memoryGroup(limits.memoryMb);
  const enter = group === undefined ? '' : `echo $$ > ${group}/cgroup.procs; `;
  const child = spawn('/bin/sh', ['-c', `${enter}exec /bin/sh -ec "$0" 2>&1`, command], {
    cwd: folder,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  let timedOut = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-4_000_000);
  });
  const end = () => {
    timedOut = true;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  const deadline = setTimeout(end, (limits.timeoutSeconds ?? GIVE_UP_SECONDS) * 1000);
  const [exitCode, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (code, name) => resolve([code, name])),
  );
  clearTimeout(deadline);
  if (timedOut && limits.timeoutSeconds === undefined) throw new Error(`no end:\n${output.slice(-2000)}`);
  const outOfMemory = group !== undefined && killsIn(group) > 0;
  if (group !== undefined) execFileSync('rmdir', [group]);
  return { exitCode, signal, timedOut, outOfMemory, output };
}

/** As the agent asks (lib/agent/failure.ts): not even a few pages can be written any more. */
function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < 64 * 1024;
}

/** A cgroup (v1 or v2) of its own below the present one's root. Needs root. */
function memoryGroup(megabytes: number): string {
  const v1 = '/sys/fs/cgroup/memory';
  const folder = mkdtempSync(join(hasV1() ? v1 : '/sys/fs/cgroup', 'corpus-'));
  const limits = hasV1()
    ? ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes']
    : ['memory.max', 'memory.swap.max'];
  const [limit, swap] = limits;
  writeFileSync(join(folder, limit ?? ''), `${megabytes * 1024 ** 2}`);
  try {
    writeFileSync(join(folder, swap ?? ''), hasV1() ? `${megabytes * 1024 ** 2}` : '0');
  } catch {
    // No swap accounting in this kernel, then most likely no swap.
  }
  return folder;
}

function hasV1(): boolean {
  try {
    readFileSync('/sys/fs/cgroup/memory/memory.limit_in_bytes');
    return true;
  } catch {
    return false;
  }
}

function killsIn(group: string): number {
  const file = hasV1() ? 'memory.oom_control' : 'memory.events';
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(group, file), 'utf8'))?.[1] ?? 0);
}

/** Folders and hosts of this machine become those of a build on a public network. */
function publish(text: string, root: string, servers: Servers): string {
  return servers
    .publish(text)
    .replaceAll(join(root, 'tree'), '/build')
    .replaceAll(join(root, 'home'), '/root')
    .replaceAll(root, '/tmp')
    .replaceAll(TOOLS, '/opt')
    .replaceAll(homedir(), '/root')
    .replaceAll(tmpdir(), '/tmp');
}

function lastLines(output: string): string[] {
  const lines = output.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.slice(-KEPT_LINES).map(readable);
}

/** As the agent keeps them (lib/agent/output.ts): without colours, and with the last state of a progress bar. */
function readable(line: string): string {
  const plain = line
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters
    .replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g, '')
    .replace(/\r+$/, '');
  return plain
    .slice(plain.lastIndexOf('\r') + 1)
    .slice(0, KEPT_CHARACTERS)
    .toWellFormed();
}
