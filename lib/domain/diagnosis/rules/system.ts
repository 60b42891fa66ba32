/** What shells, archivers, downloaders and any program say through strerror(3). */
import { DISK_HINT, MEMORY_HINT, on, part, secretHint, type Tool, tlsHint } from './rule.ts';

/** `cp: error writing 'b': No space left on device`: a program's name, what it did, and the words of strerror at the end. */
const strerror = (words: string) =>
  new RegExp(`^(?:[\\w./+-]+(?:\\[\\d+\\])?: )(?:.*: )?(?:${words})\\.?$`, 'i');

const notThere = (found: RegExpExecArray) => {
  const name = part(found, 1, 'A program').trim();
  return name.includes('/')
    ? `${name} or the interpreter in its first line was not found: check the path, and the command that creates it.`
    : `${name} was not found on the build machine: add it to \`toolchain\`, install it in an earlier command, or check its spelling.`;
};

const MACHINE: Tool = {
  name: 'operating system',
  rules: [
    on(strerror('No space left on device|Disk quota exceeded'), 'resource_error', DISK_HINT),
    on(
      strerror('Cannot allocate memory|out of memory|memory exhausted|.*cannot allocate \\d+ bytes.*'),
      'resource_error',
      MEMORY_HINT,
    ),
    on(
      /^(?:[\w.-]+: )(?:fatal|run time error): (?:out of memory|Cannot allocate memory)/,
      'resource_error',
      MEMORY_HINT,
    ),
    on(
      strerror('(?:fork: )?(?:retry: )?Resource temporarily unavailable|Too many open files'),
      'resource_error',
      'The build has too many processes or files open at a time: let it work on fewer at once.',
    ),
  ],
};

const SHELL: Tool = {
  name: 'shell',
  rules: [
    on(
      /^(?:\/bin\/)?(?:ba|da|z)?sh: (?:\d+: |line \d+: )?(.+?): (?:command )?not found$/,
      'build_error',
      notThere,
    ),
    on(/^\S+: (?:line )?\d+: (.+?): (?:command )?not found$/, 'build_error', notThere),
    on(/^make(?:\[\d+\])?: (.+): No such file or directory$/, 'build_error', notThere),
    on(
      /^\S+: (?:line )?\d+: (.+): Permission denied$/,
      'build_error',
      (found) =>
        `${part(found, 1, 'The file')} is not executable: \`chmod +x\` it and commit that, or run it through its interpreter.`,
    ),
    on(
      /^\S+: (.+): Permission denied$/,
      'build_error',
      'Access to a file or folder was denied: check its permissions and its owner.',
    ),
    on(
      /^(?:\S+: )(?:line )?\d+: [Ss]yntax error/,
      'build_error',
      'The command has a shell syntax error: check for a missing quote, `fi` or `done`.',
    ),
    on(
      /^(?:\S+: )(?:line )?\d+: (\w+): (?:parameter not set|unbound variable)$/,
      'build_error',
      (found) =>
        `The variable ${part(found, 1, '')} is not set: add it to the service's \`env\` or \`secrets\`.`,
    ),
    on(
      /^[\w.-]+: (?:cannot \w+ (?:'.+'|.+)|.+): (?:No such file or directory|Cannot open: No such file or directory)$/,
      'build_error',
      'A file was not found: check the path, `context`, and .staitheignore.',
    ),
    on(
      /^sha(?:1|256|512)sum: WARNING: \d+ computed checksums? did NOT match$/,
      'build_error',
      'A downloaded file does not match its checksum: check its address and version, then the checksum.',
    ),
  ],
};

const DOWNLOADS: Tool = {
  name: 'download',
  rules: [
    on(
      /^curl: \(22\) The requested URL returned error: 40[13]\b/,
      'auth_error',
      secretHint(
        'The host of a download refused the credentials, or got none.',
        'DOWNLOAD_TOKEN',
        'send it in a header',
      ),
    ),
    on(
      /^(?:Username\/Password Authentication Failed\.|Authorization failed\.)$/,
      'auth_error',
      secretHint(
        'The host of a download refused the credentials, or got none.',
        'DOWNLOAD_TOKEN',
        'send it in a header',
      ),
    ),
    on(/^curl: \(23\) Failure writing output/, 'resource_error', DISK_HINT),
    on(/^curl: \((?:60|77)\)/, 'build_error', tlsHint('curl')),
    on(
      /^ERROR: (?:cannot verify \S+'s certificate|The certificate of .* is not trusted)/,
      'build_error',
      tlsHint('wget'),
    ),
    on(
      /^curl: \(6\) Could not resolve host: (.+)$/,
      'build_error',
      (found) =>
        `The host ${part(found, 1, '')} could not be resolved: check the name, and whether builds can reach it.`,
    ),
    on(
      /^(?:curl: \(\d+\) |wget: )/,
      'build_error',
      'A download failed: check the address, and whether builds can reach it.',
    ),
  ],
};

export const SYSTEM: readonly Tool[] = [MACHINE, SHELL, DOWNLOADS];
