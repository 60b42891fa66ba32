/** Connections on behalf of a build, to where it may go. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Destination, type Reach, Unknown } from './reach.ts';
import { type Upstream, upstreamFor } from './upstream.ts';

/** As long as a far registry on a bad day takes to accept a connection. */
const CONNECT_MS = 30_000;

export interface Way {
  readonly destination: Destination | undefined;
  readonly upstream: Upstream | undefined;
}

export interface Route {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/**
 * Decides where a connection goes. By way of the machine's own proxy, the proxy is told the name, as it may know and
 * admit names that this machine does not; a proxy on this machine is told the address that was looked at, as it could
 * lead to ports of this machine by a name that means something else a moment later.
 * @throws Refused | Unknown
 */
export async function wayTo(
  { scheme, host, port }: Route,
  reach: Reach,
  environment: NodeJS.ProcessEnv,
): Promise<Way> {
  const upstream = upstreamFor(scheme, host.toLowerCase(), environment);
  try {
    const destination = await reach.destination(host, port);
    return { destination, upstream: destination.local ? undefined : upstream };
  } catch (error) {
    if (error instanceof Unknown && upstream !== undefined && !upstream.local)
      return { destination: undefined, upstream };
    throw error;
  }
}

/** What the machine's own proxy is told. */
export function nameFor({ host, port }: Route, { destination, upstream }: Way): string {
  const address = upstream?.local ? destination?.addresses[0] : undefined;
  const name = address ?? host.replace(/^\[|\]$/g, '');
  return `${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** @throws Error when nobody answers there */
export async function open({ destination, upstream }: Way): Promise<Socket> {
  const socket =
    upstream === undefined && destination !== undefined
      ? connectTo(destination)
      : connect({ host: upstream?.host ?? '', port: upstream?.port ?? 0, allowHalfOpen: true });
  socket.setNoDelay(true);
  const timer = setTimeout(() => socket.destroy(new Error('no answer in 30 seconds')), CONNECT_MS);
  try {
    await once(socket, 'connect');
    return socket;
  } finally {
    clearTimeout(timer);
  }
}

/** Tries one address after the other, without asking for the name again. */
function connectTo({ addresses, port }: Destination): Socket {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return connect({
    host: 'destination',
    port,
    allowHalfOpen: true,
    autoSelectFamily: true,
    lookup: (_host, options, callback) => {
      const [first] = found;
      if (options.all) callback(null, found);
      else if (first === undefined) callback(new Error('no address'), '', 0);
      else callback(null, first.address, first.family);
    },
  });
}
