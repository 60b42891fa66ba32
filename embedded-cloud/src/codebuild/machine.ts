/** One machine: folders, a source, a sandbox with a session. It serves one build, from first to last, and is thrown away. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { lchown, mkdir, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cloud } from '../service.ts';
import type { Build } from './build.ts';
import type { Buildspec } from './buildspec.ts';
import { systemVariables } from './environment.ts';
import { createLimits } from './limits.ts';
import type { BuildNetwork } from './network/index.ts';
import { CONTAINERS } from './privileged.ts';
import { GROUPS_FILE, removeFolder } from './remains.ts';
import type { Folders, Sandbox } from './sandbox.ts';
import { Session } from './session.ts';
import { fetchSource } from './source.ts';
import { warmCommand } from './warm-command.ts';

export class Machine {
  readonly folder: string;
  readonly sandbox: Sandbox;
  readonly host: Folders;
  readonly inside: Folders;
  /** Where the source is, as the host sees it. */
  readonly source: string;
  /** Where the source is, as the build sees it. */
  readonly sourceInside: string;
  /** How it reaches what is outside; undefined where it has the network of this machine. */
  readonly network: BuildNetwork | undefined;
  readonly #id = randomUUID();
  #session: Session | undefined;
  #ports: string | undefined;
  #resolvedSource: string | undefined;
  #fetched = false;

  private constructor(parent: string, sandbox: Sandbox, network: BuildNetwork) {
    this.folder = join(parent, this.#id);
    this.sandbox = sandbox;
    this.network = sandbox.kind === 'plain' ? undefined : network;
    const within = (name: string) => join(this.folder, name);
    this.host = {
      output: within('output'),
      home: within('home'),
      temporary: within('tmp'),
      state: within('state'),
      scripts: within('scripts'),
    };
    this.inside = sandbox.inside(this.host);
    // `/codebuild/output/src123/src`, as on AWS.
    const name = join(`src${Number.parseInt(this.#id.slice(0, 8), 16)}`, 'src');
    this.source = join(this.host.output, name);
    this.sourceInside = join(this.inside.output, name);
  }

  /** Makes the machine's folders. @param parent where machines have theirs */
  static async provision(parent: string, sandbox: Sandbox, network: BuildNetwork): Promise<Machine> {
    const machine = new Machine(parent, sandbox, network);
    const folders = [...Object.values(machine.host), machine.source];
    if (sandbox.privileged) folders.push(join(machine.folder, CONTAINERS));
    await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true })));
    await Promise.all(folders.map((folder) => machine.#handOver(folder)));
    return machine;
  }

  /** Variables of the machine itself. */
  get variables(): Record<string, string> {
    return systemVariables(this.sandbox, this.host, this.network?.variables);
  }

  /** What keeps its builds apart from this machine, for their log. */
  get isolation(): string {
    const { kind, privileged, descriptor } = this.sandbox;
    if (kind === 'plain') return 'none: the build runs as a process of the user of this machine';
    const root = privileged ? (descriptor === undefined ? ', as root' : ', as root of a user namespace') : '';
    return `bubblewrap${root}, with a network of its own that leads to this cloud and, by a proxy, to the internet`;
  }

  /** Where builds on Lambda compute can write, for their log. */
  get writable(): string {
    return this.sandbox.kind === 'plain'
      ? 'whatever the user of this machine may write. On Lambda compute it is /tmp alone, which only bubblewrap enforces here'
      : '/tmp alone, as on Lambda compute';
  }

  /** Whether it reaches what a machine would that is started now: a function has got a URL since, perhaps. */
  get isCurrent(): boolean {
    return this.#ports === undefined || this.#ports === this.network?.ports;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /**
   * Fetches the build's source, unless that was done before.
   * @returns the resolved source version, if there is a source
   */
  async fetch(cloud: Cloud, { source, serviceRole, sourceVersion }: SourceOf): Promise<string | undefined> {
    if (source.type === 'S3' && !this.#fetched)
      this.#resolvedSource = await fetchSource(cloud, {
        location: source.location ?? '',
        roleArn: serviceRole,
        version: sourceVersion,
        target: this.source,
        scratch: this.folder,
      });
    if (!this.#fetched) await this.#handOver(this.source);
    this.#fetched = true;
    return this.#resolvedSource;
  }

  /** Starts the session, unless that was done before. @param warm gets the first command ready if that is possible */
  async open(buildspec: Buildspec, options: { warm: boolean }): Promise<Session> {
    const warm = options.warm ? await this.#warmCommand(buildspec) : undefined;
    const socket = await this.network?.socket();
    this.#ports ??= this.network?.ports;
    const note = (groups: readonly string[]) =>
      writeFileSync(join(this.folder, GROUPS_FILE), `${groups.join('\n')}\n`);
    this.#session ??= await Session.start({
      sandbox: this.sandbox,
      limits: createLimits(`codebuild-${this.#id}`, note),
      host: this.host,
      shell: shellPath(buildspec.env?.shell ?? 'sh'),
      network:
        this.network && socket !== undefined ? { socket, relay: this.#relay(this.network) } : undefined,
      ...(warm && { warm }),
    });
    return this.#session;
  }

  /** Ends whatever runs on it. */
  async end(): Promise<void> {
    await this.#session?.end();
  }

  /** @throws Error when a folder cannot be removed */
  async remove(): Promise<void> {
    await removeFolder(this.folder);
  }

  #relay(network: BuildNetwork): string[] {
    return network.relay({ host: this.host.scripts, inside: this.inside.scripts });
  }

  /** Gives a folder and what it holds to the user that the build is outside of its sandbox; the scripts stay ours. */
  async #handOver(path: string): Promise<void> {
    const { owner } = this.sandbox;
    if (owner === undefined || path === this.host.scripts) return;
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    const paths = [path, ...entries.map(({ parentPath, name }) => join(parentPath, name))];
    for (const each of paths) await lchown(each, owner, owner);
  }

  async #warmCommand(buildspec: Buildspec) {
    const command = warmCommand(buildspec);
    const path = command && (await realpath(join(this.source, command.file)).catch(() => undefined));
    // A link could lead to what is outside.
    if (command === undefined || path !== join(await realpath(this.source), command.file)) return undefined;
    return { ...command, folder: this.sourceInside, environment: this.variables };
  }
}

export type SourceOf = Pick<Build, 'source' | 'serviceRole' | 'sourceVersion'>;

function shellPath(shell: string): string {
  return shell.endsWith('bash') ? '/bin/bash' : '/bin/sh';
}
