/**
 * Where a build's commands run: in bubblewrap where it works, else in a plain child process. Inside bubblewrap the
 * build sees the system read-only, its own folders, and nothing of the user's home or the cloud's state. Its network is
 * an empty one of its own, with a socket that leads out.
 */
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { certificateVariables } from './certificates.ts';
import { SOCKET_INSIDE } from './network/socket.ts';
import { isShown, pathInside, pathOfMachine, shownPaths } from './shown.ts';

/** Folders of one build on the host, and how the build sees them. */
export interface Folders {
  /** What the build may change: sources and whatever it makes of them. */
  readonly output: string;
  readonly home: string;
  readonly temporary: string;
  /** The environment and folder that one command leaves to the next; written by the build only, once it has begun. */
  readonly state: string;
  /** Written by the host only. */
  readonly scripts: string;
}

export interface Sandbox {
  readonly kind: 'bubblewrap' | 'plain';
  /** Commands are root there, or can become it, and so can build container images. */
  readonly privileged?: boolean;
  /** The same for builds on Lambda compute, where there is one. */
  readonly lambda?: Sandbox;
  /** The user of this machine who owns what the build writes, where it is not the user of the cloud. */
  readonly owner?: number;
  /** A descriptor that the command line needs as its descriptor 5. */
  readonly descriptor?: number;
  /** The build's view of its folders. */
  inside(host: Folders): Folders;
  /** The folders of this machine's `PATH` that builds have as well. */
  path(): string[];
  /**
   * The command line that runs `command` in the sandbox.
   * @param network the socket that leads out of the sandbox; without it there is no way out
   */
  wrap(host: Folders, command: readonly string[], network?: string): string[];
}

/** The sandbox could not be set up: nothing of the build has run. */
export class SandboxError extends Error {
  constructor(words: string) {
    super(`The sandbox of the build could not be started${words === '' ? '.' : `: ${words}`}`);
    this.name = 'SandboxError';
  }
}

export const INSIDE: Folders = {
  output: '/codebuild/output',
  home: '/codebuild/home',
  temporary: '/tmp',
  state: '/codebuild/state',
  scripts: '/codebuild/readonly',
};

/** The folder of the Node that runs the cloud: the one program that is there on every user's machine. */
export const NODE_FOLDER = dirname(process.execPath);

export const plain: Sandbox = {
  kind: 'plain',
  inside: (host) => host,
  path: pathOfMachine,
  wrap: (_host, command) => [...command],
};

/** Lambda compute has /tmp alone to write to, its home included (CodeBuild user guide, limitations; `HOME` of its images). */
const INSIDE_LAMBDA: Folders = {
  ...INSIDE,
  output: '/tmp/codebuild/output',
  home: '/tmp',
  state: '/tmp/codebuild/state',
};

const bubblewrapOfLambda: Sandbox = {
  kind: 'bubblewrap',
  inside: () => INSIDE_LAMBDA,
  path: pathInside,
  wrap: (host, command, network) => [
    ...['bwrap', ...namespaces(), ...system(), ...shown(), ...own(host, INSIDE_LAMBDA), ...wayOut(network)],
    // What is not bound is a file system in memory, which bubblewrap leaves writable; /dev/shm is one as well.
    ...[...node(), '--remount-ro', '/', '--remount-ro', '/dev', '--', ...command],
  ],
};

export const bubblewrap: Sandbox = {
  kind: 'bubblewrap',
  lambda: bubblewrapOfLambda,
  inside: () => INSIDE,
  path: pathInside,
  wrap: (host, command, network) => [
    ...['bwrap', ...namespaces(), ...system(), ...shown(), ...own(host), ...wayOut(network), ...node()],
    ...['--', ...command],
  ],
};

/** The same without what differs from machine to machine: whether it works says whether there can be a sandbox at all. */
export const bareBubblewrap: Sandbox = {
  ...bubblewrap,
  wrap: (host, command) => ['bwrap', ...namespaces(), ...system(), ...own(host), '--', ...command],
};

/**
 * All namespaces. A build is an ordinary user without capabilities, has no terminal, and dies with the process that
 * started it.
 */
function namespaces(): string[] {
  return [
    ...['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...['--uid', '1000', '--gid', '1000', '--hostname', 'codebuild', '--clearenv'],
  ];
}

export function system(): string[] {
  const args = ['--ro-bind', '/usr', '/usr', '--proc', '/proc', '--dev', '/dev', '--dir', '/tmp'];
  for (const folder of ['/bin', '/sbin', '/lib', '/lib32', '/lib64']) {
    const entry = lstatSync(folder, { throwIfNoEntry: false });
    if (entry?.isSymbolicLink()) args.push('--symlink', readlinkSync(folder), folder);
    else if (entry) args.push('--ro-bind', folder, folder);
  }
  return args;
}

/** What the list of shown.ts names. */
export function shown(): string[] {
  return shownPaths().flatMap(({ path, target }) =>
    target === undefined ? ['--ro-bind-try', path, path] : ['--symlink', target, path],
  );
}

/** The build's own folders. One that is said to be below another comes after it. */
export function own(host: Folders, inside: Folders = INSIDE): string[] {
  return [
    ...['--bind', host.temporary, inside.temporary],
    ...(inside.home === inside.temporary ? [] : ['--bind', host.home, inside.home]),
    ...['--bind', host.output, inside.output, '--bind', host.state, inside.state],
    ...['--ro-bind', host.scripts, inside.scripts, '--chdir', inside.output],
    ...Object.entries(SETTINGS).flatMap(([name, path]) => [
      // A program that only tries the sandbox has none.
      ...['--ro-bind-try', join(host.scripts, name), path],
    ]),
  ];
}

/** Files among the scripts that stand for those of /etc: accounts.ts and network/index.ts write them. */
const SETTINGS = { passwd: '/etc/passwd', group: '/etc/group', ssh_config: '/etc/ssh/ssh_config' } as const;

export function wayOut(network: string | undefined): string[] {
  return network === undefined ? [] : ['--ro-bind', network, SOCKET_INSIDE];
}

/**
 * Node, where it is outside, and files of certificates; last, as what lies below /tmp would else vanish under the build's
 * own /tmp.
 */
export function node(): string[] {
  const certificates = new Set(Object.values(certificateVariables()).filter((path) => !isShown(path)));
  const args = [...certificates].flatMap((path) => ['--ro-bind-try', path, path]);
  if (NODE_FOLDER.startsWith('/usr/')) return args;
  args.push('--ro-bind', NODE_FOLDER, NODE_FOLDER);
  // npm is a link from Node's folder to this one.
  const modules = join(dirname(NODE_FOLDER), 'lib', 'node_modules');
  if (existsSync(modules)) args.push('--ro-bind', modules, modules);
  return args;
}
