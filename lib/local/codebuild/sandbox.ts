/**
 * Where a build's commands run: in bubblewrap where it works, else in a plain child process. Inside bubblewrap the
 * build sees the system read-only, its own folders, and nothing of the user's home or the cloud's state.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

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
  /** The build's view of its folders. */
  inside(host: Folders): Folders;
  /** The command line that runs `command` in the sandbox. */
  wrap(host: Folders, command: readonly string[]): string[];
}

/** Where Docker's clients look for its daemon. */
export const DOCKER_SOCKET = '/var/run/docker.sock';
/** The folder, beside the others of a privileged build, that has its images. */
export const CONTAINERS = 'containers';

const INSIDE: Folders = {
  output: '/codebuild/output',
  home: '/codebuild/home',
  temporary: '/tmp',
  state: '/codebuild/state',
  scripts: '/codebuild/readonly',
};

/** What programs need of /etc: names, certificates, the loader's cache, time zone; no passwords, no keys. */
const ETC = [
  ...['resolv.conf', 'hosts', 'nsswitch.conf', 'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'alternatives'],
  ...[
    'ssl/certs',
    'ssl/openssl.cnf',
    'pki/tls/certs',
    'pki/ca-trust',
    'ca-certificates',
    'localtime',
    'mime.types',
  ],
];

/** The folder of the Node that runs the cloud: the one program that is there on every user's machine. */
export const NODE_FOLDER = dirname(process.execPath);

export const plain: Sandbox = {
  kind: 'plain',
  inside: (host) => host,
  wrap: (_host, command) => [...command],
};

export const bubblewrap: Sandbox = {
  kind: 'bubblewrap',
  inside: () => INSIDE,
  wrap: (host, command) => ['bwrap', ...namespaces(), ...system(), ...own(host), ...node(), '--', ...command],
};

/**
 * For builds in privileged mode, which make images. They are root of a machine of their own on AWS, and on this one they
 * must be nearly as much. As root of this machine: in bubblewrap without a user namespace and with all capabilities, so
 * that buildah can chown and mount. As somebody else: in a user namespace, if Docker's daemon does the work; buildah needs
 * more user ids than a namespace of bubblewrap has, so without Docker it is a plain process, in which buildah makes its own.
 *
 * @param sandbox what other builds run in
 * @param dockerSocket of a daemon that answers
 */
export function privilegedSandbox(sandbox: Sandbox, dockerSocket: string | undefined): Sandbox {
  const asRoot = process.getuid?.() === 0;
  if (sandbox.kind === 'plain' || (!asRoot && dockerSocket === undefined))
    return { ...plain, privileged: true };
  const spaces = asRoot
    ? ['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--hostname', 'codebuild']
    : ['--unshare-all', '--share-net', '--uid', '0', '--gid', '0', '--hostname', 'codebuild'];
  const socket = dockerSocket === undefined ? [] : ['--bind', dockerSocket, DOCKER_SOCKET];
  return {
    kind: 'bubblewrap',
    privileged: true,
    inside: () => INSIDE,
    wrap: (host, command) => [
      ...['bwrap', ...spaces, '--die-with-parent', '--new-session', '--cap-add', 'ALL', '--clearenv'],
      ...[...system(), ...forImages(), ...socket, ...own(host)],
      // Images take more room than memory has.
      ...['--bind', join(host.temporary, '..', CONTAINERS), '/var/lib/containers'],
      ...[...node(), '--', ...command],
    ],
  };
}

/** What Docker's client and buildah look for. */
function forImages(): string[] {
  const readOnly = ['passwd', 'group', 'subuid', 'subgid', 'containers', 'docker'].flatMap((name) => [
    ...['--ro-bind-try', join('/etc', name), join('/etc', name)],
  ]);
  // buildah keeps a lock beside its networks' settings.
  return [
    ...readOnly,
    '--tmpfs',
    '/etc/containers/networks',
    '--ro-bind',
    '/sys',
    '/sys',
    '--dir',
    '/var/tmp',
    '--dir',
    '/run',
  ];
}

/** Tries bubblewrap once. @returns undefined when it is not there or cannot make namespaces here */
export function detectSandbox(): Sandbox {
  const probe = spawnSync('bwrap', [...namespaces(), ...system(), ...node(), '--', '/bin/sh', '-c', ':'], {
    stdio: 'ignore',
    timeout: 5_000,
  });
  return probe.status === 0 ? bubblewrap : plain;
}

/**
 * All namespaces but the network's: a build talks to the gateway on loopback and to registries. It is an ordinary user
 * without capabilities, has no terminal, and dies with the process that started it.
 */
function namespaces(): string[] {
  return [
    ...['--unshare-all', '--share-net', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...['--uid', '1000', '--gid', '1000', '--hostname', 'codebuild', '--clearenv'],
  ];
}

function system(): string[] {
  const args = ['--ro-bind', '/usr', '/usr', '--proc', '/proc', '--dev', '/dev', '--dir', '/tmp'];
  for (const folder of ['/bin', '/sbin', '/lib', '/lib32', '/lib64']) {
    const entry = lstatSync(folder, { throwIfNoEntry: false });
    if (entry?.isSymbolicLink()) args.push('--symlink', readlinkSync(folder), folder);
    else if (entry) args.push('--ro-bind', folder, folder);
  }
  for (const name of ETC) args.push('--ro-bind-try', join('/etc', name), join('/etc', name));
  return args;
}

function own(host: Folders): string[] {
  return [
    ...['--bind', host.output, INSIDE.output, '--bind', host.home, INSIDE.home],
    ...['--bind', host.temporary, INSIDE.temporary, '--bind', host.state, INSIDE.state],
    ...['--ro-bind', host.scripts, INSIDE.scripts, '--chdir', INSIDE.output],
  ];
}

/** Node, where it is outside; last, as a checkout below /tmp would else vanish under the build's own /tmp. */
function node(): string[] {
  if (NODE_FOLDER.startsWith('/usr/')) return [];
  const args = ['--ro-bind', NODE_FOLDER, NODE_FOLDER];
  // npm is a link from Node's folder to this one.
  const modules = join(dirname(NODE_FOLDER), 'lib', 'node_modules');
  if (existsSync(modules)) args.push('--ro-bind', modules, modules);
  return args;
}
