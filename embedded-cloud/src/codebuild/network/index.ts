/**
 * The network of builds. A machine in a sandbox has a network namespace of its own, with nothing in it; a relay inside
 * (relay.cjs) leads to the proxy outside (forward-proxy.ts) through a Unix socket that is bound into the sandbox.
 */
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cloud } from '../../service.ts';
import { NODE } from '../warm-command.ts';
import { forwardProxy } from './forward-proxy.ts';
import { namedIn, REACH_VARIABLE, Reach, type ReachOptions } from './reach.ts';
import { SOCKET_INSIDE } from './socket.ts';

/** `sun_path` of unix(7) has 108 bytes with its end; macOS has 104. */
const LONGEST_PATH = 103;
/** Where proxies usually are; nobody else is in the namespace. */
const PROXY_PORT = 3128;
const RELAY = 'relay.cjs';
const TUNNEL = 'tunnel.cjs';

export class BuildNetwork {
  readonly #folder: string;
  readonly #reach: Reach;
  /** Tunnels too, which an HTTP server does not count. */
  readonly #connections = new Set<Socket>();
  #server: Promise<{ server: Server; socket: string }> | undefined;

  constructor(cloud: Cloud, options: Partial<ReachOptions> = {}) {
    this.#folder = join(cloud.stateDir('codebuild'), 'network');
    this.#reach = new Reach({
      localPorts: () => cloud.publicPorts?.() ?? [],
      named: namedIn(process.env[REACH_VARIABLE]),
      ...options,
    });
  }

  /** Begins to serve, unless it did. @returns the socket's path */
  async socket(): Promise<string> {
    this.#server ??= this.#listen();
    return (await this.#server).socket;
  }

  /** The command that starts the relay in a machine. @param scripts the folder of host's files there */
  relay(scripts: { readonly host: string; readonly inside: string }): string[] {
    for (const program of [RELAY, TUNNEL])
      copyFileSync(fileURLToPath(new URL(program, import.meta.url)), join(scripts.host, program));
    writeFileSync(join(scripts.host, 'ssh_config'), this.#ssh(join(scripts.inside, TUNNEL)));
    const ports = this.#reach.forwarded.filter((port) => port !== this.#proxyPort).map(String);
    return [NODE, join(scripts.inside, RELAY), SOCKET_INSIDE, String(this.#proxyPort), ...ports];
  }

  /** The ports of this machine that a machine which is started now has, told apart from those of any other moment. */
  get ports(): string {
    return this.#reach.forwarded.join(' ');
  }

  /** What tells programs of the proxy. */
  get variables(): Record<string, string> {
    const proxy = `http://127.0.0.1:${this.#proxyPort}`;
    const none = '127.0.0.1,localhost';
    return {
      ...{ HTTP_PROXY: proxy, HTTPS_PROXY: proxy, http_proxy: proxy, https_proxy: proxy },
      ...{ NO_PROXY: none, no_proxy: none },
      NODE_USE_ENV_PROXY: '1',
      ...this.#java,
    };
  }

  /**
   * OpenSSH reads neither the proxy's variables nor `HOME`: its way out, and the keys and hosts that a build has put into
   * its own home (ssh_config(5)).
   */
  #ssh(tunnel: string): string {
    const keys = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => `  IdentityFile \${HOME}/.ssh/${name}\n`);
    const known = `  UserKnownHostsFile \${HOME}/.ssh/known_hosts ~/.ssh/known_hosts\n`;
    return `Host *\n  ProxyCommand "${NODE}" ${tunnel} ${this.#proxyPort} %h %p\n${keys.join('')}${known}`;
  }

  async close(): Promise<void> {
    const serving = await this.#server?.catch(() => undefined);
    if (serving === undefined) return;
    const closed = once(serving.server, 'close');
    serving.server.close();
    for (const connection of this.#connections) connection.destroy();
    await closed;
    rmSync(join(serving.socket, '..'), { recursive: true, force: true });
  }

  /** Java reads no such variables. These are Gradle's and Maven's own; those of the JVM would print a line at each start. */
  get #java(): Record<string, string> {
    const of = (scheme: string) => `-D${scheme}.proxyHost=127.0.0.1 -D${scheme}.proxyPort=${this.#proxyPort}`;
    const properties = `${of('http')} ${of('https')} -Dhttp.nonProxyHosts=127.0.0.1|localhost`;
    return { GRADLE_OPTS: properties, MAVEN_OPTS: properties };
  }

  get #proxyPort(): number {
    const taken = this.#reach.forwarded;
    let port = PROXY_PORT;
    while (taken.includes(port)) port += 1;
    return port;
  }

  async #listen(): Promise<{ server: Server; socket: string }> {
    rmSync(this.#folder, { recursive: true, force: true });
    const fits = Buffer.byteLength(this.#folder) + '/proxy.sock'.length <= LONGEST_PATH;
    if (fits) mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const folder = fits ? this.#folder : mkdtempSync(join(tmpdir(), 'codebuild-'));
    const socket = join(folder, 'proxy.sock');
    const server = forwardProxy(this.#reach, process.env);
    server.on('connection', (connection: Socket) => {
      this.#connections.add(connection);
      connection.once('close', () => this.#connections.delete(connection));
    });
    server.listen(socket);
    await once(server, 'listening');
    // The folder is closed to others. Root of a user namespace is another user, and gets the socket bound into its own.
    chmodSync(socket, 0o666);
    return { server: server.unref(), socket };
  }
}
