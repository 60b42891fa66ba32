/**
 * What builds in a sandbox see of this machine, beside /usr: the one list. Of /etc, what programs need to start and no
 * settings of services; of /opt, the folders whose programs the machine's path leads to. A file that not every user of
 * the machine may read is never shown: root's sandboxes could read it.
 */
import { globSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { entriesIn, forEverybody, MOST_ENTRIES, realPath, type Shown } from './for-everybody.ts';

/** Below /etc, as globs. */
export const SHOWN_OF_ETC = [
  // Names and numbers.
  ...['resolv.conf', 'hosts', 'host.conf', 'nsswitch.conf', 'gai.conf', 'protocols', 'services', 'rpc'],
  // The loader.
  ...['ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'ld-musl-*.path'],
  // Certificates, without private keys, and what TLS libraries are told to do with them.
  ...[
    'ssl/certs',
    'ssl/cert.pem',
    'ssl/openssl.cnf',
    'pki/tls/certs',
    'pki/tls/cert.pem',
    'pki/tls/openssl.cnf',
  ],
  ...['pki/ca-trust', 'pki/java', 'ca-certificates', 'ca-certificates.conf', 'crypto-policies', 'gnutls'],
  // Language, time, and which system this is.
  ...['localtime', 'timezone', 'locale.alias', 'locale.conf', 'default/locale', 'inputrc', 'terminfo'],
  ...['os-release', '*-release', 'debian_version', 'dpkg/origins', 'mime.types', 'magic', 'magic.mime'],
  // Where toolchains of packages have their settings; links in /usr lead to them.
  ...[
    'alternatives',
    'java',
    'java-*',
    '.java',
    'maven',
    'gradle',
    'ant',
    'ant.conf',
    'ant.d',
    'scala',
    'sbt',
  ],
  ...[
    'python*',
    'perl',
    'ruby*',
    'php',
    'php.d',
    'php.ini',
    'lua',
    'ghc',
    'R',
    'erlang',
    'elixir',
    'dotnet',
    'mono',
  ],
  ...['fonts', 'texmf', 'ImageMagick-*', 'OpenCL', 'vulkan', 'sgml', 'xml', 'groff', 'papersize'],
  'ssh/ssh_known_hosts',
] as const;

/** Where programs lie that belong to no package. */
const OPT = '/opt';
const LINKED_FROM = ['/usr/local/bin', '/usr/bin'];

let ofEtc: readonly Shown[] | undefined;

/** The files and folders of /etc, as they were when this was first asked. */
function shownOfEtc(): readonly Shown[] {
  ofEtc ??= globSync([...SHOWN_OF_ETC], { cwd: '/etc' })
    .sort()
    .flatMap((name) => forEverybody(join('/etc', name)) ?? []);
  return ofEtc;
}

/** The folders of this machine's `PATH`, without those that npm puts there while it runs a script. */
export function pathOfMachine(environment: NodeJS.ProcessEnv = process.env): string[] {
  const folders = (environment.PATH ?? '').split(delimiter);
  return folders.filter(
    (folder) => folder.startsWith('/') && !/\/node_modules\/.bin\/?$|\/node-gyp-bin\/?$/.test(folder),
  );
}

interface Toolchains {
  readonly shown: readonly Shown[];
  /** What is not, though programs lead to it, and why: a sentence each. */
  readonly hidden: readonly string[];
}

/** So many arguments of bubblewrap do for a toolchain with a few private files. */
const MOST_PARTS = 500;

/**
 * The folders of `/opt`, as `/opt/gradle`, to which paths lead.
 * @param opt where they lie
 */
export function toolchains(paths: readonly string[], opt: string = OPT): Toolchains {
  const shown: Shown[] = [];
  const hidden: string[] = [];
  for (const folder of new Set(paths.flatMap((path) => folderBelow(opt, path)))) {
    const real = realPath(folder);
    if (real === undefined) continue;
    const stays = [realPath(opt) ?? opt, '/usr'].some((root) => real.startsWith(`${root}/`));
    const parts = stays ? forEverybody(real, folder) : [];
    if (!stays)
      hidden.push(`Builds do not see ${folder}: it is a link to ${real}, which is outside of ${opt}.`);
    else if (parts === undefined || parts.length > MOST_PARTS)
      hidden.push(
        `Builds do not see ${folder}: it holds more than ${MOST_ENTRIES} files, or too many that not everybody may read.`,
      );
    else shown.push(...parts);
  }
  return { shown, hidden };
}

let ofOpt: Toolchains | undefined;

/** Those to which the machine's path leads, or a link in it, as they were when this was first asked. */
export function machineToolchains(): Toolchains {
  ofOpt ??= toolchains([...pathOfMachine(), ...linked()]);
  return ofOpt;
}

/** All of `/etc` and `/opt`. */
export function shownPaths(): readonly Shown[] {
  return [...shownOfEtc(), ...machineToolchains().shown];
}

/** Whether a sandbox has what lies at a path without links. */
export function isShown(real: string): boolean {
  return ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', ...shownPaths().map(({ path }) => path)].some(
    (root) => real === root || real.startsWith(`${root}/`),
  );
}

/** Those folders of the machine's path of which a build in a sandbox has something too. */
export function pathInside(): string[] {
  const shown = machineToolchains().shown.map(({ path }) => `${path}/`);
  return pathOfMachine()
    .map((folder) => resolve(folder))
    .filter((folder) =>
      ['/usr/', ...shown].some((root) => `${folder}/`.startsWith(root) || root.startsWith(`${folder}/`)),
    )
    .filter((folder) => folder !== '/' && folder !== '/usr');
}

function linked(): string[] {
  return LINKED_FROM.flatMap((folder) =>
    (entriesIn(folder) ?? [])
      .filter((entry) => entry.isSymbolicLink())
      .flatMap(({ name }) => realPath(join(folder, name)) ?? []),
  );
}

function folderBelow(opt: string, path: string): string[] {
  const whole = resolve(path);
  const [name] = whole.startsWith(`${opt}/`) ? whole.slice(opt.length + 1).split('/') : [];
  return name ? [join(opt, name)] : [];
}
