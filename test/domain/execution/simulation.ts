/**
 * A small world around the domain's verbs, in which everything that may go wrong does when a test says so: executions
 * are stepped by hand, machines die heard or unheard, agents come late, twice or with another job's token. Time is
 * simulated. What stepfunctions/build.asl.yaml does is done here in the same order.
 */

import { statusOf } from '../../../lib/aws/codebuild/ended.ts';
import type { JobActor } from '../../../lib/domain/access/actor.ts';
import * as Build from '../../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../../lib/domain/builds/schema.ts';
import * as Job from '../../../lib/domain/execution/agent.ts';
import { handleFailedAttempt } from '../../../lib/domain/execution/attempt/failed-attempt.ts';
import type { Dispatch } from '../../../lib/domain/execution/attempt/task.ts';
import { sourceArrived } from '../../../lib/domain/execution/begin.ts';
import { finish } from '../../../lib/domain/execution/end/index.ts';
import { runIdOf } from '../../../lib/domain/execution/model/execution.ts';
import type { ClaimedJob } from '../../../lib/domain/execution/model/job.ts';
import * as Queue from '../../../lib/domain/execution/queue/index.ts';
import { workflowStopped } from '../../../lib/domain/execution/reconcile/follow.ts';
import * as Run from '../../../lib/domain/execution/runs.ts';
import type { MachineStatus } from '../../../lib/domain/ports/compute.ts';
import type { Item } from '../../../lib/domain/ports/table.ts';
import * as Project from '../../../lib/domain/project/index.ts';
import { sources } from '../../../lib/domain/source/record.ts';
import { Keys } from '../../../lib/domain/storage/keys.ts';
import * as Reconcile from '../../../lib/domain/sweep/index.ts';
import { ADMIN, sha256Of, uploadedSource, type World, world } from '../world.ts';
import { type ObservedTable, observedTable } from './observed.ts';

interface Step {
  dispatch: Dispatch;
  state: 'waiting' | 'ready' | 'building' | 'done';
  token: string | undefined;
  /** When its present machine was asked for. */
  startedAt?: Date;
}

interface Execution {
  readonly runId: string;
  /** Another one of the run, when it follows one that died. */
  readonly name: string;
  phase: 'jobs' | 'ended';
  steps: Step[];
}

export interface Agent {
  readonly dispatch: Dispatch;
  readonly agentId: string;
  work?: ClaimedJob;
  actor?: JobActor;
  artifacts: string[];
}

export class Simulation {
  readonly place: World;
  readonly table: ObservedTable;
  readonly sources: string[];
  readonly builds: string[] = [];
  readonly runs: string[] = [];
  readonly #executions: Execution[] = [];
  readonly agents: Agent[] = [];
  /** Jobs whose end the outbox has still to tell, perhaps for the second time. */
  readonly news: string[] = [];
  /** The most jobs of the project that were ever at work at once. */
  mostAtWork = 0;
  readonly limit: number | undefined;
  #tokens = 0;
  #machines = 0;

  private constructor(place: World, table: ObservedTable, sources: string[], limit: number | undefined) {
    this.place = place;
    this.table = table;
    this.sources = sources;
    this.limit = limit;
  }

  static async begin(manifests: readonly string[], limit: number | undefined): Promise<Simulation> {
    const table = observedTable();
    const made = await world({ table });
    const project =
      limit === undefined
        ? made.project
        : await Project.update(made.ports, ADMIN, made.project.slug, {
            max_concurrent_jobs: limit,
            supersede: true,
          });
    const place = { ...made, project };
    const sources: string[] = [];
    for (const manifest of manifests) sources.push(await uploadedSource(place, { 'staithe.yaml': manifest }));
    const simulation = new Simulation(place, table, sources, limit);
    // Builds of it are planned by their requests; those of the others wait for a survey.
    const [surveyed] = sources;
    if (surveyed !== undefined) await simulation.arrives(surveyed);
    return simulation;
  }

  get ports() {
    return this.place.ports;
  }

  async create(source: string, asked: Partial<CreateBuild>): Promise<void> {
    const input = CreateBuild.parse({ source_id: source, ...asked });
    const build = await Build.create(this.ports, ADMIN, this.place.project, input);
    this.builds.push(build.id);
    if (build.latest_run !== null) this.#noteRun(build.latest_run.id);
  }

