import { CfnResource, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { SettingName } from '../aws/settings.ts';
import type { Bundles } from './bundles.ts';

interface StaitheFunctionProps {
  readonly bundles: Bundles;
  /** Below `functions/`, without `.ts`. */
  readonly entry: string;
  readonly description: string;
  /** 10 s for what a person waits for; a step that moves bytes says more. */
  readonly timeout?: Duration;
  /** 512 MB: below, Lambda's share of a processor makes a cold start twice as long; above, it hardly helps. */
  readonly memorySize?: number;
}

/** A function with a role of its own that can write its own log and nothing else, until something is given to it. */
export class StaitheFunction extends Construct {
  readonly lambda: LambdaFunction;
  /** Below `functions/`, without `.ts`: what NEEDS knows it by. */
  readonly entry: string;

  constructor(scope: Construct, id: string, props: StaitheFunctionProps) {
    super(scope, id);
    this.entry = props.entry;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    this.lambda = new LambdaFunction(this, 'Function', {
      description: props.description,
      code: Code.fromAsset(props.bundles.functionFolder(props.entry)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memorySize ?? 512,
      timeout: props.timeout ?? Duration.seconds(10),
      role: role.withoutPolicyUpdates(),
      logGroup,
    });
    // Whoever reads the template, or a function in CloudFormation's console, finds the source by it.
    const { defaultChild: resource } = this.lambda.node;
    if (resource instanceof CfnResource) resource.addMetadata('staithe:entry', `functions/${props.entry}.ts`);
    this.role = role;
  }

  readonly role: Role;
  isLeftToNextCall = false;

  /**
   * What is not done is not tried again: for a function that a schedule calls anyway. An error is then one failure and
   * not three, as Lambda repeats an asynchronous event twice by itself, a minute and two minutes later.
   * @param every the schedule's interval; an event that waits for longer would only double the next one
   */
  leaveToNextCall(every: Duration): void {
    this.isLeftToNextCall = true;
    this.lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: every });
  }

  /** A setting and the permission that it is of no use without. */
  grant(
    settings: Partial<Record<SettingName, string>>,
    ...statements: {
      actions: string[];
      resources: string[];
      conditions?: Record<string, Record<string, string>>;
    }[]
  ): void {
    for (const [name, value] of Object.entries(settings)) this.lambda.addEnvironment(name, value);
    for (const statement of statements) this.role.addToPolicy(new PolicyStatement(statement));
  }

  /** What it may not do, whatever else is granted. */
  deny(statement: {
    actions: string[];
    resources: string[];
    conditions: Record<string, Record<string, string>>;
  }): void {
    this.role.addToPolicy(new PolicyStatement({ effect: Effect.DENY, ...statement }));
  }
}
