/** What is known of machines: the newest of each job that an execution has started, and since when. */
import { BatchGetBuildsCommand, CodeBuildClient } from '@aws-sdk/client-codebuild';
import { GetExecutionHistoryCommand, type HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, test } from 'vitest';
import { codeBuildMachines } from '../../../lib/aws/codebuild/index.ts';

const MACHINES = JSON.stringify({ build: 'arn:aws:states:eu-west-1:123456789012:stateMachine:build' });
const NEWER = new Date('2026-11-21T09:40:00Z');

const submitted = (build: string, job: string): HistoryEvent => ({
  id: 1,
  timestamp: NEWER,
  type: 'TaskSubmitted',
  taskSubmittedEventDetails: {
    resourceType: 'codebuild',
    resource: 'startBuild.sync',
    output: JSON.stringify({
      Build: { Id: build, Environment: { EnvironmentVariables: [{ Name: 'STAITHE_JOB_ID', Value: job }] } },
    }),
  },
});

test('the newest machine of a job is told with when it was asked for, and one that is forgotten as ended', async () => {
  const [sfn, codebuild] = [new SFNClient(), new CodeBuildClient()];
  const events = [submitted('b:3', 'job_b'), submitted('b:2', 'job_a'), submitted('b:1', 'job_a')];
  mockClient(sfn).on(GetExecutionHistoryCommand).resolves({ events });
  mockClient(codebuild)
    .on(BatchGetBuildsCommand, { ids: ['b:3', 'b:2'] })
    .resolves({
      builds: [{ id: 'b:2', buildStatus: 'IN_PROGRESS', startTime: NEWER, logs: { streamName: 'agent/2' } }],
    });

  const machines = await codeBuildMachines(MACHINES, { sfn, codebuild }).machinesOf('run_1');

  expect(machines.get('job_a')).toMatchObject({
    ref: 'b:2',
    status: 'running',
    startedAt: NEWER,
    logStream: 'agent/2',
  });
  expect(machines.get('job_b')).toMatchObject({ ref: 'b:3', status: 'lost' });
  expect(machines.get('job_b')?.startedAt).toBeUndefined();
});
