import { buffer } from 'node:stream/consumers';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  ListBuildsForProjectCommand,
  StartBuildCommand,
} from '@aws-sdk/client-codebuild';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { type RunningCloud, startCloud } from '../../src/cloud.ts';
import { codebuild } from '../../src/codebuild/index.ts';
import { events } from '../../src/events/index.ts';
import { logs } from '../../src/logs/index.ts';
import { s3 } from '../../src/s3/index.ts';
import { type TemporaryAssembly, writeAssembly } from '../../test-kit/assembly.ts';
import { eventually } from '../../test-kit/patience.ts';

const role = (service: string, ...actions: string[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: `${service}.amazonaws.com` },
      },
    },
    Policies: [
      { PolicyName: 'p', PolicyDocument: { Statement: { Effect: 'Allow', Action: actions, Resource: '*' } } },
    ],
  },
});
const project = (roleName: string, Source: Record<string, string>) => ({
  Type: 'AWS::CodeBuild::Project',
  Properties: {
    ...{ ServiceRole: { 'Fn::GetAtt': [roleName, 'Arn'] }, Source, Artifacts: { Type: 'NO_ARTIFACTS' } },
    Environment: {
      Type: 'LINUX_CONTAINER',
      Image: 'aws/codebuild/standard:7.0',
      ComputeType: 'BUILD_GENERAL1_SMALL',
    },
  },
});
const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

describe('CodeBuild behind the gateway', () => {
  let folder: TemporaryAssembly;
  let cloud: RunningCloud;
  const client = () => ({
    endpoint: cloud.endpoint,
    region: 'us-east-1',
    credentials: cloud.operator,
    forcePathStyle: true,
  });

  beforeAll(async () => {
    folder = writeAssembly({
      App: {
        Resources: {
          Sources: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'sources' } },
          Worker: role('codebuild', ...LOGS, 's3:GetObject'),
          Mute: role('codebuild', 's3:GetObject'),
          Starter: role('events', 'codebuild:StartBuild'),
          FromS3: project('Worker', { Type: 'S3', Location: 'sources/a/source.zip' }),
          Silent: project('Mute', { Type: 'NO_SOURCE', BuildSpec: '{"version":0.2,"phases":{}}' }),
          OnOrder: {
            Type: 'AWS::Events::Rule',
            Properties: {
              EventPattern: { source: ['shop'] },
              Targets: [
                {
                  ...{ Id: 'T0', Arn: { 'Fn::GetAtt': ['FromS3', 'Arn'] } },
                  RoleArn: { 'Fn::GetAtt': ['Starter', 'Arn'] },
                },
              ],
            },
          },
        },
      },
    });
    const services = [logs, s3, events, codebuild];
    const { assembly, stateDir } = folder;
    cloud = await startCloud({ assembly, stateDir, services, log: () => {} });
    const zip = new ZipFile();
    zip.addBuffer(
      Buffer.from('version: 0.2\nphases:\n  build:\n    commands:\n      - cat dir/hello.txt\n'),
      'buildspec.yml',
    );
    zip.addBuffer(Buffer.from('hello from the archive\n'), 'dir/hello.txt');
    zip.end();
    const storage = new S3Client(client());
    await storage.send(
      new PutObjectCommand({ Bucket: 'sources', Key: 'a/source.zip', Body: await buffer(zip.outputStream) }),
    );
  });
  afterAll(async () => {
    await cloud?.stop();
    folder[Symbol.dispose]();
  });

  const ended = async (id: string | undefined) => {
    const builder = new CodeBuildClient(client());
    return eventually(async () => {
      const { builds } = await builder.send(new BatchGetBuildsCommand({ ids: [id ?? ''] }));
      expect(builds?.[0]?.buildComplete).toBe(true);
      return builds?.[0];
    });
  };

  it('builds an archive from S3 as the service role, and the SDK reads build and log', async () => {
    const builder = new CodeBuildClient(client());
    const { build } = await builder.send(
      new StartBuildCommand({ projectName: cloud.resource('FromS3').ref }),
    );

    const done = await ended(build?.id);

    expect(done?.phases?.filter((phase) => phase.phaseStatus === 'FAILED')).toEqual([]);
    expect(done?.buildStatus).toBe('SUCCEEDED');
    expect(done?.endTime).toBeInstanceOf(Date);
    expect(done?.resolvedSourceVersion).toMatch(/[0-9a-f]{32}/);
    const { events: lines } = await new CloudWatchLogsClient(client()).send(
      new GetLogEventsCommand({ logGroupName: done?.logs?.groupName, logStreamName: done?.logs?.streamName }),
    );
    expect(lines?.map((line) => line.message)).toContain('hello from the archive');
  });

  it('fails with ACCESS_DENIED where the policy of the role leaves the log out', async () => {
    const builder = new CodeBuildClient(client());
    const { build } = await builder.send(
      new StartBuildCommand({ projectName: cloud.resource('Silent').ref }),
    );

    const done = await ended(build?.id);

    expect(done?.buildStatus).toBe('FAILED');
    expect(done?.phases?.find((phase) => phase.phaseType === 'PROVISIONING')?.contexts?.[0]).toMatchObject({
      statusCode: 'ACCESS_DENIED',
    });
  });

  it('is started by an event through the role of the target', async () => {
    const bridge = new EventBridgeClient(client());
    const { FailedEntryCount } = await bridge.send(
      new PutEventsCommand({ Entries: [{ Source: 'shop', DetailType: 'order', Detail: '{}' }] }),
    );

    expect(FailedEntryCount).toBe(0);
    const builder = new CodeBuildClient(client());
    const projectName = cloud.resource('FromS3').ref;
    await eventually(async () => {
      const { ids } = await builder.send(new ListBuildsForProjectCommand({ projectName }));
      expect(ids).toHaveLength(2);
    });
  });
});
