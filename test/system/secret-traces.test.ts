/** In a cloud of its own: everything in it is searched for a value. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { BatchGetBuildsCommand, CodeBuildClient, ListBuildsCommand } from '@aws-sdk/client-codebuild';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, digestOf, newProject, type Tree } from './flow.ts';
import { type HttpAnswer, type Staithe, startStaithe } from './server.ts';
import { allItems } from './table.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await startStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

const project = (slug?: string) => newProject(staithe.client, slug);

/** A tree of one service that gets these secrets. */
const tree = (secrets: readonly unknown[], ...commands: string[]): Tree => ({
  'staithe.yaml': JSON.stringify({
    services: { app: { secrets, commands: [...commands, 'echo built > out'], artifacts: 'out' } },
  }),
});

/** All files below a folder, but those of the embedded Secrets Manager. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name === 'secretsmanager') return [];
    const stats = statSync(path);
    if (stats.isDirectory()) return filesBelow(path);
    return stats.isFile() ? [path] : []; // the sockets of the server hold nothing
  });
}

/** What Step Functions, CodeBuild and CloudWatch Logs know of everything that has happened, as text. */
async function everythingInAws(): Promise<string> {
  const texts: unknown[] = [];
  const sfn = new SFNClient(staithe.aws);
  const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
  for (const { stateMachineArn } of stateMachines) {
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
    for (const { executionArn } of executions)
      texts.push(
        await sfn.send(
          new GetExecutionHistoryCommand({ executionArn, includeExecutionData: true, maxResults: 1000 }),
        ),
      );
  }
  const codebuild = new CodeBuildClient(staithe.aws);
  const { ids = [] } = await codebuild.send(new ListBuildsCommand({}));
  texts.push(await codebuild.send(new BatchGetBuildsCommand({ ids })));
  const logs = new CloudWatchLogsClient(staithe.aws);
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: logs }, {}))
    for (const { logGroupName } of logGroups)
      for await (const { events } of paginateFilterLogEvents({ client: logs }, { logGroupName }))
        texts.push(events);
  const secrets = new SecretsManagerClient(staithe.aws);
  texts.push(await secrets.send(new ListSecretsCommand({ IncludePlannedDeletion: true })));
  return JSON.stringify(texts);
}

describe('the value of a secret', () => {
  // Also what a short value could be guessed by: a hash without a salt of it, or of the body that brought it.
  const VALUE = 'Zq7-distinctive-value-4711';
  const SECOND = 'Xw9-another-distinctive-0815';
  const bodyOf = (value: string) => JSON.stringify({ value });
  const traces = [VALUE, SECOND].flatMap((value) => [
    value,
    Buffer.from(value).toString('base64').replace(/=+$/, ''),
    Buffer.from(value).toString('hex'),
    encodeURIComponent(value),
    digestOf(Buffer.from(value)),
    digestOf(Buffer.from(bodyOf(value))),
    Buffer.from(digestOf(Buffer.from(value)), 'hex').toString('base64'),
  ]);
  const foundIn = (text: string) => traces.filter((trace) => text.includes(trace));

  it('is in no answer of the API, log, history, environment, table or file', async () => {
    const slug = await project();
    const { client } = staithe;
    const answers: HttpAnswer[] = [];
    const put = async (value: string, key: string, body: unknown = bodyOf(value)) => {
      const path = `/v1/projects/${slug}/secrets/NPM_TOKEN`;
      const answer = await staithe.http('PUT', path, { body, headers: { 'idempotency-key': key } });
      answers.push(answer);
      return answer.status;
    };

    const statuses = [
      await put(VALUE, 'a'),
      await put(VALUE, 'a'),
      await put(SECOND, 'a'), // the same key with another value
      await put(SECOND, 'b'),
      await put(VALUE, 'c'),
      await put(VALUE, 'd', VALUE), // no JSON at all
      await put(VALUE, 'e', JSON.stringify({ value: [VALUE] })),
      await put(VALUE, 'f', JSON.stringify({ value: `${VALUE}\u0000` })),
      await put(VALUE, 'g', JSON.stringify({ value: VALUE.repeat(3000) })),
    ];
    const good = await build(
      client,
      slug,
      tree(
        ['NPM_TOKEN'],
        `test "$NPM_TOKEN" = "$(printf 'Zq7-%s-value-4711' distinctive)"`,
        'echo "printed: $NPM_TOKEN and $(printf %s "$NPM_TOKEN" | base64)"',
        'printf "in pieces: %s" "$(printf %s "$NPM_TOKEN" | cut -c1-9)"; printf %s "$NPM_TOKEN" | cut -c10-',
        'env',
      ),
    );
    const bad = await build(client, slug, tree(['NPM_TOKEN'], 'echo "failed with $NPM_TOKEN" >&2; exit 3'));

    expect(statuses).toEqual([200, 200, 422, 200, 200, 400, 400, 400, 400]);
    expect(good.run.status).toBe('completed');
    expect(bad.run).toMatchObject({ status: 'failed', error: { code: 'build_error', exit_code: 3 } });
    const ofProject = ['secrets', 'secrets/NPM_TOKEN', 'secrets/NPM_TOKEN/reads', 'builds', 'caches', ''];
    const ofBuilds = [good, bad].flatMap(({ buildId, runId, run }) => [
      `/v1/builds/${buildId}`,
      `/v1/builds/${buildId}/runs`,
      `/v1/builds/${buildId}/logs`,
      `/v1/runs/${runId}`,
      `/v1/runs/${runId}/jobs`,
      ...run.job_ids.map((job) => `/v1/jobs/${job}`),
    ]);
    const paths = [
      ...ofProject.map((path) => `/v1/projects/${slug}/${path}`.replace(/\/$/, '')),
      ...ofBuilds,
    ];
    for (const path of paths) {
      const answer = await staithe.http('GET', path);
      expect([path, answer.status]).toEqual([path, 200]);
      answers.push(answer);
    }
    const everywhere = {
      answers: JSON.stringify(answers.map(({ body, headers }) => [body, [...headers]])),
      aws: await everythingInAws(),
      table: JSON.stringify(await allItems(staithe)),
      'log of the cloud': staithe.log.join('\n'),
    };
    for (const [where, text] of Object.entries(everywhere))
      expect([where, foundIn(text)]).toEqual([where, []]);
    // What was to be seen is there: the search looks at the right places.
    expect(everywhere.aws).toContain('failed with ***');
    expect(everywhere.aws).toContain('STAITHE_JOB_ID');
    expect(everywhere.table).toContain('"secret_read"');
    expect(everywhere.answers).toContain('printed: *** and ***');
    const files = filesBelow(staithe.stateFolder);
    expect(files.filter((file) => readFileSync(file, 'latin1').includes('secret_read'))).not.toEqual([]);
    for (const file of files) expect([file, foundIn(readFileSync(file, 'latin1'))]).toEqual([file, []]);
    const { items } = await client.call('listSecretReads', { params: { project: slug, name: 'NPM_TOKEN' } });
    expect(items.map(({ run_id }) => run_id)).toEqual([bad.run.id, good.run.id]);
  });
});
