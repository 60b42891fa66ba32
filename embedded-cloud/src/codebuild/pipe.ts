/**
 * The pipe that takes a build's output. What `node:child_process` calls a pipe is a socket, and nobody can open that by
 * `/dev/stdout` or `/proc/self/fd/1` (open(2): ENXIO); on AWS it is a pipe.
 */
import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface OutputPipe {
  readonly reader: Socket;
  /** The descriptor for a child; to be closed once it has it. */
  readonly writer: number;
}

/**
 * Makes one. For a moment it has a name, in a folder that nobody else may enter: not among the state, whose file system may
 * have no pipes. A build that opens it again may be root of a user namespace, and so another user.
 */
export async function outputPipe(): Promise<OutputPipe> {
  const folder = await mkdtemp(join(tmpdir(), 'codebuild-pipe-'));
  try {
    const path = join(folder, 'output');
    await promisify(execFile)('mkfifo', ['-m', '666', path]);
    // In this order neither waits for the other (fifo(7)).
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openedOr(
      () => closeSync(reader),
      () => openSync(path, constants.O_WRONLY),
    );
    return { reader: new Socket({ fd: reader, readable: true, writable: false }), writer };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function openedOr(otherwise: () => void, open: () => number): number {
  try {
    return open();
  } catch (error) {
    otherwise();
    throw error;
  }
}
