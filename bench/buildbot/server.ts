/** A Buildbot to measure beside: Debian's package, a master on SQLite and one worker, in a folder of their own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Long enough for Python to start on a busy machine. */
const START_MS = 120_000;
/** How often it is asked what has ended: small beside a build. */
const ASK_EVERY_MS = 20;

export interface Buildbot {
  readonly version: string;
  /** Starts so many builds at once. @returns milliseconds until the last has ended */
  builds(count: number): Promise<number>;
}

/** @returns undefined where Buildbot is not installed */
export async function withBuildbot<T>(
  { scratch, builders }: { scratch: string; builders: number },
  measure: (buildbot: Buildbot) => Promise<T>,
): Promise<T | undefined> {
  const [buildbot, workerProgram] = [installed('buildbot'), installed('buildbot-worker')];
  if (buildbot === undefined || workerProgram === undefined) return undefined;
  const folder = await mkdtemp(join(scratch, 'buildbot-'));
  const [master, worker] = [join(folder, 'master'), join(folder, 'worker')];
  const port = await freePort();
  await run(buildbot, ['create-master', '-q', master]);
  await run(workerProgram, [
    'create-worker',
    '-q',
    '--maxdelay=1',
    worker,
    `127.0.0.1:${port}`,
    'bench',
    'bench',
  ]);
  await copyFile(fileURLToPath(new URL('master.cfg', import.meta.url)), join(master, 'master.cfg'));
  const env = { ...process.env, BENCH_PORT: String(port), BENCH_BUILDERS: String(builders) };
  const processes: ChildProcess[] = [];
  const start = (program: string, args: string[]) => {
    const child = spawn(program, args, { cwd: folder, env, stdio: ['pipe', 'pipe', 'inherit'] });
    processes.push(child);
    return child;
  };
  try {
    start(buildbot, ['start', '--nodaemon', master]).stdout.resume();
    await logged(master, 'BuildMaster is running');
    start(workerProgram, ['start', '--nodaemon', worker]).stdout.resume();
    await logged(worker, 'Connected to');
    const python = /^#!\s*(\S+)/.exec(await readFile(buildbot, 'utf8'))?.[1] ?? 'python3';
    const client = fileURLToPath(new URL('send_changes.py', import.meta.url));
    const sender = start(python, [client, String(port), String(builders)]);
    const answers = createInterface({ input: sender.stdout })[Symbol.asyncIterator]();
    await answers.next();
    const { stdout } = await run(buildbot, ['--version']);
    return await measure({
      version: /version: ([\w.]+)/.exec(stdout)?.[1] ?? '',
      builds: async (count) => {
        const database = new DatabaseSync(join(master, 'state.sqlite'), { readOnly: true, timeout: 5_000 });
        try {
          const wanted = ended(database) + count;
          const began = performance.now();
          sender.stdin.write(`${count}\n`);
          const taken = await answers.next();
          if (taken.done) throw new Error('Buildbot did not take the changes.');
          while (ended(database) < wanted) await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
          return performance.now() - began;
        } finally {
          database.close();
        }
      },
    });
  } finally {
    for (const child of processes.reverse()) await stop(child);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Builds that have succeeded. @throws Error when one has not */
function ended(database: DatabaseSync): number {
  const row = database
    .prepare('select count(*) as all_of, sum(results = 0) as good from builds where complete_at is not null')
    .get();
  const [all, good] = [Number(row?.all_of ?? 0), Number(row?.good ?? 0)];
  if (all !== good) throw new Error(`${all - good} builds of Buildbot have failed.`);
  return good;
}

function installed(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

async function logged(folder: string, words: string): Promise<void> {
  const file = join(folder, 'twistd.log');
  const until = performance.now() + START_MS;
  for (;;) {
    const log = await readFile(file, 'utf8').catch(() => '');
    if (log.includes(words)) return;
    if (performance.now() > until || log.includes('startup failed'))
      throw new Error(`Buildbot did not start:\n${log.slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return address.port;
}
