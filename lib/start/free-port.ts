/** Whether the port that was asked for can be had: asked first, as synthesizing takes long. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { PortInUseError } from 'embedded-cloud';
import { isSystemError } from '../cli/failure/system-error.ts';
import { startWith } from './called-as.ts';
import { StartFailure } from './failure.ts';

/** @throws PortInUseError | StartFailure */
export async function requireFreePort(port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'EADDRINUSE') throw new PortInUseError(port, error);
    throw new StartFailure(
      `Port ${port} cannot be listened on (${error.code}).`,
      `Name one above 1023: ${startWith('--port 4566')}`,
      1,
      error,
    );
  }
  server.close();
  await once(server, 'close');
}
