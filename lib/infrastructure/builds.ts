import { CfnParameter, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Api } from './api.ts';
import type { Bundles } from './bundles.ts';
import { contextValue } from './context.ts';
import { StaitheFunction } from './function.ts';
import { Machines } from './machines.ts';
import { Workflow } from './workflow.ts';

/** Builds: the machine that runs the agent, and the workflow around it. */
export class Builds extends Construct {
  readonly workflow: Workflow;
  readonly logs: LogGroup;
  private readonly machines: Machines;
  private readonly forkImageBuilds: CfnParameter;
  private readonly logReads: CfnParameter;

  constructor(scope: Construct, id: string, props: { bundles: Bundles; api: Api }) {
    super(scope, id);
    const { bundles, api } = props;
    // 90 days: as long as somebody may ask why a release was built as it was.
    this.logs = new LogGroup(this, 'Logs', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A parameter and no context: who starts the same template elsewhere decides anew.
    this.forkImageBuilds = new CfnParameter(Stack.of(this), 'ForkImageBuilds', {
      description:
        'Whether builds of forks may make container images. On AWS each build has a separate virtual machine: allow.',
      allowedValues: ['allow', 'refuse'],
      default: 'allow',
    });
    // 4: CloudWatch Logs answers 10 a second in some regions, 25 in most, for the whole account (lib/aws/logs.ts).
    this.logReads = new CfnParameter(Stack.of(this), 'LogReadsPerSecond', {
      description:
        'How often a second one reader of a log asks CloudWatch Logs, whose quota is for the whole account',
      type: 'Number',
      minValue: 1,
      maxValue: 1000,
      default: 4,
    });
    const machines = new Machines(this, 'Machines', { bundles, api, logs: this.logs });
    this.machines = machines;
    const steps = new StaitheFunction(this, 'Steps', {
      bundles,
      entry: 'steps/build',
      description: 'Steps of the build workflow',
      timeout: Duration.seconds(55),
      memorySize: 1024,
    });
    this.workflow = new Workflow(this, 'Workflow', {
      name: 'build',
      steps,
      substitutions: machines.substitutions,
    });
    this.workflow.allow(
      ['codebuild:StartBuild', 'codebuild:StopBuild', 'codebuild:BatchGetBuilds'],
      machines.arns,
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

  /** The machines that jobs may have (CDK context `compute`). */
  grantCompute(to: StaitheFunction): void {
    to.grant({ STAITHE_COMPUTE: this.machines.allowed });
  }

  /** What the operator decided of builds (CDK context `buildReuse`, the parameter), for whoever plans them. */
  grantInstallation(to: StaitheFunction): void {
    to.grant({
      STAITHE_BUILD_REUSE: buildReuseFrom(contextValue(this.node, 'buildReuse')),
      STAITHE_FORK_IMAGE_BUILDS: this.forkImageBuilds.valueAsString,
    });
  }

  /** Lets it ask how machines stand, and end them. */
  grantMachines(to: StaitheFunction): void {
    to.grant(
      {},
      { actions: ['codebuild:BatchGetBuilds', 'codebuild:StopBuild'], resources: this.machines.arns },
    );
  }

  /** How often one reader of a log may ask, as a setting. */
  get logReadsPerSecond(): string {
    return this.logReads.valueAsString;
  }

  grantLogs(to: StaitheFunction): void {
    to.grant(
      {
        STAITHE_BUILD_LOG_GROUP: this.logs.logGroupName,
        STAITHE_LOG_READS_PER_SECOND: this.logReadsPerSecond,
      },
      { actions: ['logs:GetLogEvents'], resources: [this.logs.logGroupArn] },
    );
  }
}

/** Whether what was built before is taken, from the CDK context `buildReuse`. @throws Error for anything but on and off */
export function buildReuseFrom(context: unknown): 'on' | 'off' {
  if (context === undefined || context === 'on' || context === 'off') return context ?? 'on';
  throw new Error(`The context 'buildReuse' is ${JSON.stringify(context)}; it must be on or off.`);
}
