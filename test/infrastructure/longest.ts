/** Executions in which everything takes as long as it may, in simulated time. */
import {
  AwsError,
  lambda,
  type SimulatedStepFunctions,
  type SimulationOptions,
  simulatedStepFunctions,
} from 'embedded-cloud/stepfunctions';
import * as z from 'zod';
import { pausesOf, RETRIES } from '../../lib/domain/retries.ts';
import { planRun, startedBuild, world } from '../domain/world.ts';
import { createMachine, STEPS } from '../workflows/machine.ts';

/** Services that take their time. */
class Agenda {
  readonly #due: { readonly at: number; readonly happen: () => void }[] = [];
  states: SimulatedStepFunctions | undefined;

  after(seconds: number): Promise<void> {
    const at = (this.states?.now() ?? 0) + seconds * 1000;
    return new Promise((resolve) => this.#due.push({ at, happen: resolve }));
  }

  /** @returns how many seconds pass until the execution ends */
  async run(workflow: 'build' | 'deployment', input: unknown, options: SimulationOptions): Promise<number> {
    // The longest pause that jitter makes.
    const states = simulatedStepFunctions({ ...options, holdsAnswers: true, random: () => 1 });
    this.states = states;
    try {
      await createMachine(states, workflow);
      const began = states.now();
      const execution = await states.start(workflow, 'longest', input);
      for (;;) {
        await states.settled();
        const { status } = await states.describe(execution);
        if (status === 'SUCCEEDED') return (states.now() - began) / 1000;
        if (status !== 'RUNNING') throw new Error(`The execution ended as ${status}.`);
        this.#due.sort((a, b) => a.at - b.at);
        await states.moveTo(
          Math.min(this.#due[0]?.at ?? Number.POSITIVE_INFINITY, states.next ?? Number.POSITIVE_INFINITY),
        );
        while (this.#due[0] !== undefined && this.#due[0].at <= states.now()) this.#due.shift()?.happen();
      }
    } finally {
      states.close();
    }
  }
}

const Step = z.object({ task: z.string(), token: z.string().optional() });

/** A job that waits for its turn, and whose machines are scarce, slow, and lost. All in seconds. */
export async function longestRun(takes: {
  readonly turn: number;
  readonly machine: number;
  readonly step: number;
  readonly attempts: number;
}): Promise<number> {
  const agenda = new Agenda();
  const place = await world();
  const { jobs } = await planRun(place, (await startedBuild(place)).run.id);
  const dispatch = { ...jobs[0], queued: true, queue_timeout_seconds: takes.turn + 1 };
  const ends = new Map<string, () => void>();
  const refusals = {
    first: pausesOf(RETRIES.noMachine).length,
    later: pausesOf(RETRIES.noMachineOnRetry).length,
  };
  let [started, refused, tries] = [0, 0, 0];

  /** Two tries of a step break off after all of their time. */
  async function step(payload: unknown) {
    const { task, token } = Step.parse(payload);
    if (token !== undefined) {
      void agenda
        .after(takes.turn)
        .then(() => agenda.states?.act('SendTaskSuccess', { taskToken: token, output: '{}' }));
      return {};
    }
    await agenda.after(takes.step);
    if (task === 'finish') return {};
    tries += 1;
    if (tries % (RETRIES.jobStep.attempts + 1) !== 0) throw new Error('socket hang up');
    return started < takes.attempts
      ? { retry: true, dispatch: { ...dispatch, queued: false } }
      : { retry: false, end_all: false };
  }
  return agenda.run(
    'build',
    { run_id: 'run_longest', jobs: [dispatch], max_parallel: 1 },
    {
      services: {
        ...lambda({ [STEPS]: step }),
        'codebuild:StartBuild': () => {
          refused += 1;
          if (refused <= (started === 0 ? refusals.first : refusals.later))
            throw new AwsError('AccountLimitExceededException', 'Cannot have more builds in queue');
          refused = 0;
          started += 1;
          const id = String(started);
          void agenda.after(takes.machine).then(() => ends.get(id)?.());
          return { build: { id, buildStatus: 'IN_PROGRESS' } };
        },
        'codebuild:BatchGetBuilds': ({ ids }) => ({
          builds: [{ id: String(ids), buildStatus: ends.has(String(ids)) ? 'FAULT' : 'IN_PROGRESS' }],
        }),
      },
      buildEnds: (id) => new Promise((resolve) => ends.set(id, resolve)),
    },
  );
}

/** A deployment whose calls are throttled, whose function is never ready, and which is throttled again as it is taken back. */
export function longestDeployment(stepSeconds: number): Promise<number> {
  const agenda = new Agenda();
  const throttled = new Map<string, number>();
  return agenda.run(
    'deployment',
    { deployment_id: 'dep_longest' },
    {
      services: lambda({
        [STEPS]: async (payload) => {
          const { task } = Step.parse(payload);
          if (task === 'ready') return { ready: false };
          const times = throttled.get(task) ?? 0;
          throttled.set(task, times + 1);
          if (times < RETRIES.deploymentThrottled.attempts)
            throw Object.assign(new Error('Rate exceeded'), { name: 'TooManyRequestsException' });
          await agenda.after(stepSeconds);
          return { ready: false };
        },
      }),
    },
  );
}
