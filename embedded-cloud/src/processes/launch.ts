/**
 * How a replica's process is started. In bubblewrap it sees the system and its code, both read-only, and a /tmp of its
 * own; its network is this machine's, where databases and other services of a developer are. It dies with the cloud.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { Writable } from 'node:stream';
import { writeAccounts } from '../codebuild/accounts.ts';
import { certificateVariables } from '../codebuild/certificates.ts';
import { markedProcesses } from '../codebuild/leftovers.mjs';
import { createLimits, type Limits } from '../codebuild/limits.ts';
import { endTree } from '../codebuild/process-tree.ts';
import { GROUPS_FILE, removeFolder } from '../codebuild/remains.ts';
import { NODE_FOLDER, node, shown, system } from '../codebuild/sandbox.ts';
import { pathInside, pathOfMachine } from '../codebuild/shown.ts';

export interface Launch {
  /** Unique; the name of its folder, by which its processes are found again. */
  readonly id: string;
  /** Has the folders of all replicas. */
  readonly parent: string;
  readonly code: string;
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number | undefined;
  /** Where it shall listen; undefined for a worker. */
  readonly port: number | undefined;
  readonly isolation: 'bubblewrap' | 'plain';
  /** Something of it could not be ended or removed; the next start of the cloud tries again. */
  readonly left: (folder: string, error: unknown) => void;
}

export interface Running {
  readonly child: ChildProcess;
  /** What keeps it apart and limits it, in words. */
  readonly isolation: string;
  /** Ends all of its processes and removes its folder. @param graceMs between SIGTERM and SIGKILL */
  end(graceMs: number): Promise<void>;
}

const PROCESSES = 1_024;
const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const CODE_INSIDE = '/app';
/** The descriptor by which bubblewrap reads arguments: those of its command line could be seen by everybody. */
const ARGUMENTS = 4;

export function launch(options: Launch): Running {
  const { id, parent, isolation, memoryMb } = options;
  const folder = join(parent, id);
  mkdirSync(join(folder, 'tmp'), { recursive: true });
  const note = (groups: readonly string[]) =>
    writeFileSync(join(folder, GROUPS_FILE), `${groups.join('\n')}\n`);
  const memoryBytes = memoryMb === undefined ? Math.floor(totalmem() * 0.75) : memoryMb * 2 ** 20;
  const limits = createLimits(`process-${id}`, note, { processes: PROCESSES, memoryBytes });
  const child = isolation === 'plain' ? plain(options, folder, limits) : sandboxed(options, folder, limits);
  // Those of a namespace go with its first process.
  const others = isolation === 'plain' ? () => markedProcesses([id]) : () => [];
  let ended: Promise<void> | undefined;
  return {
    child,
    isolation: `${isolation === 'plain' ? 'no sandbox' : 'bubblewrap'}, ${memoryLimit(limits, memoryMb)}`,
    end(graceMs) {
      ended ??= endTree(child, others, graceMs)
        .then(() => limits.release())
        .then(() => removeFolder(folder))
        .catch((error: unknown) => options.left(folder, error));
      return ended;
    },
  };
}

function memoryLimit({ kind }: Limits, memoryMb: number | undefined): string {
  if (memoryMb === undefined) return 'no memory limit asked for';
  const isEnforced = kind === 'cgroup1' || kind === 'cgroup2';
  return isEnforced
    ? `at most ${memoryMb} MB of memory`
    : `memory not limited to ${memoryMb} MB, as no control group can be made here`;
}

/** The watchdog ends the group when the cloud dies, also after kill -9: its pipe closes then. */
const WATCHED = `( read -r _ <&3; kill -9 0 ) </dev/null >/dev/null 2>&1 &
exec 3<&-
exec /bin/sh -c "$1"`;

/** SIGTERM goes to each process: a shell that waits for its command must outlive it, or the rest would be killed. */
const patient = (command: string): string => `trap : TERM\n${command}`;

function plain(options: Launch, folder: string, limits: Limits): ChildProcess {
  const command = ['/bin/sh', '-c', WATCHED, 'replica', patient(options.command)];
  const [program = '', ...args] = limits.wrap(command);
  return spawn(program, args, {
    cwd: options.code,
    env: variables(options, join(folder, 'tmp'), pathOfMachine()),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
}

function sandboxed(options: Launch, folder: string, limits: Limits): ChildProcess {
  writeAccounts({ scripts: folder }, { home: '/tmp' });
  const [program = '', ...args] = limits.wrap([
    ...['bwrap', '--args', String(ARGUMENTS), ...namespaces(), ...system(), ...shown()],
    ...['--ro-bind', join(folder, 'passwd'), '/etc/passwd', '--ro-bind', join(folder, 'group'), '/etc/group'],
    ...[
      '--bind',
      join(folder, 'tmp'),
      '/tmp',
      '--ro-bind',
      options.code,
      CODE_INSIDE,
      '--chdir',
      CODE_INSIDE,
    ],
    // After /tmp, as Node may lie below it.
    ...[...node(), '--', ...limits.wrapInside(['/bin/sh', '-c', patient(options.command)])],
  ]);
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe', 'ignore', 'pipe'],
    detached: true,
  });
  const input = child.stdio[ARGUMENTS];
  if (input instanceof Writable) {
    input.on('error', () => {}); // it has ended meanwhile, which is told elsewhere
    const set = Object.entries(variables(options, '/tmp', pathInside())).flatMap((each) => [
      '--setenv',
      ...each,
    ]);
    input.end(['--clearenv', ...set].map((word) => `${word}\0`).join(''));
  }
  return child;
}

/** All of them but the network's: an ordinary user without capabilities and without a terminal. */
function namespaces(): string[] {
  return [
    ...['--unshare-all', '--share-net', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...['--uid', '1000', '--gid', '1000'],
  ];
}

/** The whole environment: nothing of the cloud's own is in it. */
function variables(
  { id, port, environment }: Launch,
  home: string,
  path: readonly string[],
): Record<string, string> {
  return {
    LANG: 'C.UTF-8',
    ...certificateVariables(),
    ...environment,
    PATH: [...new Set([NODE_FOLDER, ...path, ...SYSTEM_PATH])].join(delimiter),
    HOME: home,
    TMPDIR: home,
    REPLICA_ID: id,
    ...(port !== undefined && { PORT: String(port) }),
  };
}
