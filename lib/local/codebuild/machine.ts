/** One machine: folders, a source, a sandbox with a session. It serves one build, from first to last, and is thrown away. */
import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cloud } from '../service.ts';
import type { Build } from './build.ts';
import type { Buildspec } from './buildspec.ts';
import { systemVariables } from './environment.ts';
import { createLimits } from './limits.ts';
import { CONTAINERS, type Folders, type Sandbox } from './sandbox.ts';
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
  readonly #id = randomUUID();
  #session: Session | undefined;
  #resolvedSource: string | undefined;
  #fetched = false;

  private constructor(parent: string, sandbox: Sandbox) {
    this.folder = join(parent, this.#id);
    this.sandbox = sandbox;
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
  static async provision(parent: string, sandbox: Sandbox): Promise<Machine> {
    const machine = new Machine(parent, sandbox);
    const folders = [...Object.values(machine.host), machine.source];
    if (sandbox.privileged) folders.push(join(machine.folder, CONTAINERS));
    await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true })));
    return machine;
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
    this.#fetched = true;
    return this.#resolvedSource;
  }

  /** Starts the session, unless that was done before. @param warm gets the first command ready if that is possible */
  async open(buildspec: Buildspec, options: { warm: boolean }): Promise<Session> {
    const warm = options.warm ? await this.#warmCommand(buildspec) : undefined;
    this.#session ??= new Session({
      sandbox: this.sandbox,
      limits: createLimits(`codebuild-${this.#id}`),
      host: this.host,
      shell: shellPath(buildspec.env?.shell ?? 'sh'),
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
    await rm(this.folder, { recursive: true, force: true });
  }

  async #warmCommand(buildspec: Buildspec) {
    const command = warmCommand(buildspec);
    const path = command && (await realpath(join(this.source, command.file)).catch(() => undefined));
    // A link could lead to what is outside.
    if (command === undefined || path !== join(await realpath(this.source), command.file)) return undefined;
    return { ...command, folder: this.sourceInside, environment: systemVariables(this.inside) };
  }
}

export type SourceOf = Pick<Build, 'source' | 'serviceRole' | 'sourceVersion'>;

function shellPath(shell: string): string {
  return shell.endsWith('bash') ? '/bin/bash' : '/bin/sh';
}
