/** Whether there is a Docker daemon on this machine for builds in privileged mode. */
import { request } from 'node:http';
import { DOCKER_SOCKET } from './privileged.ts';

/** A daemon that answers does so in milliseconds. */
const PATIENCE_MS = 1_000;

/**
 * Asks the daemon (Docker Engine API, "Ping the server").
 * @returns the path of its socket, or undefined when none answers there
 */
export function findDocker(socketPath = socketOf(process.env.DOCKER_HOST)): Promise<string | undefined> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: PATIENCE_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? socketPath : undefined);
    });
    ping.on('timeout', () => ping.destroy()).on('error', () => resolve(undefined));
    ping.end();
  });
}

/** A daemon of elsewhere cannot be bound into a machine. */
function socketOf(dockerHost: string | undefined): string {
  return dockerHost?.startsWith('unix://') ? dockerHost.slice('unix://'.length) : DOCKER_SOCKET;
}
