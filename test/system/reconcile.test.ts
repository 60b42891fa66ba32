/** What no event tells, the sweep finds: an agent that fell silent, an execution whose end nobody heard of. */

import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DisableRuleCommand,
  EventBridgeClient,
  ListEventBusesCommand,
  ListRulesCommand,
} from '@aws-sdk/client-eventbridge';
import { ListStateMachinesCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { newMark, parentOf, processesWith } from 'embedded-cloud/test-kit/processes.ts';
import { has, needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, commandTree, ended, newSlug, startBuild } from './flow.ts';
import { type Staithe, startStaithe } from './server.ts';
import { sweep } from './sweep.ts';
import { tableName } from './table.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await startStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

async function atWork(mark: string, slug = newSlug('lost')): Promise<{ runId: string; jobId: string }> {
  const { client } = staithe;
  await client.call('createProject', { body: { slug, max_concurrent_jobs: 1 } });
  const { runId } = await startBuild(client, slug, commandTree([`sleep ${mark}`], '30m'));
  const jobs = await until(
    async () => (await client.call('listJobs', { params: { run: runId } })).items,
    ([job]) => job?.stage.startsWith('command') ?? false,
  );
  return { runId, jobId: jobs[0]?.id ?? '' };
}

const LONG_AGO = new Date(Date.now() - 10 * 60_000).toISOString();

/** Sets a time of an item, as if time had passed. */
async function setBack(
  kind: 'JOB' | 'RUN',
  id: string,
  time: 'last_heartbeat_at' | 'deadline_at',
): Promise<void> {
  const client = new DynamoDBClient(staithe.aws);
  await client.send(
    new UpdateItemCommand({
      TableName: tableName(staithe),
      Key: marshall({ pk: `${kind}#${id}`, sk: kind }),
      UpdateExpression: 'SET #time = :past',
      ExpressionAttributeNames: { '#time': time },
      ExpressionAttributeValues: marshall({ ':past': LONG_AGO }),
    }),
  );
  client.destroy();
}

/** Nobody hears any more what the rule of this description tells. */
async function silence(description: string): Promise<void> {
  const events = new EventBridgeClient(staithe.aws);
  const { EventBuses = [] } = await events.send(new ListEventBusesCommand());
  for (const { Name: EventBusName } of EventBuses) {
    const { Rules = [] } = await events.send(new ListRulesCommand({ EventBusName }));
    for (const { Name, Description } of Rules)
      if (Description === description) await events.send(new DisableRuleCommand({ Name, EventBusName }));
  }
  events.destroy();
}

/** A copy of a run under another id, recorded long ago and never started. */
async function recorded(like: string): Promise<string> {
  const client = new DynamoDBClient(staithe.aws);
  const TableName = tableName(staithe);
  const { Item = {} } = await client.send(
    new GetItemCommand({ TableName, Key: marshall({ pk: `RUN#${like}`, sk: 'RUN' }) }),
  );
  const id = `${like.slice(0, -4)}WXYZ`;
  const { completed_at: _, error: __, ...run } = unmarshall(Item);
  const item = {
    ...run,
    ...{ pk: `RUN#${id}`, id, gsi1sk: id, gsi2pk: 'OPEN_RUNS', gsi2sk: id, revision: 1 },
    ...{ status: 'pending', created_at: LONG_AGO, job_ids: [] },
  };
  await client.send(new PutItemCommand({ TableName, Item: marshall(item) }));
  client.destroy();
  return id;
}

describe('a sweep of the embedded cloud', () => {
  it('is called by the template’s schedule', async () => {
    const client = new EventBridgeClient(staithe.aws);

    const { Rules = [] } = await client.send(new ListRulesCommand());

    expect(Rules.map(({ ScheduleExpression }) => ScheduleExpression)).toContain('rate(1 minute)');
    client.destroy();
  });

  it(
    'gives up an agent that fell silent, with its machine, and the job is tried again',
    needs('/proc'),
    async () => {
      const mark = newMark();
      const { runId, jobId } = await atWork(mark);
      const [shell] = processesWith(mark);
      process.kill(parentOf(shell ?? ''), 'SIGSTOP');
      await setBack('JOB', jobId, 'last_heartbeat_at');

      expect(await sweep(staithe.aws)).toMatchObject({ repairs: [{ run_id: runId, what: 'agent silent' }] });

      const job = async () => (await staithe.client.call('listJobs', { params: { run: runId } })).items[0];
      const again = await until(job, (one) => one?.attempt === 2 && one.stage.startsWith('command'));
      expect(again?.lost_attempts).toMatchObject([{ attempt: 1, reason: 'agent_silent' }]);
      await until(
        () => processesWith(mark),
        (left) => !left.includes(shell ?? ''),
      );
      await staithe.client.call('cancelRun', { params: { run: runId } });
    },
  );

  it('fails a run whose execution died while nobody was listening', async () => {
    const { runId } = await atWork(newMark());
    await silence('A workflow ended before it finished');
    const sfn = new SFNClient(staithe.aws);
    const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand());
    const machine = stateMachines.find(({ name }) => name?.includes('Builds'))?.stateMachineArn ?? '';
    const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${runId}`;
    await sfn.send(new StopExecutionCommand({ executionArn }));

    await sweep(staithe.aws);

    const run = await staithe.client.call('getRun', { params: { run: runId } });
    expect(run).toMatchObject({ status: 'failed', error: { code: 'internal_error' } });
    expect(run.error?.message).toContain('workflow');
    sfn.destroy();
  });

  it('ends a run that is out of time, with its machine', async () => {
    const mark = newMark();
    const { runId } = await atWork(mark);
    await setBack('RUN', runId, 'deadline_at');

    expect(await sweep(staithe.aws)).toMatchObject({ repairs: [{ run_id: runId, what: 'out of time' }] });

    const run = await staithe.client.call('getRun', { params: { run: runId } });
    expect(run).toMatchObject({ status: 'failed', error: { code: 'timeout_error' } });
    if (has('/proc'))
      await until(
        async () => processesWith(mark).length,
        (count) => count === 0,
      );
  });

  it('is not needed for a queue whose news were lost: the next run that comes looks who has ended', async () => {
    const { client } = staithe;
    const slug = newSlug('lost');
    const working = await atWork(newMark(), slug);
    const waiting = await startBuild(client, slug, commandTree(['echo waited > out']));
    await until(
      async () => (await client.call('listJobs', { params: { run: waiting.runId } })).items,
      ([job]) => job?.stage === 'queued (project limit)',
    );
    await silence('A job of a project with a limit has ended');
    await client.call('cancelRun', { params: { run: working.runId } });

    await startBuild(client, slug, commandTree(['echo next > out']));

    expect((await ended(client, waiting.runId)).status).toBe('completed');
  });

  it('starts a run that was recorded and that nobody started', async () => {
    const slug = newSlug('lost');
    await staithe.client.call('createProject', { body: { slug } });
    const { runId } = await build(staithe.client, slug, commandTree(['echo x > out']));
    const lost = await recorded(runId);

    expect(await sweep(staithe.aws)).toMatchObject({ repairs: [{ run_id: lost, what: 'never started' }] });

    expect((await ended(staithe.client, lost)).status).toBe('completed');
  });
});
