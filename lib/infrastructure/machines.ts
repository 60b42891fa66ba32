import { Stack } from 'aws-cdk-lib';
import { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { ENVIRONMENT_TYPES, MACHINE_IMAGES, type MachineProject } from '../domain/compute/machine.ts';
import { offerFrom } from '../domain/compute/offer.ts';
import type { Api } from './api.ts';
import type { Bundles } from './bundles.ts';
import { acknowledgePrivileged } from './findings.ts';

/** The whole buildspec: run the agent. A caller can change nothing about it. */
const RUN_AGENT = { build: { commands: ['node agent.cjs'] } };
const BUILDSPECS = {
  ec2: { version: 0.2, phases: { install: { 'runtime-versions': { nodejs: '22' } }, ...RUN_AGENT } },
  // Lambda compute has no `runtime-versions`: the image is of one runtime.
  lambda: { version: 0.2, phases: RUN_AGENT },
};

/** What all three projects have in common. */
interface Shared {
  readonly agent: Asset;
  readonly role: Role;
  readonly environmentVariables: CfnProject.EnvironmentVariableProperty[];
}

/**
 * The machines that run the agent: three CodeBuild projects. What a job's compute is beyond that (size, architecture,
 * image, fleet) is an override of its build. `privileged` is a project of its own, so that a job without an image never
 * gets privileged mode. `lambda` is one as its builds must have neither time limits nor runtime versions, which an
 * override cannot take away (CodeBuild user guide, "Run builds on AWS Lambda compute", limitations).
 */
export class Machines extends Construct {
  readonly projects: Readonly<Record<MachineProject, CfnProject>>;
  /** The setting `STAITHE_COMPUTE`: what may be asked for, from the CDK context `compute`. */
  readonly offer: string;

  constructor(scope: Construct, id: string, props: { bundles: Bundles; api: Api; logs: LogGroup }) {
    super(scope, id);
    const { bundles, api, logs } = props;
    this.offer = JSON.stringify(offerFrom(contextText(this.node.tryGetContext('compute'))));
    const agent = new Asset(this, 'Agent', { path: bundles.agentFolder });
    const shared: Shared = {
      agent,
      role: this.role(agent, logs),
      environmentVariables: [{ name: 'STAITHE_API_URL', value: api.url, type: 'PLAINTEXT' }],
    };
    this.projects = {
      plain: this.project('Plain', shared, logs, { kind: 'ec2', privileged: false }),
      privileged: this.project('Privileged', shared, logs, { kind: 'ec2', privileged: true }),
      lambda: this.project('Lambda', shared, logs, { kind: 'lambda', privileged: false }),
    };
    acknowledgePrivileged(this.projects.privileged);
  }

  /** What the build workflow's definition calls the projects. */
  get substitutions(): Record<string, string> {
    const { plain, privileged, lambda } = this.projects;
    return { PlainProject: plain.ref, PrivilegedProject: privileged.ref, LambdaProject: lambda.ref };
  }

  get arns(): string[] {
    return Object.values(this.projects).map((project) => project.attrArn);
  }

  private role(agent: Asset, logs: LogGroup): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('codebuild.amazonaws.com'),
      description: 'Of machines that run untrusted builds: reads the agent, writes logs, nothing else',
    });
    const allow = (actions: string[], resource: string) =>
      role.addToPolicy(new PolicyStatement({ actions, resources: [resource] }));
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logs.logGroupArn);
    allow(['s3:GetObject', 's3:GetObjectVersion'], agent.bucket.arnForObjects(agent.s3ObjectKey));
    allow(['s3:GetBucketAcl', 's3:GetBucketLocation'], agent.bucket.bucketArn);
    return role;
  }

  private project(
    id: string,
    { agent, role, environmentVariables }: Shared,
    logs: LogGroup,
    { kind, privileged }: { kind: 'ec2' | 'lambda'; privileged: boolean },
  ): CfnProject {
    const project = new CfnProject(this, id, {
      description: `Runs the Staithe agent for one job (${id.toLowerCase()})`,
      serviceRole: role.roleArn,
      source: {
        type: 'S3',
        location: `${agent.s3BucketName}/${agent.s3ObjectKey}`,
        buildSpec: stringify(BUILDSPECS[kind]),
      },
      artifacts: { type: 'NO_ARTIFACTS' },
      // The key that AWS keeps for S3 in every account, which costs nothing: CodeBuild keeps nothing that needs another.
      encryptionKey: Stack.of(this).formatArn({ service: 'kms', resource: 'alias', resourceName: 'aws/s3' }),
      environment: {
        type: ENVIRONMENT_TYPES[kind].arm64,
        computeType: kind === 'ec2' ? 'BUILD_GENERAL1_SMALL' : 'BUILD_LAMBDA_4GB',
        image: MACHINE_IMAGES[kind].arm64,
        privilegedMode: privileged,
        environmentVariables,
      },
      logsConfig: { cloudWatchLogs: { status: 'ENABLED', groupName: logs.logGroupName } },
      // 8 h is the longest that a service may ask for, and 15 minutes more for the agent to report; jobs set their own.
      ...(kind === 'ec2' && { timeoutInMinutes: 495, queuedTimeoutInMinutes: 60 }),
    });
    // A project whose role cannot yet read its source fails its first build.
    const policy = role.node.tryFindChild('DefaultPolicy');
    if (policy !== undefined) project.node.addDependency(policy);
    return project;
  }
}

/** `-c compute={…}` gives text, cdk.json an object. */
function contextText(context: unknown): string | undefined {
  return context === undefined || typeof context === 'string' ? context : JSON.stringify(context);
}