  /** The event of a source's bytes arrives, perhaps for the second time. */
  async arrives(id: string): Promise<void> {
    const source = (await sources.get(this.table, Keys.source(id)))?.value;
    if (source !== undefined) await sourceArrived(this.ports, source);
  }

  async again(buildId: string, jobs: 'all' | 'failed'): Promise<void> {
    const build = await Build.get(this.ports, ADMIN, buildId);
    this.#noteRun((await Run.rerun(this.ports, ADMIN, build, { jobs })).id);
  }

  async cancel(runId: string): Promise<void> {
    await Run.cancel(this.ports, ADMIN, runId);
  }

  #noteRun(runId: string): void {
    this.runs.push(runId);
  }

  /** All that were ever started, oldest first. */
  get executions(): readonly Execution[] {
    const known = new Set(this.#executions.map(({ name }) => name));
    for (const { workflow, name, input } of this.ports.workflows.executions)
      if (workflow === 'build' && !known.has(name)) {
        const steps = (input.jobs as Dispatch[]).map(
          (dispatch): Step => ({
            dispatch,
            state: dispatch.queued ? 'waiting' : 'ready',
            token: undefined,
          }),
        );
        this.#executions.push({ runId: runIdOf(name), name, phase: 'jobs', steps });
      }
    return this.#executions;
  }

  /** Whether Step Functions still runs it: a stop or a death ends it between two steps. */
  alive(execution: Execution): boolean {
    return this.ports.workflows.find('build', execution.name)?.status === 'running';
  }

  /** The execution does its next step. @param twice a Lambda's answer was lost, so the step is done once more */
  async step(execution: Execution, twice = false): Promise<void> {
    if (!this.alive(execution)) return;
    for (const step of execution.steps) await this.#stepJob(execution, step);
    if (execution.steps.every(({ state }) => state === 'done')) await this.#finish(execution, twice);
  }

  async #stepJob(execution: Execution, step: Step): Promise<void> {
    if (step.state === 'waiting') {
      if (step.token === undefined) {
        step.token = `turn-${++this.#tokens}`;
        await Queue.waitForTurn(this.ports, step.dispatch.job_id, step.token);
      }
      if (this.ports.workflows.woken.includes(step.token)) step.state = 'ready';
      return;
    }
    if (step.state !== 'ready') return;
    step.state = 'building';
    step.startedAt = this.ports.clock.now();
    this.agents.push({ dispatch: step.dispatch, agentId: crypto.randomUUID(), artifacts: [] });
    this.#machine(execution, step, 'running');
  }

  #machine(execution: Execution, step: Step, status: MachineStatus): void {
    const ref = `machine:${++this.#machines}`;
    const { startedAt, dispatch } = step;
    this.ports.machines.place(execution.name, dispatch.job_id, { ref, startedAt, status });
  }

  async #finish(execution: Execution, twice: boolean): Promise<void> {
    if (twice) await finish(this.ports, execution.runId);
    await finish(this.ports, execution.runId);
    this.#end(execution, 'succeeded');
  }

  #end(execution: Execution, status: 'succeeded' | 'failed' | 'stopped'): void {
    execution.phase = 'ended';
    const found = this.ports.workflows.find('build', execution.name);
    if (found?.status === 'running') found.status = status;
  }

  /** A machine ends. @param heard whether CodeBuild's event reaches the execution */
  async machineEnds(execution: Execution, at: number, status: string, heard: boolean): Promise<void> {
    const building = execution.steps.filter(({ state }) => state === 'building');
    const step = building[at % Math.max(1, building.length)];
    if (step === undefined || !this.alive(execution)) return;
    this.#machine(execution, step, statusOf(status));
    if (!heard) return;
    if (status === 'SUCCEEDED') {
      step.state = 'done';
      return;
    }
    const cause = JSON.stringify({ Build: { BuildStatus: status } });
    const { job_id, attempt, fail_fast: failFast } = step.dispatch;
    const caught = { error: 'States.TaskFailed', cause };
    const settled = await handleFailedAttempt(this.ports, job_id, caught, { attempt, failFast });
    if (settled.retry) Object.assign(step, { dispatch: settled.dispatch, state: 'ready' });
    else {
      step.state = 'done';
      if (settled.end_all) for (const other of execution.steps) other.state = 'done';
    }
  }

  /** The execution dies, or is stopped by somebody. @param heard whether the event of its end arrives */
  async dies(execution: Execution, heard: boolean): Promise<void> {
    if (!this.alive(execution)) return;
    this.#end(execution, heard ? 'stopped' : 'failed');
    if (heard) await workflowStopped(this.ports, execution.name, 'The workflow was stopped.');
  }

  async claim(agent: Agent, { wrongTicket = false } = {}): Promise<void> {
    const ticket = wrongTicket ? 'tkt_of-somebody-else-altogether' : agent.dispatch.ticket;
    agent.work = await Job.claim(this.ports, agent.dispatch.job_id, { ticket, claim_id: agent.agentId });
    const actor = await this.ports.jobTokens.verify(agent.work.token);
    if (actor === undefined) throw new Error('The token of a claim is no good.');
    agent.actor = actor;
    await this.#countAtWork();
  }

  /** @param at the job that is spoken of: another agent's, when its token is the wrong one */
  async upload(agent: Agent, at: Agent, bytes: boolean): Promise<void> {
    if (agent.actor === undefined) return;
    const text = `bytes of ${at.dispatch.job_id} ${agent.artifacts.length}`;
    const announced = await Job.createUpload(this.ports, agent.actor, at.dispatch.job_id, {
      name: `a${agent.artifacts.length}.zip`,
      sha256: sha256Of(text),
      size_bytes: text.length,
      content_type: 'application/zip',
    });
    if (bytes && announced.upload !== null)
      this.ports.blobs.put(announced.upload.url, announced.upload.headers, Buffer.from(text));
    agent.artifacts.push(announced.artifact_id);
  }

  async progress(agent: Agent, at: Agent, progress: number): Promise<void> {
    if (agent.actor === undefined) return;
    await Job.progress(this.ports, at.dispatch.job_id, { stage: 'at work', progress }, agent.actor);
  }

  async report(agent: Agent, at: Agent, success: boolean): Promise<void> {
    // A success without artifacts does not pass the contract's schema.
    if (agent.actor === undefined || (success && agent.artifacts.length === 0)) return;
    const error = { code: 'build_error', message: 'make failed' } as const;
    await Job.result(
      this.ports,
      agent.actor,
      at.dispatch.job_id,
      success ? { status: 'completed', artifact_ids: agent.artifacts } : { status: 'failed', error },
    );
    this.news.push(at.dispatch.job_id);
  }

  /** The outbox tells that a job has ended. @param keep tells it once more later */
  async tell(at: number, keep: boolean): Promise<void> {
    const job = this.news[at % Math.max(1, this.news.length)];
    if (job === undefined) return;
    if (!keep) this.news.splice(this.news.indexOf(job), 1);
    await Queue.dequeue(this.ports, this.place.project.id, job);
  }

  async sweep(): Promise<Reconcile.Sweep> {
    return Reconcile.sweep(this.ports);
  }

  /** Nothing new happens any more: agents are silent, machines gone, and time and sweeps go on. */
  async settleDown(): Promise<void> {
    for (let round = 0; round < 80; round++) {
      const open = this.items('run').filter(({ status }) => status === 'pending' || status === 'building');
      if (open.length === 0) return;
      this.ports.clock.advance(10 * 60_000);
      for (const execution of this.executions)
        for (const step of execution.steps)
          if (step.state === 'building') this.#machine(execution, step, 'failed');
      await this.sweep();
      for (const run of this.items('job'))
        if (run.status !== 'pending' && run.status !== 'building')
          await Queue.dequeue(this.ports, this.place.project.id, String(run.id));
      for (const execution of this.executions) if (execution.phase !== 'ended') await this.step(execution);
    }
  }

  items(entity: string): Item[] {
    return this.table.all().filter((item) => item.entity === entity);
  }

  async #countAtWork(): Promise<void> {
    const atWork = this.items('job').filter(({ status }) => status === 'building').length;
    this.mostAtWork = Math.max(this.mostAtWork, atWork);
  }
}
