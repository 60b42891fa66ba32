/** Errors of the operating system as messages. */
import { EXIT } from './exit-codes.ts';
import { Failure } from './failure.ts';

type SystemError = NodeJS.ErrnoException & { readonly code: string; readonly syscall: string };

/** By the names of errno(3): the meaning, and the remedy. */
const REASONS: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  EACCES: ['permission denied', 'Change the permissions, or choose another folder.'],
  EPERM: ['operation not permitted', 'Change the permissions, or choose another folder.'],
  EROFS: ['the file system is read-only', 'Choose a writable folder.'],
  ENOSPC: ['the disk is full', 'Free some space, then run the command again.'],
  EDQUOT: ['your disk quota is exceeded', 'Free some space, then run the command again.'],
  ENOENT: ['no such file or folder', 'Check the path.'],
  ENOTDIR: ['part of the path is a file', 'Check the path.'],
  EISDIR: ['it is a folder', 'Specify a file.'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter name.'],
  ELOOP: ['its symbolic links form a cycle', 'Check the path.'],
  ENOTEMPTY: ['the folder is not empty', 'Choose another folder.'],
  EEXIST: ['it already exists', 'Choose another name.'],
  EFBIG: ['the file would exceed the size limit', 'Raise the limit (ulimit -f), or choose another folder.'],
  EIO: ['input/output error of the disk', 'Check the system log (dmesg).'],
  EBUSY: ['it is in use by another program', 'Stop that program, then run the command again.'],
  ENOMEM: ['out of memory', 'Stop other programs, then run the command again.'],
  EMFILE: ['too many files are open', 'Raise the limit (ulimit -n), then run the command again.'],
  ENFILE: ['too many files are open on this machine', 'Stop other programs, then run the command again.'],
};

const OPERATIONS: Readonly<Record<string, string>> = {
  open: 'open',
  mkdir: 'create',
  mkdtemp: 'create',
  write: 'write',
  rename: 'write',
  unlink: 'delete',
  rm: 'delete',
  scandir: 'read',
  read: 'read',
  stat: 'read',
  lstat: 'read',
  readlink: 'read',
  copyfile: 'write',
  chmod: 'change',
  close: 'write',
  fsync: 'write',
  ftruncate: 'write',
  symlink: 'create',
  rmdir: 'delete',
};

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

/** Adds the path to an error: for a failed read or write Node has none. */
export function atPath(error: SystemError, path: string): SystemError {
  error.path ??= path;
  return error;
}

/** `Cannot create '/x/y': the file system is read-only (EROFS)`, without the full stop. */
export function messageOf(error: SystemError): string {
  const file = error.path === undefined ? 'a file' : `'${error.path}'`;
  const reason = REASONS[error.code]?.[0];
  const operation = OPERATIONS[error.syscall] ?? `use (${error.syscall})`;
  return `Cannot ${operation} ${file}: ${reason === undefined ? error.message : `${reason} (${error.code})`}`;
}

/** @param context a sentence before the message: what the command could not do @param remedy instead of the usual one */
export function systemFailure(error: SystemError, context = '', remedy?: string): Failure {
  return new Failure(
    EXIT.unexpected,
    {
      code: 'system',
      detail: `${context && `${context} `}${messageOf(error)}.`,
      remedy: remedy ?? REASONS[error.code]?.[1] ?? 'Check the path and its permissions.',
    },
    { cause: error },
  );
}
