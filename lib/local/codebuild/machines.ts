/** Where builds run on this machine: finds out once what is possible, and gives each build a machine of its own. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from '../service.ts';
import type { Build } from './build.ts';
import { isInline, parseBuildspec } from './buildspec.ts';
import { findDocker } from './docker.ts';
import { Machine } from './machine.ts';
import { detectSandbox, privilegedSandbox, type Sandbox } from './sandbox.ts';
import { WarmPool } from './warm-pool.ts';

export interface MachineOptions {
  /** Where commands run; found out at the first build when it is not given. */
  readonly sandbox?: Sandbox;
  /** Machines of each kind that are kept ready; as many as there are processors when it is not given. */
  readonly warmMachines?: number;
}

export class Machines {
  readonly #cloud: Cloud;
  readonly #pool: WarmPool;
  #sandbox: Sandbox | undefined;
  #saidPrivileged = false;

  constructor(cloud: Cloud, options: MachineOptions & { busy: () => boolean }) {
    this.#cloud = cloud;
    this.#sandbox = options.sandbox;
    this.#pool = new WarmPool(cloud, { size: options.warmMachines, busy: options.busy });
  }

  /** A machine that was made ready, or a new one. */
  async machineFor(build: Build): Promise<Machine> {
    const sandbox = this.#openSandbox();
    if (build.environment.privilegedMode)
      return Machine.provision(this.#folder, await this.#privileged(sandbox));
    const ready = this.#canBeReady(build)
      ? this.#pool.take(keyOf(build), () => this.#makeReady(build, sandbox))
      : undefined;
    return ready ?? Machine.provision(this.#folder, sandbox);
  }

  /** A build has ended. */
  ended(): void {
    this.#pool.refill();
  }

  /** Removes what machines of an earlier start have left; there is none yet. */
  removeRemains(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  get #folder(): string {
    return join(this.#cloud.stateDir('codebuild'), 'builds');
  }

  /** A source that cannot change may be fetched beforehand, and commands that do not come from it may be known. */
  #canBeReady({ source }: Build): boolean {
    if (!isInline(source.buildspec ?? '')) return false;
    if (source.type === 'NO_SOURCE') return true;
    const [bucket = '', ...key] = (source.location ?? '').split('/');
    return this.#cloud.asset(bucket, key.join('/')) !== undefined;
  }

  async #makeReady(build: Build, sandbox: Sandbox): Promise<Machine> {
    const machine = await Machine.provision(this.#folder, sandbox);
    try {
      await machine.fetch(this.#cloud, build);
      await machine.open(parseBuildspec(build.source.buildspec ?? ''), { warm: true });
      return machine;
    } catch (error) {
      await machine.remove();
      throw error;
    }
  }

  #openSandbox(): Sandbox {
    if (!this.#sandbox) {
      this.#sandbox = detectSandbox();
      if (this.#sandbox.kind === 'plain') {
        this.#cloud.log(
          'codebuild',
          'bubblewrap is not usable here: builds run as plain processes of yours and can read your files. ' +
            'Install bubblewrap (Debian, Ubuntu: apt install bubblewrap) before you run builds that you do not trust.',
        );
      }
    }
    return this.#sandbox;
  }

  async #privileged(sandbox: Sandbox): Promise<Sandbox> {
    // Asked for each time: a daemon may be started, or stopped, at any moment.
    const privileged = privilegedSandbox(sandbox, await findDocker());
    if (!this.#saidPrivileged)
      this.#cloud.log(
        'codebuild',
        privileged.kind === 'plain'
          ? 'builds in privileged mode run as plain processes of yours and can read your files. Start Docker, or run only image builds that you trust.'
          : 'builds in privileged mode make images, as root or through Docker: a hostile one could get out of its sandbox. Run only image builds that you trust.',
      );
    this.#saidPrivileged = true;
    return privileged;
  }
}

/** What a machine was made for. */
function keyOf({ projectName, environment, source, sourceVersion, serviceRole }: Build): string {
  const { type, image, computeType, fleet } = environment;
  return JSON.stringify([projectName, type, image, computeType, fleet, serviceRole, source, sourceVersion]);
}
