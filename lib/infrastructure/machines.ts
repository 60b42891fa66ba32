import { Aws, CfnCondition, Fn, Stack } from 'aws-cdk-lib';
import { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import {
  type AllowedCompute,
  allowedFrom,
  hasLambda,
  LAMBDA_COMPUTE_REGIONS,
  withoutLambda,
} from '../aws/codebuild/allowed.ts';
import { ENVIRONMENT_TYPES, MACHINE_IMAGES, type MachineProject } from '../aws/codebuild/machine.ts';
import { MACHINE_GRACE_SECONDS, MACHINE_QUEUE_SECONDS } from '../domain/execution/model/time.ts';
import { MAX_TIMEOUT_SECONDS } from '../domain/manifest/values.ts';
import { Agent } from './agent.ts';
import type { Api } from './api.ts';
import type { Bundles } from './bundles.ts';
import { contextValue } from './context.ts';
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
  readonly agent: Agent;
  readonly role: Role;
  readonly environmentVariables: CfnProject.EnvironmentVariableProperty[];
}

/**
 * The machines that run the agent: three CodeBuild projects. What a job's compute is beyond that (size, architecture,
 * image, fleet) is an override of its build. `privileged` is a project of its own, so that a job without an image never
 * gets privileged mode. `lambda` is one as its builds must have neither time limits nor runtime versions, which an
 * override cannot take away (CodeBuild user guide, "Run builds on AWS Lambda compute", limitations). It is made only
 * where the installation allows Lambda compute and the region has it: elsewhere CodeBuild refuses the project, and
 * CloudFormation would take back the whole stack.
 */
export class Machines extends Construct {
  /** The setting `STAITHE_COMPUTE`: what may be asked for, from the CDK context `compute` and what the region has. */
  readonly allowed: string;
  private readonly projects: Readonly<Record<Exclude<MachineProject, 'lambda'>, CfnProject>>;
  private readonly lambda: { readonly project: CfnProject; readonly exists: CfnCondition } | undefined;

  constructor(scope: Construct, id: string, props: { bundles: Bundles; api: Api; logs: LogGroup }) {
    super(scope, id);
    const { bundles, api, logs } = props;
    const allowed = allowedFrom(contextText(contextValue(this.node, 'compute')));
    const agent = new Agent(this, 'Agent', bundles.agentFolder);
    const shared: Shared = {
      agent,
      role: this.role(agent, logs),
      environmentVariables: [{ name: 'STAITHE_API_URL', value: api.url, type: 'PLAINTEXT' }],
    };
    this.projects = {
      plain: this.project('Plain', shared, logs, { kind: 'ec2', privileged: false }),
      privileged: this.project('Privileged', shared, logs, { kind: 'ec2', privileged: true }),
    };
    this.lambda = hasLambda(allowed) ? this.lambdaWhereItIs(shared, logs) : undefined;
    this.allowed = this.allowedHere(allowed);
    acknowledgePrivileged(this.projects.privileged);
  }

  /** What the build workflow's definition calls the projects; no job is planned for one that is not there. */
  get substitutions(): Record<string, string> {
    const { plain, privileged } = this.projects;
    const lambda = this.ifThere((project) => project.ref, '');
    return { PlainProject: plain.ref, PrivilegedProject: privileged.ref, LambdaProject: lambda ?? '' };
  }

  get arns(): string[] {
    const lambda = this.ifThere((project) => project.attrArn, Aws.NO_VALUE);
    const always = Object.values(this.projects).map((project) => project.attrArn);
    return lambda === undefined ? always : [...always, lambda];
  }

  private lambdaWhereItIs(shared: Shared, logs: LogGroup) {
    const exists = new CfnCondition(this, 'HasLambdaCompute', {
      expression: Fn.conditionOr(
        ...LAMBDA_COMPUTE_REGIONS.map((region) => Fn.conditionEquals(Aws.REGION, region)),
      ),
    });
    const project = this.project('Lambda', shared, logs, { kind: 'lambda', privileged: false });
    project.cfnOptions.condition = exists;
    return { project, exists };
  }

  private ifThere(value: (project: CfnProject) => string, otherwise: string): string | undefined {
    if (this.lambda === undefined) return undefined;
    const { project, exists } = this.lambda;
    return Fn.conditionIf(exists.logicalId, value(project), otherwise).toString();
  }

  private allowedHere(allowed: AllowedCompute): string {
    return (
      this.ifThere(() => JSON.stringify(allowed), JSON.stringify(withoutLambda(allowed))) ??
      JSON.stringify(allowed)
    );
  }

  private role(agent: Agent, logs: LogGroup): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('codebuild.amazonaws.com'),
      description: 'Of machines that run untrusted builds: reads the agent, writes logs, nothing else',
    });
    const allow = (actions: string[], resource: string) =>
      role.addToPolicy(new PolicyStatement({ actions, resources: [resource] }));
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logs.logGroupArn);
    // Of earlier deployments too: a build that was queued before one fetches the agent that it was started with.
    allow(['s3:GetObject', 's3:GetObjectVersion'], agent.allVersionsArn);
    allow(['s3:GetBucketAcl', 's3:GetBucketLocation'], agent.bucketArn);
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
        location: agent.location,
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
      // For the longest job; each sets its own.
      ...(kind === 'ec2' && {
        timeoutInMinutes: (MAX_TIMEOUT_SECONDS + MACHINE_GRACE_SECONDS) / 60,
        queuedTimeoutInMinutes: MACHINE_QUEUE_SECONDS / 60,
      }),
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
