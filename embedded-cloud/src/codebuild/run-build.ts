/** The way of one build through its phases. */
import { readFile, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Cloud } from '../service.ts';
import {
  type Build,
  completeBuild,
  endPhase,
  enterPhase,
  type FinalStatus,
  type PhaseContext,
  type PhaseType,
} from './build.ts';
import { sendPhaseChange, sendStateChange } from './build-events.ts';
import { type BuildLog, nowhere, openBuildLog } from './build-log.ts';
import {
  type Buildspec,
  BuildspecError,
  COMMAND_PHASES,
  type CommandPhase,
  isInline,
  parseBuildspec,
} from './buildspec.ts';
import { isLambda } from './compute.ts';
import { buildEnvironment } from './environment.ts';
import { pullFailure } from './images.ts';
import type { Machine } from './machine.ts';
import { failureOf, PhaseFailure } from './phase-failure.ts';
import { type RoleCall, roleCall } from './role-call.ts';

/** Why a build is ended from outside. */
/** `LOST`: the cloud itself stops. Nothing more is recorded, and the next start finds the build as after a crash. */
export type Interruption = 'STOPPED' | 'TIMED_OUT' | 'LOST';

export interface Execution {
  readonly cloud: Cloud;
  /** Gives a machine, ready or new; it is the build's alone, and removed at its end. */
  readonly machine: (build: Build) => Promise<Machine>;
  /** Called with every state of the build; on disk when it returns. */
  readonly save: (build: Build) => void;
  /** Aborted with an `Interruption` as its reason. */
  readonly signal: AbortSignal;
}

/** Runs a build from PROVISIONING to its end. Never rejects: what goes wrong is the build's status. */
export async function runBuild(execution: Execution, queued: Build): Promise<void> {
  await new BuildRun(execution, queued).run();
}

class BuildRun {
  readonly #execution: Execution;
  #build: Build;
  #log: BuildLog = nowhere;
  #machine: Machine | undefined;
  #status: FinalStatus = 'SUCCEEDED';

  constructor(execution: Execution, build: Build) {
    this.#execution = execution;
    this.#build = build;
  }

  async run(): Promise<void> {
    const onAbort = () => void this.#machine?.end();
    this.#execution.signal.addEventListener('abort', onAbort);
    try {
      await this.#phase('PROVISIONING', () => this.#provision());
      const buildspec = await this.#phase('DOWNLOAD_SOURCE', () => this.#downloadSource());
      if (buildspec) await this.#commandPhases(buildspec);
    } finally {
      this.#execution.signal.removeEventListener('abort', onAbort);
      await this.#finish();
    }
  }

