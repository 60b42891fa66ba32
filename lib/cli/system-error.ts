/** Errors of the operating system, in words. */
import { EXIT } from './exit-codes.ts';
import { Failure } from './failure.ts';

type SystemError = NodeJS.ErrnoException & { readonly code: string; readonly syscall: string };

/** By the names of errno(3): what it means, and what helps. */
const REASONS: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  EACCES: ['permission denied', 'Change its permissions, or choose another place.'],
  EPERM: ['operation not permitted', 'Change its permissions, or choose another place.'],
  EROFS: ['the file system is read-only', 'Choose a place that can be written.'],
  ENOSPC: ['the disk is full', 'Make room, then run the command again.'],
  EDQUOT: ['your share of the disk is used up', 'Make room, then run the command again.'],
  ENOENT: ['there is no such file or folder', 'Check the path.'],
  ENOTDIR: ['a part of the path is a file', 'Check the path.'],
  EISDIR: ['it is a folder', 'Name a file.'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter one.'],
  ELOOP: ['its links form a cycle', 'Check the path.'],
  ENOTEMPTY: ['the folder is not empty', 'Choose another place.'],
  EEXIST: ['there is something of this name', 'Choose another name.'],
  EFBIG: [
    'the file would be larger than allowed here',
    'Raise the limit (ulimit -f), or choose another place.',
  ],
  EIO: ['the disk or its connection has failed', 'Look at the log of the system (dmesg).'],
  EBUSY: ['another program uses it', 'End that program, then run the command again.'],
  ENOMEM: ['there is no memory left', 'End other programs, then run the command again.'],
  EMFILE: ['too many files are open', 'Raise the limit (ulimit -n), then run the command again.'],
  ENFILE: ['the machine has too many files open', 'End other programs, then run the command again.'],
};

const DONE: Readonly<Record<string, string>> = {
  open: 'opened',
  mkdir: 'created',
  mkdtemp: 'created',
  write: 'written',
  rename: 'written',
  unlink: 'removed',
  rm: 'removed',
  scandir: 'read',
  read: 'read',
  stat: 'read',
  lstat: 'read',
  readlink: 'read',
  copyfile: 'written',
  chmod: 'changed',
  close: 'written',
  fsync: 'written',
  ftruncate: 'written',
  symlink: 'created',
  rmdir: 'removed',
};

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

/** The same error with the file that it is about: of a write or a read that fails, Node names none. */
export function atPath(error: SystemError, path: string): SystemError {
  error.path ??= path;
  return error;
}

/** `'/x/y' cannot be created: the file system is read-only (EROFS)`, without the full stop. */
export function saidOf(error: SystemError): string {
  const what = error.path === undefined ? 'A file' : `'${error.path}'`;
  const reason = REASONS[error.code]?.[0];
  const done = DONE[error.syscall] ?? `used (${error.syscall})`;
  return `${what} cannot be ${done}: ${reason === undefined ? error.message : `${reason} (${error.code})`}`;
}

/** @param about a sentence before it: what was to be done @param remedy instead of the usual one */
export function systemFailure(error: SystemError, about = '', remedy?: string): Failure {
  return new Failure(
    EXIT.unexpected,
    {
      code: 'system',
      detail: `${about && `${about} `}${saidOf(error)}.`,
      remedy: remedy ?? REASONS[error.code]?.[1] ?? 'Check the path and its permissions.',
    },
    { cause: error },
  );
}
