import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import type { Api } from './api.ts';
import type { Bundles } from './bundles.ts';
import { StaitheFunction } from './function.ts';
import type { Storage } from './storage.ts';
import { Workflow } from './workflow.ts';

/** The whole buildspec: run the agent. A caller can change nothing about it. */
const BUILDSPEC = {
  version: 0.2,
  phases: { install: { 'runtime-versions': { nodejs: '22' } }, build: { commands: ['node agent.cjs'] } },
};

/** Builds: the machine that runs the agent, and the workflow around it. */
export class Builds extends Construct {
  readonly workflow: Workflow;
  readonly logs: LogGroup;

  constructor(scope: Construct, id: string, props: { bundles: Bundles; storage: Storage; api: Api }) {
    super(scope, id);
    const { bundles, storage, api } = props;
    // 90 days: as long as somebody may ask why a release was built as it was.
    this.logs = new LogGroup(this, 'Logs', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const project = this.project(bundles, api);
    const steps = new StaitheFunction(this, 'Steps', {
      bundles,
      entry: 'steps/build',
      description: 'Steps of the build workflow',
      timeout: Duration.seconds(55),
      memorySize: 1024,
    });
    storage.giveTable(steps, 'GetItem', 'BatchGetItem', 'PutItem');
    storage.giveBytes(steps, 'sources', 'GetObject');
    this.workflow = new Workflow(this, 'Workflow', {
      name: 'build',
      steps,
      substitutions: { ProjectName: project.ref },
    });
    this.workflow.allow(
      ['codebuild:StartBuild', 'codebuild:StopBuild', 'codebuild:BatchGetBuilds'],
      [project.attrArn],
    );
    // How `.sync` learns that a build has ended (docs: "Call CodeBuild with Step Functions").
    this.workflow.allow(
      ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
      [
        Stack.of(this).formatArn({
          service: 'events',
          resource: 'rule',
          resourceName: 'StepFunctionsGetEventForCodeBuildStartBuildRule',
        }),
      ],
    );
  }

  private project(bundles: Bundles, api: Api): CfnProject {
    const agent = new Asset(this, 'Agent', { path: bundles.agentFolder });
    const role = new Role(this, 'MachineRole', {
      assumedBy: new ServicePrincipal('codebuild.amazonaws.com'),
      description: 'Of machines that run untrusted builds: reads the agent, writes logs, nothing else',
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [this.logs.logGroupArn],
      }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [agent.bucket.arnForObjects(agent.s3ObjectKey)],
      }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ['s3:GetBucketAcl', 's3:GetBucketLocation'],
        resources: [agent.bucket.bucketArn],
      }),
    );
    const project = new CfnProject(this, 'Machine', {
      description: 'Runs the Staithe agent for one job',
      serviceRole: role.roleArn,
      source: {
        type: 'S3',
        location: `${agent.s3BucketName}/${agent.s3ObjectKey}`,
        buildSpec: stringify(BUILDSPEC),
      },
      artifacts: { type: 'NO_ARTIFACTS' },
      // The key that AWS keeps for S3 in every account, which costs nothing: CodeBuild keeps nothing that needs another.
      encryptionKey: Stack.of(this).formatArn({ service: 'kms', resource: 'alias', resourceName: 'aws/s3' }),
      environment: {
        type: 'ARM_CONTAINER',
        computeType: 'BUILD_GENERAL1_SMALL',
        image: 'aws/codebuild/amazonlinux-aarch64-standard:3.0',
        privilegedMode: false,
        environmentVariables: [{ name: 'STAITHE_API_URL', value: api.url, type: 'PLAINTEXT' }],
      },
      logsConfig: { cloudWatchLogs: { status: 'ENABLED', groupName: this.logs.logGroupName } },
      // 8 h is the longest that a service may ask for, and 15 minutes more for the agent to report; jobs set their own.
      timeoutInMinutes: 495,
      queuedTimeoutInMinutes: 60,
    });
    // A project whose role cannot yet read its source fails its first build.
    const policy = role.node.tryFindChild('DefaultPolicy');
    if (policy !== undefined) project.node.addDependency(policy);
    return project;
  }

  giveLogs(to: StaitheFunction): void {
    to.give(
      { STAITHE_BUILD_LOG_GROUP: this.logs.logGroupName },
      { actions: ['logs:GetLogEvents'], resources: [this.logs.logGroupArn] },
    );
  }
}
