/** An HTTP server of a test's own, in the place of a registry. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';

export interface LocalServer extends Disposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
}

export async function startLocalServer(listener: RequestListener): Promise<LocalServer> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    host: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
