/**
 * Ends what builds without a sandbox leave running. A machine's mark (its id) stands in the environment of everything
 * that was started on it, in its folder's path, and so in working folders. Plain JavaScript, as it is also a program:
 * `node leftovers.mjs <mark> [<control group>…]` is what ends a build whose cloud was killed.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/** Between looks: a process that was killed is gone by then. */
const LOOK_MS = 10;
/** One second of a build that starts processes as fast as they are ended; then its limit of processes has to do. */
const MOST_LOOKS = 100;

/**
 * @typedef {{ pid: number, parent: number, group: number, marked: boolean }} Process
 */

/**
 * Processes that carry one of the marks, those of their process groups, and what these have started.
 * @param {readonly string[]} marks
 * @returns {number[]}
 */
export function markedProcesses(marks) {
  if (marks.length === 0) return [];
  const all = process.platform === 'linux' ? processesOfLinux(marks) : processesOfPs(marks);
  const own = ancestors(all, process.pid);
  const found = new Set(all.filter(({ marked }) => marked).map(({ pid }) => pid));
  const groups = new Set(all.filter(({ pid }) => found.has(pid)).map(({ group }) => group));
  const ownGroup = all.find(({ pid }) => pid === process.pid)?.group;
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent, group } of all)
      if (found.has(parent) || (groups.has(group) && group !== ownGroup)) found.add(pid);
  }
  return [...found].filter((pid) => !own.has(pid));
}

/**
 * SIGKILL to all that are listed, until nothing is any more.
 * @param {() => number[]} list
 */
export async function endAll(list) {
  for (let look = 0, clean = 0; look < MOST_LOOKS && clean < 2; look++) {
    const pids = list();
    for (const pid of pids) signal(pid, 'SIGKILL');
    clean = pids.length === 0 ? clean + 1 : 0;
    if (clean < 2) await delay(LOOK_MS);
  }
}

/**
 * Processes of control groups.
 * @param {readonly string[]} folders
 * @returns {number[]}
 */
export function groupedProcesses(folders) {
  return folders.flatMap((folder) =>
    readable(
      () => readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number),
      [],
    ),
  );
}

/** @param {number} pid @param {NodeJS.Signals} name */
export function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/** @param {readonly Process[]} all @param {number} pid */
function ancestors(all, pid) {
  const parents = new Map(all.map((each) => [each.pid, each.parent]));
  const found = new Set();
  for (let each = pid; each > 0 && !found.has(each); each = parents.get(each) ?? 0) found.add(each);
  return found;
}

/** @param {readonly string[]} marks @returns {Process[]} */
function processesOfLinux(marks) {
  const holds = (/** @type {string} */ text) => marks.some((mark) => text.includes(mark));
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      // `pid (any name) state parent group session terminal …` (proc_pid_stat(5)).
      const stat = readable(() => readFileSync(`/proc/${name}/stat`, 'utf8'), '');
      const [state, parent, group, , terminal] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === undefined || state === 'Z' || state === '') return [];
      const environment = readable(() => readFileSync(`/proc/${name}/environ`, 'utf8'), '').split('\0');
      const folder = readable(() => readlinkSync(`/proc/${name}/cwd`), '');
      // Somebody may look at the folder in a terminal.
      const marked =
        environment.some((entry) => !/^(OLD)?PWD=/.test(entry) && holds(entry)) ||
        (terminal === '0' && holds(folder));
      return [{ pid: Number(name), parent: Number(parent), group: Number(group), marked }];
    });
}

/** Elsewhere `ps` shows the environment of the user's own processes, but for those that the system protects. */
function processesOfPs(/** @type {readonly string[]} */ marks) {
  const table = readable(
    () =>
      execFileSync('ps', ['-axwwE', '-o', 'pid=,ppid=,pgid=,command='], {
        encoding: 'utf8',
        maxBuffer: 2 ** 26,
      }),
    '',
  );
  return table.split('\n').flatMap((line) => {
    const [, pid, parent, group, text = ''] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined) return [];
    const marked = text
      .split(' ')
      .some((word) => !/^(OLD)?PWD=/.test(word) && marks.some((mark) => word.includes(mark)));
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), marked }];
  });
}

/**
 * @template T
 * @param {() => T} read
 * @param {T} otherwise of a process that has ended, or of another user
 * @returns {T}
 */
function readable(read, otherwise) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , mark = '', ...folders] = process.argv;
  await endAll(() => [
    ...markedProcesses([mark]),
    ...groupedProcesses(folders).filter((pid) => pid !== process.pid),
  ]);
  for (const folder of folders)
    readable(() => {
      writeFileSync(join(dirname(folder), 'cgroup.procs'), String(process.pid));
      rmdirSync(folder);
    }, undefined);
  // The process group of the build, which this program is still in.
  process.kill(0, 'SIGKILL');
}
