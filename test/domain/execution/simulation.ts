/**
 * A small world around the domain's verbs and the build workflow, in which everything that may go wrong does when a test
 * wants it to: steps are done late, or twice as their answers are lost; machines die heard or unheard, or there is none;
 * agents come late, twice or with another job's token. Time is simulated; the workflow is stepfunctions/build.asl.yaml.
 */

import * as Build from '../../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../../lib/domain/builds/schema.ts';
import { sourceArrived } from '../../../lib/domain/execution/begin.ts';
import * as Queue from '../../../lib/domain/execution/queue/index.ts';
import { workflowStopped } from '../../../lib/domain/execution/reconcile/follow.ts';
import * as Run from '../../../lib/domain/execution/runs.ts';
import type { Item } from '../../../lib/domain/ports/table.ts';
import * as Project from '../../../lib/domain/project/index.ts';
import { sources } from '../../../lib/domain/source/record.ts';
import { Keys } from '../../../lib/domain/storage/keys.ts';
import * as Reconcile from '../../../lib/domain/sweep/index.ts';
import { simulatedClock } from '../../memory/world.ts';
import type { BuildMachine } from '../../workflows/build-machines.ts';
import { SimulatedBuilds } from '../../workflows/builds.ts';
import { ADMIN, uploadedSource, type World, world } from '../world.ts';
import { type ObservedTable, observedTable } from './observed.ts';
import { type Agent, claimAs, progressAs, reportAs, uploadAs } from './simulated-agent.ts';

/** 13 hours of rounds of ten minutes: far less than the workflow's own limit. */
const MAX_ROUNDS = 80;

interface Execution {
  /** Of the run, with a number when it follows one that died. */
  readonly name: string;
}

export class Simulation {
  readonly place: World;
  readonly table: ObservedTable;
  readonly sources: string[];
  readonly builds: string[] = [];
  readonly runs: string[] = [];
  readonly #builds: SimulatedBuilds;
  readonly #agents = new Map<BuildMachine, Agent>();
  /** Jobs whose end the outbox has still to tell, perhaps for the second time. */
  readonly news: string[] = [];
  /** The most jobs of the project that were ever at work at once. */
  mostAtWork = 0;
  readonly limit: number | undefined;

  private constructor(
    place: World,
    table: ObservedTable,
    builds: SimulatedBuilds,
    sources: string[],
    limit: number | undefined,
  ) {
    this.#builds = builds;
    this.place = place;
    this.table = table;
    this.sources = sources;
    this.limit = limit;
  }

  static async begin(manifests: readonly string[], limit: number | undefined): Promise<Simulation> {
    const table = observedTable();
    const clock = simulatedClock();
    const builds = await SimulatedBuilds.begin(clock);
    const { workflows, machines } = builds;
    const made = await world({ table, clock, workflows, machines: machines.port });
    builds.serve(made.ports);
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
    const simulation = new Simulation(place, table, builds, sources, limit);
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
    return this.ports.workflows.executions
      .filter(({ workflow }) => workflow === 'build')
      .map(({ name }) => ({ name }));
  }

  /** One for each machine that was ever started, oldest first. */
  get agents(): readonly Agent[] {
    return this.#builds.machines.started.map((machine) => {
      const agent = this.#agents.get(machine) ?? {
        task: machine.task,
        agentId: crypto.randomUUID(),
        artifacts: [],
      };
      this.#agents.set(machine, agent);
      return agent;
    });
  }

  /** Steps of the workflow that were done, by their task. */
  get done(): ReadonlyMap<string, number> {
    return this.#builds.done;
  }

  /** Errors of steps that are none of the domain's refusals. */
  get faults(): readonly unknown[] {
    return this.#builds.faults;
  }

  /** What the execution has asked for is done: steps, machines. @param twice answers are lost, so it asks once more */
  async step({ name }: Execution, twice = false): Promise<void> {
    await this.#builds.settled();
    if (twice) {
      await this.#builds.answer(name, true);
      await this.#builds.pauses();
    }
    await this.#builds.answer(name);
  }

  /** Whether the account has no machine for now. */
  full(full: boolean): void {
    this.#builds.machines.full = full;
  }

  /** @param prompt functions answer within their time */
  async passes(seconds: number, prompt: boolean): Promise<void> {
    if (prompt) await this.#allAnswered();
    await this.#builds.passes(seconds * 1000);
  }

  async #allAnswered(): Promise<void> {
    await this.#builds.settled();
    for (const { name } of this.executions) await this.#builds.answer(name);
  }

  /** A machine ends. @param heard whether CodeBuild's event reaches the execution */
  async machineEnds({ name }: Execution, at: number, status: string, heard: boolean): Promise<void> {
    await this.#builds.settled();
    const building = this.#builds.machines.started.filter(
      ({ execution, heard }) => execution === name && !heard,
    );
    const machine = building[at % Math.max(1, building.length)];
    if (machine !== undefined) await this.#builds.machineEnds(machine, status, heard);
  }

  /** The execution dies, or is stopped by somebody. @param heard whether the event of its end arrives */
  async dies({ name }: Execution, heard: boolean): Promise<void> {
    if ((await this.ports.workflows.state('build', name)) !== 'running') return;
    await this.#builds.dies(name, heard ? 'stopped' : 'failed');
    if (heard) await workflowStopped(this.ports, name, 'The workflow was stopped.');
  }

  async claim(agent: Agent, options: { wrongTicket?: boolean } = {}): Promise<void> {
    await claimAs(this.place, agent, options);
    await this.#countAtWork();
  }

  upload(agent: Agent, at: Agent, bytes: boolean): Promise<void> {
    return uploadAs(this.place, agent, at, bytes);
  }

  progress(agent: Agent, at: Agent, progress: number): Promise<void> {
    return progressAs(this.place, agent, at, progress);
  }

  async report(agent: Agent, at: Agent, success: boolean): Promise<void> {
    if (await reportAs(this.place, agent, at, success)) this.news.push(at.task.job_id);
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
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const open = this.items('run').filter(({ status }) => status === 'pending' || status === 'building');
      if (open.length === 0) return;
      await this.passes(10 * 60, true);
      for (const machine of this.#builds.machines.started)
        if (!machine.heard) await this.#builds.machineEnds(machine, 'FAILED', false);
      await this.sweep();
      for (const run of this.items('job'))
        if (run.status !== 'pending' && run.status !== 'building')
          await Queue.dequeue(this.ports, this.place.project.id, String(run.id));
      await this.#allAnswered();
    }
  }

  [Symbol.dispose](): void {
    this.#builds.close();
  }

  items(entity: string): Item[] {
    return this.table.all().filter((item) => item.entity === entity);
  }

  async #countAtWork(): Promise<void> {
    const atWork = this.items('job').filter(({ status }) => status === 'building').length;
    this.mostAtWork = Math.max(this.mostAtWork, atWork);
  }
}
