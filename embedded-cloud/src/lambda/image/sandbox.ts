/**
 * How a function from an image is started: in bubblewrap, with the image as its root, read-only, and /tmp to write to, as
 * a user without capabilities. It has the machine's network, as other functions have.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLimits, type Limits } from '../../codebuild/limits.ts';
import { programPath } from '../../codebuild/privileged.ts';
import { GROUPS_FILE } from '../../codebuild/remains.ts';
import type { Launch } from '../runtime/launch.ts';
import { commandOf, type Image, workingDirectoryOf } from './image-config.ts';
import { FUNCTION_GROUP, FUNCTION_USER } from './layer.ts';

const NAMESPACES = ['user', 'pid', 'ipc', 'uts'].map((one) => `--unshare-${one}`);
/** Where the image finds the machine's names: its own files would be those of where it was made. */
const OF_MACHINE = ['/etc/resolv.conf', '/etc/hosts'];
/** The descriptor from which bubblewrap reads its arguments: they hold secrets, and everybody may read a command line. */
const ARGUMENTS = 3;
const MEGABYTE = 1024 * 1024;
/** Lambda's: 1,024 processes and threads. */
const PROCESSES = 1_024;

/** Has a folder for each execution environment, gone with it; `removeRemains` removes those of a cloud that was killed. */
export const environmentsIn = (stateDir: string): string => join(stateDir, 'environments');

/** Starts the child with stdout and stderr piped. It ends with the parent, and so does all that it has started. */
export function startImage(
  launch: Launch,
  image: Image,
  variables: Readonly<Record<string, string>>,
): ChildProcess {
  const { settings, stateDir } = launch;
  const id = randomUUID();
  const folder = join(environmentsIn(stateDir), id);
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const note = (groups: readonly string[]) =>
    writeFileSync(join(folder, GROUPS_FILE), `${groups.join('\n')}\n`);
  const bounds = { processes: PROCESSES, memoryBytes: settings.memorySize * MEGABYTE };
  const limits = createLimits(`lambda-${id}`, note, bounds);
  const environment = { ...image.environment, ...variables };
  const [command = '', ...args] = limits.wrap([programPath('bwrap') ?? 'bwrap', '--args', String(ARGUMENTS)]);
  const child = spawn(command, [...args, '--', ...commandOf(image, settings.imageConfig)], {
    cwd: '/',
    // Nothing that the image says reaches a program outside of the sandbox.
    env: {},
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  child.once('close', () => void release(limits, folder));
  const input = child.stdio[ARGUMENTS];
  if (input && 'end' in input) {
    input.on('error', () => undefined); // of a bubblewrap that did not start
    input.end(
      [...sandbox(launch, image, temporary), ...settingsOf(environment)].map((one) => `${one}\0`).join(''),
    );
  }
  return child;
}

async function release(limits: Limits, folder: string): Promise<void> {
  try {
    await limits.release();
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // What the function has locked up, or the disk does not remove, the next start tries to remove.
  }
}

function sandbox({ code, settings }: Launch, image: Image, temporary: string): string[] {
  return [
    ...[...NAMESPACES, '--unshare-cgroup-try', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...[
      '--uid',
      String(FUNCTION_USER),
      '--gid',
      String(FUNCTION_GROUP),
      '--hostname',
      'lambda',
      '--clearenv',
    ],
    ...['--ro-bind', code.folder, '/', '--proc', '/proc', '--dev', '/dev', '--remount-ro', '/dev'],
    ...['--bind', temporary, '/tmp'],
    ...OF_MACHINE.flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--chdir', workingDirectoryOf(image, settings.imageConfig)],
  ];
}

function settingsOf(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]);
}
