/** Where builds run on this machine: finds out once what is possible, and gives each build a machine of its own. */
import { join } from 'node:path';
import type { Cloud } from '../service.ts';
import type { Build } from './build.ts';
import { isInline, parseBuildspec } from './buildspec.ts';
import { isLambda } from './compute.ts';
import { detectSandboxes, privilegedSandbox, type Sandboxes } from './isolation.ts';
import { Machine } from './machine.ts';
import { BuildNetwork } from './network/index.ts';
import type { ReachOptions } from './network/reach.ts';
import { removeRemains } from './remains.ts';
import type { Sandbox } from './sandbox.ts';
import { WarmPool } from './warm-pool.ts';

export interface MachineOptions {
  /** Where commands run, and those of builds in privileged mode; what the machine can when it is not given. */
  readonly sandbox?: Sandbox;
  /** What builds reach, in place of the internet. */
  readonly reach?: Partial<ReachOptions>;
  /** Machines of each kind that are kept ready; as many as there are processors when it is not given. */
  readonly warmMachines?: number;
}

export class Machines {
  readonly #cloud: Cloud;
  readonly #pool: WarmPool;
  readonly #network: BuildNetwork;
  readonly #given: Sandboxes | undefined;

  constructor(cloud: Cloud, options: MachineOptions & { busy: () => boolean }) {
    this.#cloud = cloud;
    this.#given = options.sandbox && { builds: options.sandbox, rootless: undefined };
    this.#network = new BuildNetwork(cloud, options.reach);
    this.#pool = new WarmPool(cloud, { size: options.warmMachines, busy: options.busy });
  }

  /** A machine that was made ready, or a new one. */
  async machineFor(build: Build): Promise<Machine> {
    const sandboxes = this.#given ?? (await detectSandboxes());
    if (build.environment.privilegedMode) return this.#provision(await privilegedSandbox(sandboxes));
    const { builds } = sandboxes;
    const sandbox = isLambda(build.environment.type) ? (builds.lambda ?? builds) : builds;
    const ready = this.#canBeReady(build)
      ? this.#pool.take(keyOf(build), () => this.#makeReady(build, sandbox))
      : undefined;
    return ready ?? this.#provision(sandbox);
  }

  /** A build has ended. */
  ended(): void {
    this.#pool.refill();
  }

  /** Removes what machines of an earlier start have left; there is none yet. */
  async removeRemains(): Promise<void> {
    await removeRemains(this.#folder).catch((error: unknown) => {
      this.#cloud.log('codebuild', `what earlier builds have left could not be removed: ${error}`);
    });
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.#network.close();
  }

  #provision(sandbox: Sandbox): Promise<Machine> {
    return Machine.provision(this.#folder, sandbox, this.#network);
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
    const machine = await this.#provision(sandbox);
    try {
      await machine.fetch(this.#cloud, build);
      await machine.open(parseBuildspec(build.source.buildspec ?? ''), { warm: true });
      return machine;
    } catch (error) {
      await machine.remove();
      throw error;
    }
  }
}

/** What a machine was made for. */
function keyOf({ projectName, environment, source, sourceVersion, serviceRole }: Build): string {
  const { type, image, computeType, fleet } = environment;
  return JSON.stringify([projectName, type, image, computeType, fleet, serviceRole, source, sourceVersion]);
}
