/**
 * Limits on processes and memory, of a build or of another program that users bring, by what the machine allows:
 * a control group (version 2, or 1 as root), else RLIMIT_NPROC in the sandbox of whoever is not root (the kernel exempts
 * root from it; since Linux 5.14 it counts by user namespace), else none. A control group also bounds memory; RLIMIT_AS would stop Node, which reserves far more than it uses.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Bounds {
  readonly processes: number;
  readonly memoryBytes: number;
}

export const BOUNDS_OF_BUILD: Bounds = {
  /** As many processes as a container of CodeBuild has use for; a fork bomb stops here. */
  processes: 1_024,
  /** 7 GB as the medium compute type, at most three quarters of the machine. */
  memoryBytes: Math.floor(Math.min(7 * 1024 ** 3, totalmem() * 0.75)),
};

/** Two seconds: a process with much memory takes its time to die. */
const REMOVE_ATTEMPTS = 100;
const REMOVE_EVERY_MS = 20;

export interface Limits {
  readonly kind: 'cgroup2' | 'cgroup1' | 'rlimit' | 'none';
  /** The command that runs `command`, sandbox and all, within the limits. */
  wrap(command: readonly string[]): string[];
  /** The same for limits that can only be set inside of the sandbox's user namespace. */
  wrapInside(command: readonly string[]): string[];
  /** Folders of control groups that hold its processes. */
  readonly groups: readonly string[];
  /** Frees what the limits hold, once all processes are gone. */
  release(): Promise<void>;
}

const NONE: Limits = {
  kind: 'none',
  wrap: (command) => [...command],
  wrapInside: (command) => [...command],
  groups: [],
  release: () => Promise.resolve(),
};

/**
 * Makes limits for one build.
 * @param name unique on the machine
 * @param note is told of the groups before they are made: they outlive a cloud that is killed
 */
export function createLimits(
  name: string,
  note: (groups: readonly string[]) => void = () => {},
  bounds: Bounds = BOUNDS_OF_BUILD,
): Limits {
  return cgroup2(name, note, bounds) ?? cgroup1(name, note, bounds) ?? rlimit(bounds);
}

/** Removes groups; the kernel may need a moment until the last process has left. */
export async function removeGroups(groups: readonly string[]): Promise<void> {
  for (const folder of groups)
    for (let attempt = 0; attempt < REMOVE_ATTEMPTS; attempt++) {
      try {
        rmdirSync(folder);
        break;
      } catch {
        if (!existsSync(folder)) break;
        await delay(REMOVE_EVERY_MS);
      }
    }
}

type Note = (groups: readonly string[]) => void;

function cgroup2(name: string, note: Note, { processes, memoryBytes }: Bounds): Limits | undefined {
  const own = /^0::(\/.*)$/m.exec(read('/proc/self/cgroup'))?.[1];
  // Beside our own group: a group with processes of its own cannot have limited children.
  if (own === undefined || !read('/sys/fs/cgroup/cgroup.controllers').includes('pids')) return undefined;
  const folder = join('/sys/fs/cgroup', dirname(own), name);
  return grouped('cgroup2', note, [
    {
      folder,
      settings: { 'pids.max': processes, 'memory.max': memoryBytes, 'memory.oom.group': 0 },
    },
  ]);
}

function cgroup1(name: string, note: Note, { processes, memoryBytes }: Bounds): Limits | undefined {
  const groups = read('/proc/self/cgroup');
  const folderOf = (controller: string) => {
    const own = new RegExp(`^\\d+:${controller}:(/.*)$`, 'm').exec(groups)?.[1];
    return own === undefined ? undefined : join('/sys/fs/cgroup', controller, own, name);
  };
  const pids = folderOf('pids');
  const memory = folderOf('memory');
  if (!pids || !memory) return undefined;
  return grouped('cgroup1', note, [
    { folder: pids, settings: { 'pids.max': processes } },
    { folder: memory, settings: { 'memory.limit_in_bytes': memoryBytes } },
  ]);
}

function grouped(
  kind: Limits['kind'],
  note: Note,
  groups: readonly { folder: string; settings: Record<string, number> }[],
): Limits | undefined {
  const made: string[] = [];
  const release = () => removeGroups(made);
  try {
    note(groups.map(({ folder }) => folder));
    for (const { folder, settings } of groups) {
      mkdirSync(folder);
      made.push(folder);
      for (const [file, value] of Object.entries(settings)) writeFileSync(join(folder, file), String(value));
    }
  } catch {
    void release();
    return undefined;
  }
  // The process enters the groups itself before it becomes the command, so nothing runs outside of them.
  const enter = made.map((_, index) => `echo $$ > "$${index + 1}/cgroup.procs" || exit 126;`).join(' ');
  const script = `${enter} shift ${made.length}; exec "$@"`;
  return {
    ...NONE,
    kind,
    wrap: (command) => ['/bin/sh', '-c', script, 'limits', ...made, ...command],
    groups: made,
    release,
  };
}

function rlimit({ processes }: Bounds): Limits {
  if (process.getuid?.() === 0) return NONE;
  // Outside of a user namespace of its own it would count all processes of the user, and stop at the first.
  const wrapInside = (command: readonly string[]) => ['prlimit', `--nproc=${processes}`, ...command];
  return existsSync('/usr/bin/prlimit') ? { ...NONE, kind: 'rlimit', wrapInside } : NONE;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
