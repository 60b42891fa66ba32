/** What no event tells, the sweep finds: an agent that fell silent, an execution whose end nobody heard of. */
import { readFileSync } from 'node:fs';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DisableRuleCommand, EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListStateMachinesCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTree, ended, newSlug, startBuild, until } from './flow.ts';
import { CAN_LOOK, newMark, processesWith } from './processes.ts';
import { type Staithe, startStaithe } from './server.ts';
import { tableName } from './table.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await startStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

/** The scheduled rule calls it every minute; here at once. @returns what it found */
async function sweep(): Promise<unknown> {
  const client = new LambdaClient(staithe.aws);
  const { Functions = [] } = await client.send(new ListFunctionsCommand());
  const FunctionName = Functions.find((one) =>
    one.Description?.startsWith('Ends what is overdue'),
  )?.FunctionName;
  const answer = await client.send(new InvokeCommand({ FunctionName, Payload: '{}' }));
  client.destroy();
  const payload: unknown = JSON.parse(Buffer.from(answer.Payload ?? []).toString());
  expect(answer.FunctionError, JSON.stringify(payload)).toBeUndefined();
  return payload;
}

async function atWork(mark: string): Promise<{ runId: string; jobId: string }> {
  const { client } = staithe;
  const slug = newSlug('lost');
  await client.call('createProject', { body: { slug } });
  const { runId } = await startBuild(client, slug, commandTree([`sleep ${mark}`], '30m'));
  const jobs = await until(
    async () => (await client.call('listJobs', { params: { run: runId } })).items,
    ([job]) => job?.stage.startsWith('command') ?? false,
  );
  return { runId, jobId: jobs[0]?.id ?? '' };
}

/** As if the job had begun and been heard of long ago. */
async function setBack(jobId: string): Promise<void> {
  const client = new DynamoDBClient(staithe.aws);
  const past = new Date(Date.now() - 10 * 60_000).toISOString();
  await client.send(
    new UpdateItemCommand({
      TableName: tableName(staithe),
      Key: marshall({ pk: `JOB#${jobId}`, sk: 'JOB' }),
      UpdateExpression: 'SET heard_at = :past',
      ExpressionAttributeValues: marshall({ ':past': past }),
    }),
  );
  client.destroy();
}

const parentOf = (pid: string): number =>
  Number(
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) \S /, '')
      .split(' ')[0],
  );

describe('a sweep of the embedded cloud', () => {
  it('is called by the template’s schedule', async () => {
    const client = new EventBridgeClient(staithe.aws);

    const { Rules = [] } = await client.send(new ListRulesCommand());

    expect(Rules.map(({ ScheduleExpression }) => ScheduleExpression)).toContain('rate(1 minute)');
    client.destroy();
  });

  it('ends the job of an agent that fell silent, and the machine with it', async ({ skip }) => {
    skip(!CAN_LOOK, 'there is no /proc to look at processes');
    const mark = newMark();
    const { runId, jobId } = await atWork(mark);
    const [shell] = processesWith(mark);
    process.kill(parentOf(shell ?? ''), 'SIGSTOP');
    await setBack(jobId);

    expect(await sweep()).toMatchObject({ findings: [{ run_id: runId, what: 'agent silent' }] });

    const run = await ended(staithe.client, runId);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'internal_error' } });
    expect(run.error?.message).toMatch(/fell silent/);
    await until(
      async () => processesWith(mark).length,
      (count) => count === 0,
    );
  });

  it('fails a run whose execution died while nobody was listening', async () => {
    const { runId } = await atWork(newMark());
    const events = new EventBridgeClient(staithe.aws);
    const { Rules = [] } = await events.send(new ListRulesCommand());
    const listener = Rules.find(({ Description }) => Description === 'A workflow ended before its last step');
    await events.send(new DisableRuleCommand({ Name: listener?.Name }));
    const sfn = new SFNClient(staithe.aws);
    const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand());
    const machine = stateMachines.find(({ name }) => name?.includes('Builds'))?.stateMachineArn ?? '';
    const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${runId}`;
    await sfn.send(new StopExecutionCommand({ executionArn }));

    await sweep();

    const run = await staithe.client.call('getRun', { params: { run: runId } });
    expect(run).toMatchObject({ status: 'failed', error: { code: 'internal_error' } });
    expect(run.error?.message).toContain('workflow');
    for (const client of [events, sfn]) client.destroy();
  });
});
