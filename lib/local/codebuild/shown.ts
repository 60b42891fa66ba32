/**
 * What builds in a sandbox see of this machine, beside /usr: the one list. Of /etc, what programs need to start and no
 * settings of services; of /opt, the folders whose programs the machine's path leads to. A file that not every user of
 * the machine may read is never shown: root's sandboxes could read it.
 */
import { globSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

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

/** By which programs are told of certificates beside the system's: those of a proxy that looks into TLS, say. */
const CERTIFICATES = [
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'PIP_CERT'],
  'CARGO_HTTP_CAINFO',
];

/** Those of this machine's environment that name a file which everybody may read. */
export function certificateVariables(environment: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const named = CERTIFICATES.flatMap((name) => {
    const path = environment[name] ?? '';
    const found = path.startsWith('/') ? statSync(path, { throwIfNoEntry: false }) : undefined;
    return found?.isFile() && (found.mode & 0o004) !== 0 ? [[name, path] as const] : [];
  });
  return Object.fromEntries(named);
}

/** Where programs lie that belong to no package. */
const OPT = '/opt';
const LINKED_FROM = ['/usr/local/bin', '/usr/bin'];

let ofEtc: readonly string[] | undefined;

/** The files and folders of /etc, as they were when this was first asked. */
export function shownOfEtc(): readonly string[] {
  ofEtc ??= globSync([...SHOWN_OF_ETC], { cwd: '/etc' })
    .sort()
    .flatMap((name) => readable(join('/etc', name)));
  return ofEtc;
}

/** The path, or of a folder with something that is not for everybody, what in it is. */
function readable(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.mode & 0o004) === 0) return [];
  if (!found.isDirectory()) return found.isFile() ? [path] : [];
  const inside = readdirSync(path).map((name) => join(path, name));
  const shown = inside.map((child) => (lstatSync(child).isSymbolicLink() ? [child] : readable(child)));
  const whole = shown.every(([only, ...more], index) => only === inside[index] && more.length === 0);
  return whole ? [path] : shown.flat().filter((child) => !lstatSync(child).isSymbolicLink());
}

/** The folders of this machine's `PATH`, without those that npm puts there while it runs a script. */
export function pathOfMachine(environment: NodeJS.ProcessEnv = process.env): string[] {
  const folders = (environment.PATH ?? '').split(delimiter);
  return folders.filter(
    (folder) => folder.startsWith('/') && !/\/node_modules\/.bin\/?$|\/node-gyp-bin\/?$/.test(folder),
  );
}

let ofOpt: readonly string[] | undefined;

/** `/opt/gradle`: folders to which the machine's path leads, or a link in it. */
export function shownOfOpt(): readonly string[] {
  ofOpt ??= [...new Set([...pathOfMachine(), ...linked()].flatMap(folderOfOpt))].flatMap(readableFolder);
  return ofOpt;
}

/** Those of the machine's path that a build in a sandbox has too. */
export function pathInside(): string[] {
  const shown = ['/usr', ...shownOfOpt()];
  return pathOfMachine().filter((folder) => shown.some((known) => folder.startsWith(`${known}/`)));
}

function linked(): string[] {
  return LINKED_FROM.flatMap((folder) =>
    entriesOf(folder)
      .filter((entry) => entry.isSymbolicLink())
      .flatMap(({ name }) => {
        try {
          return [realpathSync(join(folder, name))];
        } catch {
          return []; // it leads nowhere
        }
      }),
  );
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function folderOfOpt(path: string): string[] {
  const [, top, name] = path.split('/');
  return `/${top}` === OPT && name ? [join(OPT, name)] : [];
}

/** As with /etc, unless it is a large tree: then what is in it was put there to be run by everybody. */
function readableFolder(folder: string): string[] {
  const found = statSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() && (found.mode & 0o005) === 0o005 ? [folder] : [];
}