  /** Runs one phase unless the build was interrupted; a failure becomes the build's status. */
  async #phase<T>(type: PhaseType, work: () => Promise<T>): Promise<T | undefined> {
    if (this.#execution.signal.aborted || (this.#status !== 'SUCCEEDED' && type === 'DOWNLOAD_SOURCE'))
      return undefined;
    this.#save(enterPhase(this.#build, type, this.#now()));
    try {
      const result = await work();
      if (this.#execution.signal.aborted) throw new Error('interrupted');
      this.#endPhase('SUCCEEDED', []);
      return result;
    } catch (error) {
      const failure = failureOf(error, this.#execution.signal);
      this.#endPhase(failure.status, [failure.context]);
      if (this.#status === 'SUCCEEDED') this.#status = failure.status;
      return undefined;
    }
  }

  async #provision(): Promise<void> {
    const { cloud, machine } = this.#execution;
    this.#log = await openBuildLog(cloud, this.#build, this.#call());
    const { image, type } = this.#build.environment;
    const message = pullFailure(image);
    if (message !== undefined)
      throw new PhaseFailure('FAILED', { statusCode: 'BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE', message });
    this.#machine = await machine(this.#build);
    this.#log.container(`Isolation: ${this.#machine.isolation}`);
    if (isLambda(type)) this.#log.container(`Writable: ${this.#machine.writable}`);
    this.#log.container('Waiting for DOWNLOAD_SOURCE');
  }

  async #downloadSource(): Promise<Buildspec> {
    const { cloud } = this.#execution;
    const machine = this.#machine;
    if (machine === undefined) throw new Error('There is no machine.');
    const resolvedSourceVersion = await machine.fetch(cloud, this.#build);
    if (resolvedSourceVersion !== undefined) this.#save({ ...this.#build, resolvedSourceVersion });
    const buildspec = parseBuildspec(await this.#buildspecText(machine.source));
    const folder = machine.sourceInside;
    this.#log.container(`CODEBUILD_SRC_DIR=${folder}`);
    this.#log.container('Processing environment variables');
    const environment = await buildEnvironment(cloud, this.#build, {
      buildspec,
      machine: machine.variables,
      sourceFolder: folder,
      call: this.#call(),
    });
    const session = await machine.open(buildspec, { warm: false });
    session.begin({ environment, folder, lines: (lines) => this.#log.lines(lines) });
    await session.ready();
    this.#log.container(`Moving to directory ${folder}`);
    return buildspec;
  }

  async #buildspecText(sourceFolder: string): Promise<string> {
    const given = this.#build.source.buildspec ?? '';
    if (isInline(given)) return given;
    const name = given === '' ? 'buildspec.yml' : given;
    const path = await realpath(join(sourceFolder, name)).catch(() => undefined);
    if (!path?.startsWith((await realpath(sourceFolder)) + sep)) {
      throw new BuildspecError(`YAML file does not exist: ${name}`);
    }
    return readFile(path, 'utf8');
  }

  /** A failed INSTALL or PRE_BUILD ends the build; after a failed BUILD, POST_BUILD still runs. */
  async #commandPhases(buildspec: Buildspec): Promise<void> {
    for (const name of COMMAND_PHASES) {
      const stops = this.#status !== 'SUCCEEDED' && name !== 'post_build';
      const skipped =
        name === 'post_build' && !this.#build.phases.some(({ phaseType }) => phaseType === 'BUILD');
      if (stops || skipped) break;
      await this.#phase(phaseTypes[name], () => this.#commands(buildspec, name));
    }
    await this.#phase('UPLOAD_ARTIFACTS', async () => {});
  }

  async #commands(buildspec: Buildspec, name: CommandPhase): Promise<void> {
    const phase = buildspec.phases[name];
    this.#log.container(`Entering phase ${phaseTypes[name]}`);
    let failure: PhaseFailure | undefined;
    for (const command of phase?.commands ?? []) {
      failure = await this.#command(command);
      if (failure && phase?.['on-failure'] !== 'CONTINUE') break;
    }
    for (const command of phase?.finally ?? []) {
      const failed = await this.#command(command);
      failure ??= failed;
      if (failed) break;
    }
    if (failure && phase?.['on-failure'] !== 'CONTINUE') throw failure;
  }

  async #command(command: string): Promise<PhaseFailure | undefined> {
    this.#log.container(`Running command ${command}`);
    const result = await this.#machine?.session?.run(command, this.#status === 'SUCCEEDED');
    if (result?.status === 0) return undefined;
    const reason =
      result === undefined || result.status === 'ended'
        ? 'the build environment was lost'
        : `exit status ${result.status}`;
    const message = `Error while executing command: ${command}. Reason: ${reason}`;
    if (result?.status === 'ended')
      throw new PhaseFailure('FAULT', { statusCode: 'INTERNAL_ERROR', message });
    this.#log.container(`Command did not exit successfully ${command} ${reason}`);
    return new PhaseFailure('FAILED', { statusCode: 'COMMAND_EXECUTION_ERROR', message });
  }

  async #finish(): Promise<void> {
    const { cloud, signal } = this.#execution;
    const machine = this.#machine;
    await machine?.end();
    if (this.#isLost()) return this.#log.flush();
    if (signal.aborted) this.#status = signal.reason === 'TIMED_OUT' ? 'TIMED_OUT' : 'STOPPED';
    this.#save(enterPhase(this.#build, 'FINALIZING', this.#now()));
    await this.#log.flush();
    await machine?.remove().catch(() => {
      cloud.log('codebuild', `the folder ${machine.folder} of a finished build could not be removed`);
    });
    this.#endPhase('SUCCEEDED', []);
    this.#save(completeBuild(this.#build, this.#status, this.#now()));
    sendStateChange(cloud, this.#build);
  }

  #call(): RoleCall {
    const { cloud, signal } = this.#execution;
    return roleCall(cloud, this.#build, signal);
  }

  #isLost(): boolean {
    return this.#execution.signal.reason === ('LOST' satisfies Interruption);
  }

  #endPhase(status: FinalStatus, contexts: readonly PhaseContext[]): void {
    if (this.#isLost()) return;
    this.#save(endPhase(this.#build, status, this.#now(), contexts));
    const phase = this.#build.phases.at(-1);
    if (!phase) return;
    sendPhaseChange(this.#execution.cloud, this.#build, phase);
    if (phase.phaseType === 'FINALIZING') return;
    const [context] = contexts;
    this.#log.container(`Phase complete: ${phase.phaseType} State: ${status}`);
    this.#log.container(
      `Phase context status code: ${context?.statusCode ?? ''} Message: ${context?.message ?? ''}`,
    );
  }

  #save(build: Build): void {
    this.#build = build;
    this.#execution.save(build);
  }

  #now(): number {
    return this.#execution.cloud.now() / 1000;
  }
}

const phaseTypes = {
  install: 'INSTALL',
  pre_build: 'PRE_BUILD',
  build: 'BUILD',
  post_build: 'POST_BUILD',
} as const satisfies Record<CommandPhase, PhaseType>;
