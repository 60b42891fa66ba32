/**
 * Sandboxes for builds in privileged mode, which make container images. Such a build is root of a machine of its own on
 * AWS. On this one it is root of a user namespace, in which buildah can chown and mount, and which is nobody outside.
 */
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { certificateVariables } from './certificates.ts';
import { INSIDE, NODE_FOLDER, node, own, plain, type Sandbox, shown, system, wayOut } from './sandbox.ts';
import { pathInside, shownPaths } from './shown.ts';
import type { UserNamespace } from './user-namespace.ts';

/** Where Docker's clients look for its daemon. */
export const DOCKER_SOCKET = '/var/run/docker.sock';
/** The folder, beside the others of a privileged build, that has its images. */
export const CONTAINERS = 'containers';

/** What buildah does with files and mounts, and what it lets a Dockerfile's commands do (docs: buildah-build, "--cap-add"). */
const CAPABILITIES = [
  ...['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'net_bind_service', 'setfcap', 'setgid'],
  ...['setpcap', 'setuid', 'sys_admin', 'sys_chroot'],
];

/**
 * Prepares the machine as its root, and becomes the command. What root of the host has mounted is not to be changed in
 * a user namespace: buildah, which mounts /dev again read-only, gets one that is its own, of the same few devices.
 */
const PREPARE = `
set -e
exec 5<&-
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/dev /run/dev/pts /run/dev/shm
for name in null zero full random urandom tty; do : >/run/dev/$name; mount --bind /dev/$name /run/dev/$name; done
for link in fd:/proc/self/fd stdin:fd/0 stdout:fd/1 stderr:fd/2 ptmx:pts/ptmx; do
  ln -s "\${link#*:}" "/run/dev/\${link%%:*}"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /run/dev/pts
chmod 1777 /run/dev/shm
mount --rbind /run/dev /dev
mount --rbind /tmp /var/tmp
exec setpriv --bounding-set=-all,${CAPABILITIES.map((name) => `+${name}`).join(',')} --inh-caps=-all "$@"
`;

const PROGRAMS = ['nsenter', 'unshare', 'setpriv', 'mount'];

/** Whether what `rootless` runs is there (util-linux). */
export function canBeRootless(): boolean {
  return PROGRAMS.every((program) => isInstalled(program));
}

export function isInstalled(program: string): boolean {
  return programPath(program) !== undefined;
}

export function programPath(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}

/**
 * Root in bubblewrap, in a user namespace with its own ids. Root of this machine sets the sandbox up, as only it may see
 * the machine's folders, and enters the namespace as the last step; another user enters first.
 */
export function rootless({ descriptor, owner }: UserNamespace): Sandbox {
  const asRoot = process.getuid?.() === 0;
  const entering = asRoot
    ? [
        '--cap-drop',
        'ALL',
        ...['SYS_ADMIN', 'SETUID', 'SETGID'].flatMap((name) => ['--cap-add', `CAP_${name}`]),
      ]
    : ['--userns', '5', '--uid', '0', '--gid', '0', '--cap-add', 'ALL'];
  const within = asRoot
    ? [
        ...['nsenter', '--user=/proc/self/fd/5', '--setuid', '0', '--setgid', '0', '--'],
        ...['unshare', '--mount', '--propagation', 'unchanged', '--'],
      ]
    : [];
  return {
    kind: 'bubblewrap',
    privileged: true,
    ...(asRoot && { owner }),
    descriptor,
    inside: () => INSIDE,
    path: pathInside,
    wrap: (host, command, network) => [
      ...['bwrap', ...entering, ...SPACES, ...folders(paths()), ...system(), ...shown()],
      ...[...forImages(), ...own(host)],
      ...[...wayOut(network), ...images(host.temporary), ...folders(NODE_PATHS), ...node(), '--'],
      ...[...within, '/bin/sh', '-c', PREPARE, 'prepare', ...command],
    ],
  };
}

/**
 * For a machine without such a namespace, or whose user chose Docker: root of this machine itself, or whoever may use
 * Docker's daemon, which is as much, as the daemon obeys whoever has its socket.
 */
export function rootful(dockerSocket: string | undefined): Sandbox {
  const socket = dockerSocket === undefined ? [] : ['--bind', dockerSocket, DOCKER_SOCKET];
  const spaces =
    process.getuid?.() === 0 ? SPACES : ['--unshare-user', '--uid', '0', '--gid', '0', ...SPACES];
  return {
    kind: 'bubblewrap',
    privileged: true,
    inside: () => INSIDE,
    path: pathInside,
    wrap: (host, command, network) => [
      ...['bwrap', ...spaces, '--cap-add', 'ALL', ...system(), ...shown(), ...forImages()],
      ...[...socket, ...own(host), ...wayOut(network)],
      ...[...images(host.temporary), ...node(), '--', ...command],
    ],
  };
}

export const privilegedPlain: Sandbox = { ...plain, privileged: true };

const SPACES = [
  ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-net', '--hostname', 'codebuild'],
  ...['--die-with-parent', '--new-session', '--clearenv'],
];

/** bubblewrap makes folders on the way to what it binds, and closes them to others: here root inside is another user. */
function folders(paths: readonly string[]): string[] {
  const made = new Set(paths.flatMap(ancestors));
  return [...made].sort().flatMap((folder) => ['--perms', '0755', '--dir', folder]);
}

const paths = (): string[] => [
  ...shownPaths().map(({ path }) => path),
  ...['/etc/ssh/ssh_config', '/etc/containers/networks/lock'],
  ...Object.values(certificateVariables()),
  ...[INSIDE.output, '/var/lib/containers', '/var/tmp/any'],
];
const NODE_PATHS = [NODE_FOLDER, join(dirname(NODE_FOLDER), 'lib', 'node_modules')];

function ancestors(path: string): string[] {
  const parent = dirname(path);
  return parent === '/' || parent.startsWith('/usr') ? [] : [...ancestors(parent), parent];
}

/** What Docker's client and buildah look for. */
function forImages(): string[] {
  const names = [
    ...['subuid', 'subgid', 'docker'],
    ...['policy.json', 'registries.conf', 'registries.conf.d', 'registries.d', 'storage.conf'].map((name) =>
      join('containers', name),
    ),
  ].map((name) => join('/etc', name));
  return [
    ...names.flatMap((name) => ['--ro-bind-try', name, name]),
    ...['--ro-bind', '/sys', '/sys', '--dir', '/var/tmp', '--dir', '/run'],
    // buildah keeps a lock beside its networks' settings.
    ...['--dir', '/etc/containers/networks'],
  ];
}

/** Images take more room than memory has. */
function images(beside: string): string[] {
  return ['--bind', join(beside, '..', CONTAINERS), '/var/lib/containers'];
}
