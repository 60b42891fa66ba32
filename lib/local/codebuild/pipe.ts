/**
 * The pipe that takes a build's output. What `node:child_process` calls a pipe is a socket, and nobody can open that by
 * `/dev/stdout` or `/proc/self/fd/1` (open(2): ENXIO); on AWS it is a pipe.
 */
import { execFile } from 'node:child_process';
import { constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface OutputPipe {
  readonly reader: Socket;
  /** The descriptor for a child; to be closed once it has it. */
  readonly writer: number;
}

/** @param folder nobody else's: the pipe has a name in it for a moment, and may be opened by root of a user namespace */
export async function outputPipe(folder: string): Promise<OutputPipe> {
  const path = join(folder, 'pipe');
  await promisify(execFile)('mkfifo', ['-m', '666', path]);
  // In this order neither waits for the other (fifo(7)).
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  rmSync(path);
  return { reader: new Socket({ fd: reader, readable: true, writable: false }), writer };
}
