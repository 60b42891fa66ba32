import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ownAssembly, type Template } from './assembly.ts';
import { functionTree, newSlug, startBuild } from './flow.ts';
import { type Staithe, startStaithe } from './server.ts';
import { sweep } from './sweep.ts';

const Statement = z.looseObject({ Action: z.union([z.string(), z.array(z.string())]) });
const PolicyProperties = z.looseObject({
  PolicyDocument: z.looseObject({ Statement: z.array(Statement) }),
});

/** Takes a permission away from a role's policy. */
function withdraw({ Resources }: Template, policy: RegExp, action: string): void {
  const found = Object.entries(Resources).find(
    ([id, { Type }]) => Type === 'AWS::IAM::Policy' && policy.test(id),
  );
  if (found === undefined) throw new Error(`The template has no policy ${policy}.`);
  const properties = PolicyProperties.parse(found[1].Properties);
  const before = properties.PolicyDocument.Statement;
  const after = before
    .map((statement) => ({ ...statement, Action: [statement.Action].flat().filter((one) => one !== action) }))
    .filter(({ Action }) => Action.length > 0);
  if (
    JSON.stringify(before.map(({ Action }) => [Action].flat())) ===
    JSON.stringify(after.map(({ Action }) => Action))
  )
    throw new Error(`The policy ${found[0]} does not grant ${action}.`);
  found[1].Properties = { ...properties, PolicyDocument: { ...properties.PolicyDocument, Statement: after } };
}

/** What a function has logged. @param name how its log group's generated name goes on after the stack's */
async function logOfFunction(name: string): Promise<string> {
  const client = new CloudWatchLogsClient(staithe.aws);
  const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({ limit: 50 }));
  const logGroupName = logGroups.map((group) => group.logGroupName).find((found) => found?.includes(name));
  const { events = [] } = await client.send(new FilterLogEventsCommand({ logGroupName }));
  return events.map(({ message }) => message).join('\n');
}

let staithe: Staithe;
beforeAll(async () => {
  const assembly = await ownAssembly({
    change(template) {
      withdraw(template, /^Apireleases/i, 'dynamodb:Query');
      withdraw(template, /^EventsObjectCreated/i, 's3:GetObject');
    },
  });
  staithe = await startStaithe({ assembly, counts: true });
});
afterAll(() => staithe[Symbol.asyncDispose]());

describe('a permission that the template does not grant', () => {
  it('is denied to the function that needs it: the caller sees a 500 with a request id, the log the reason', async () => {
    const slug = newSlug();
    await staithe.client.call('createProject', { body: { slug } });
    const answer = await staithe.http('GET', `/v1/projects/${slug}/releases`);
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } });
    const problem = z.object({ request_id: z.string() }).parse(answer.body);
    expect(problem.request_id).toBe(answer.headers.get('x-request-id'));
    // What was denied is nothing for callers.
    expect(JSON.stringify(answer.body)).not.toMatch(/AccessDenied|dynamodb|arn:aws/);
    await until(
      () => logOfFunction('Apireleases'),
      (log) => log.includes('dynamodb:Query'),
    );
  });

  it('is denied to the function that reads sources: the sweep plans what waits for it all the same', async () => {
    const slug = newSlug();
    await staithe.client.call('createProject', { body: { slug } });
    const { runId } = await startBuild(staithe.client, slug, functionTree('x'));
    const run = await until(
      async () => {
        await sweep(staithe.aws);
        return staithe.client.call('getRun', { params: { run: runId } });
      },
      ({ completed_at }) => completed_at !== undefined,
    );
    expect(run).toMatchObject({ status: 'completed' });
    expect(await logOfFunction('ObjectCreated')).toContain('"httpStatusCode":403');
  });
});
