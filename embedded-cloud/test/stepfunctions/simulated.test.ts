import { afterEach, describe, expect, it } from 'vitest';
import {
  AwsError,
  lambda,
  type SimulatedStepFunctions,
  type SimulationOptions,
  simulatedStepFunctions,
} from '../../src/stepfunctions/simulated/index.ts';

const HOUR = 3_600_000;
const machine = (states: object, others: object = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0],
  States: states,
  ...others,
});
// biome-ignore lint/suspicious/noTemplateCurlyInString: a substitution of the definition
const ASKED = '${Asked}';
const ASK = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: ASKED, Payload: '{% $states.input %}' },
  Output: '{% $states.result.Payload %}',
};
const SUBSTITUTIONS = { Asked: 'ask' };

describe('a simulation of state machines', () => {
  let states: SimulatedStepFunctions | undefined;
  afterEach(() => states?.close());

  async function running(options: SimulationOptions, definition: object, input: unknown = {}) {
    const simulation = simulatedStepFunctions(options);
    states = simulation;
    await simulation.create('machine', definition, SUBSTITUTIONS);
    const execution = await simulation.start('machine', 'first', input);
    return { simulation, execution };
  }

  it('runs a definition, with its substitutions, on functions of the test', async () => {
    const services = lambda({ ask: (payload, execution) => ({ payload, by: execution?.name }) });
    const { simulation, execution } = await running({ services }, machine({ Ask: { ...ASK, End: true } }), {
      name: 'world',
    });

    const ended = await simulation.ended(execution);

    expect(ended).toEqual({ status: 'SUCCEEDED', output: { payload: { name: 'world' }, by: 'first' } });
  });

  it('retries after pauses that take no time, and knows a function’s error by its name', async () => {
    let tries = 0;
    const services = lambda({
      ask: () => {
        tries += 1;
        if (tries < 3) throw Object.assign(new Error('Not yet.'), { name: 'Busy' });
        return tries;
      },
    });
    const Retry = [{ ErrorEquals: ['Busy'], IntervalSeconds: 3600, BackoffRate: 2, MaxAttempts: 2 }];
    const { simulation, execution } = await running(
      { services },
      machine({ Ask: { ...ASK, Retry, End: true } }),
    );
    const began = simulation.now();

    const ended = await simulation.ended(execution);

    expect(ended).toEqual({ status: 'SUCCEEDED', output: 3 });
    expect(simulation.now() - began).toBe(3 * HOUR);
  });

  it('goes on as far as its clock does', async () => {
    const Wait = { Type: 'Wait', Seconds: 3600, End: true };
    const { simulation, execution } = await running({ services: {} }, machine({ Wait }));
    const began = simulation.now();

    await simulation.moveTo(began + HOUR - 1);
    const before = await simulation.describe(execution);
    await simulation.moveTo(began + HOUR);
    const after = await simulation.describe(execution);

    expect([before.status, after.status]).toEqual(['RUNNING', 'SUCCEEDED']);
  });

  it('has time stand still while a service works', async () => {
    const services = lambda({
      ask: () => new Promise((resolve) => setImmediate(() => setImmediate(() => resolve('worked')))),
    });
    const { simulation, execution } = await running(
      { services },
      machine({ Ask: { ...ASK, TimeoutSeconds: 1, End: true } }),
    );

    expect(await simulation.ended(execution)).toEqual({ status: 'SUCCEEDED', output: 'worked' });
  });

  it('lets a test hold an answer back, past the timeout of the task too', async () => {
    const answers: (() => void)[] = [];
    const services = lambda({ ask: () => new Promise<void>((resolve) => answers.push(resolve)) });
    const { simulation, execution } = await running(
      { services, holdsAnswers: true },
      machine({ Ask: { ...ASK, TimeoutSeconds: 60, End: true } }),
    );
    await simulation.settled();

    await simulation.moveTo(simulation.now() + HOUR);
    answers[0]?.();

    expect(answers).toHaveLength(1);
    expect(await simulation.ended(execution)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  it('has the whole API: a token is answered, an execution stopped', async () => {
    let token = '';
    const services = lambda({
      ask: (payload) => {
        token = String(payload);
      },
    });
    const Ask = {
      ...ASK,
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'ask', Payload: '{% $states.context.Task.Token %}' },
      Output: '{% $states.result %}',
      End: true,
    };
    const { simulation, execution } = await running({ services }, machine({ Ask }));
    const other = await simulation.start('machine', 'other', {});
    await simulation.act('StopExecution', { executionArn: other });
    await simulation.settled();

    await simulation.act('SendTaskSuccess', { taskToken: token, output: '"answered"' });

    expect(await simulation.ended(execution)).toEqual({ status: 'SUCCEEDED', output: 'answered' });
    expect(await simulation.describe(other)).toEqual({ status: 'ABORTED' });
  });

  it('waits for a build until it is told of its end, and stops one that nobody waits for any more', async () => {
    const builds = new Map([
      ['1', 'IN_PROGRESS'],
      ['2', 'IN_PROGRESS'],
    ]);
    const told = new Map<string, () => void>();
    let started = 0;
    const options: SimulationOptions = {
      services: {
        'codebuild:StartBuild': () => ({ build: { id: String(++started), buildStatus: 'IN_PROGRESS' } }),
        'codebuild:BatchGetBuilds': ({ ids }) => ({
          builds: [{ id: String(ids), buildStatus: builds.get(String(ids)) }],
        }),
        'codebuild:StopBuild': ({ id }) => ({ build: builds.set(String(id), 'STOPPED').size }),
      },
      buildEnds: (id) => new Promise((resolve) => told.set(id, resolve)),
    };
    const Build = {
      Type: 'Task',
      Resource: 'arn:aws:states:::codebuild:startBuild.sync',
      Arguments: { ProjectName: 'any' },
      Output: '{% $states.result.Build.BuildStatus %}',
      End: true,
    };
    const { simulation, execution } = await running(options, machine({ Build }));
    const other = await simulation.start('machine', 'other', {});
    await simulation.settled();

    builds.set('1', 'SUCCEEDED');
    await simulation.moveTo(simulation.now() + HOUR);
    const before = await simulation.describe(execution);
    told.get('1')?.();
    await simulation.act('StopExecution', { executionArn: other });

    expect(before.status).toBe('RUNNING');
    expect(await simulation.ended(execution)).toEqual({ status: 'SUCCEEDED', output: 'SUCCEEDED' });
    expect(builds.get('2')).toBe('STOPPED');
  });

  it('gives a service’s error, also of one that it does not have, to the machine', async () => {
    const Catch = [{ ErrorEquals: ['Lambda.TooManyRequestsException'], Output: 'busy', Next: 'Again' }];
    const Again = {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:s3:listBuckets',
      Arguments: {},
      End: true,
    };
    const services = lambda({
      ask: () => {
        throw new AwsError('TooManyRequestsException', 'Rate exceeded', 429);
      },
    });
    const { simulation, execution } = await running(
      { services },
      machine({ Ask: { ...ASK, Catch, End: true }, Again }),
    );

    const ended = await simulation.ended(execution);

    expect(ended).toMatchObject({ status: 'FAILED', error: 'S3.UnknownOperationException' });
    expect(ended.cause).toContain('The simulation has no s3:ListBuckets.');
  });

  it('refuses a definition that AWS would refuse, and an execution that no time ends', async () => {
    const services = lambda({ ask: () => new Promise(() => {}) });
    const { simulation, execution } = await running(
      { services, holdsAnswers: true },
      machine({ Ask: { ...ASK, End: true } }),
    );

    const wrong = simulation.create('wrong', machine({ Ask: { ...ASK, Next: 'Nowhere' } }));

    await expect(wrong).rejects.toThrow("There is no state 'Nowhere'");
    await expect(simulation.ended(execution)).rejects.toThrow('waits for what no time brings');
  });
});
