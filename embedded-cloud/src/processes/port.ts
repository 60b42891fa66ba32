/** Ports of replicas: chosen anew for each start, and known to the proxy alone. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 20;
/** Of a connection to this machine. */
const CONNECT_MS = 1_000;

/** Ports of processes that run. A port is free for the system until its process listens. */
const taken = new Set<number>();

export async function takePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    if (taken.has(port)) continue;
    taken.add(port);
    return port;
  }
}

export function releasePort(port: number): void {
  taken.delete(port);
}

/** Settles once something accepts connections. @throws AbortError */
export async function untilAccepting(port: number, signal: AbortSignal): Promise<void> {
  while (!(await accepts(port))) await delay(LOOK_MS, undefined, { signal });
  signal.throwIfAborted();
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, signal: AbortSignal.timeout(CONNECT_MS) });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
