import { BatchGetBuildsCommand, CodeBuildClient, ListBuildsCommand } from '@aws-sdk/client-codebuild';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { newMark, processesWith } from 'embedded-cloud/test-kit/processes.ts';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, commandTree, ended, functionTree, logOf, newProject, startBuild } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

const project = () => newProject(staithe.client);

const sleeping = (mark: string) => ({
  'staithe.yaml': JSON.stringify({
    services: {
      one: { commands: [`trap '' TERM; sleep ${mark} & sleep ${mark}`], artifacts: 'out' },
    },
  }),
});

/** The resources of the template that roles have permissions on, by a part of their ARN. */
function arnWith(part: RegExp): string {
  const found = staithe.cloud.permissionsReport().granted.find(({ resource }) => part.test(resource));
  if (found === undefined) throw new Error(`No role has a permission on ${part}.`);
  return found.resource;
}

/** How CodeBuild says that its newest build stands. */
async function newestBuild(): Promise<string | undefined> {
  const client = new CodeBuildClient(staithe.aws);
  const { ids = [] } = await client.send(new ListBuildsCommand({ sortOrder: 'DESCENDING' }));
  const { builds = [] } = await client.send(new BatchGetBuildsCommand({ ids: ids.slice(0, 1) }));
  return builds[0]?.buildStatus;
}

describe('cancelling', () => {
  it(
    'a running build ends its processes, its machine and its workflow, and everything says so',
    needs('/proc'),
    async () => {
      const { client } = staithe;
      const mark = newMark();
      const { buildId, runId } = await startBuild(client, await project(), sleeping(mark));
      await until(
        async () => processesWith(mark).length,
        (count) => count > 1,
      );

      const answer = await client.call('cancelBuild', { params: { build: buildId } });
      const began = Date.now();
      await until(
        async () => processesWith(mark).length,
        (count) => count === 0,
      );
      const took = Date.now() - began;

      expect(answer).toMatchObject({ id: runId, status: 'cancelled' });
      // SIGTERM is ignored by the build; SIGKILL follows within seconds, far below the build's own limit of minutes.
      expect(took).toBeLessThan(30_000);
      await until(newestBuild, (status) => status === 'STOPPED');
      const machine = arnWith(/:stateMachine:.*Builds/);
      const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${runId}`;
      expect(
        await new SFNClient(staithe.aws).send(new DescribeExecutionCommand({ executionArn })),
      ).toMatchObject({
        status: 'ABORTED',
      });
      expect(await client.call('getRun', { params: { run: runId } })).toMatchObject({
        status: 'cancelled',
        stage: 'cancelled',
        artifact_ids: [],
      });
      const jobs = await client.call('listJobs', { params: { run: runId } });
      expect(jobs.items.map(({ status }) => status)).toEqual(['cancelled']);
      // The log of what was done until then can be read to its end.
      expect((await logOf(client, buildId)).length).toBeGreaterThan(0);
    },
  );

  it('a run that has only just begun holds: it never completes', async () => {
    const { client } = staithe;
    const slug = await project();
    // However busy the machine is, none of them has ended when its cancellation arrives.
    const tree = commandTree(['sleep 600; touch out'], '20m');
    const runs = await Promise.all([1, 2, 3].map(() => startBuild(client, slug, tree)));
    const cancelled = await Promise.all(
      runs.map(({ runId }) => client.call('cancelRun', { params: { run: runId } })),
    );
    // Another build in the same project goes on as if nothing had been.
    const { run } = await build(client, slug, functionTree('y'));
    const after = await Promise.all(runs.map(({ runId }) => ended(client, runId)));

    expect(run.status).toBe('completed');
    expect(cancelled.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(after.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });
});

describe('a command of a build', () => {
  it('sees neither ticket nor token nor access keys in its environment', async () => {
    const { buildId, run } = await build(staithe.client, await project(), {
      'staithe.yaml': JSON.stringify({
        services: { app: { commands: ['env | tee out'], artifacts: 'out' } },
      }),
    });
    const lines = (await logOf(staithe.client, buildId)).map(({ message }) => message);
    expect(run.status).toBe('completed');
    expect(lines).toContain('CI=true');
    // What a job is told of itself is its own affair; the machine's and the agent's names are not.
    const foreign = /^(AWS_|CODEBUILD_|STAITHE_(JOB|API)_)|tkt_|eyJ/;
    expect(lines.filter((line) => foreign.test(line))).toEqual([]);
  });
});
