import { ArnFormat, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { OWNER_TAG } from '../domain/owner-tag.ts';
import { RUNTIMES } from '../domain/runtimes.ts';
import type { Bundles } from './bundles.ts';
import { StaitheFunction } from './function.ts';
import { Workflow } from './workflow.ts';

/** Deployments to Lambda functions. */
export class Deployments extends Construct {
  readonly workflow: Workflow;
  private readonly logReadsPerSecond: string;
  /** The names of functions that Staithe may create, and whose logs it may read. */
  private readonly names: string;
  private readonly runtimes: CfnParameter;

  constructor(scope: Construct, id: string, props: { bundles: Bundles; logReadsPerSecond: string }) {
    super(scope, id);
    const { bundles } = props;
    this.logReadsPerSecond = props.logReadsPerSecond;
    // To tag is to make one's own: with TagResource on every function, the role could take over any of the account. A
    // condition cannot tell a function that is just created from another one, so a name has to.
    const prefix = new CfnParameter(Stack.of(this), 'FunctionPrefix', {
      description: 'The prefix of the names of functions that Staithe may create. Empty: any name',
      default: `${Stack.of(this).stackName.toLowerCase()}-`,
      // The longest name of a stack (app.ts) and the hyphen.
      allowedPattern: '[A-Za-z0-9_-]{0,33}',
    });
    this.names = `${prefix.valueAsString}*`;
    // A parameter and no context: who starts the same template elsewhere may run fewer.
    this.runtimes = new CfnParameter(Stack.of(this), 'FunctionRuntimes', {
      description: 'The runtimes that environments may use, separated by commas',
      default: RUNTIMES.join(','),
      allowedPattern: '[a-z0-9.]+(,[a-z0-9.]+)*',
    });
    const steps = new StaitheFunction(this, 'Steps', {
      bundles,
      entry: 'steps/deployment',
      description: 'Steps of the deployment workflow',
      // Five looks at a function take up to 10 s each; calls of Lambda that are throttled, up to 15 s each.
      timeout: Duration.seconds(170),
    });
    this.workflow = new Workflow(this, 'Workflow', { name: 'deployment', steps });
  }

  /** Creates functions of the names that it may, and changes those with the tag. */
  grantFunctions(steps: StaitheFunction): void {
    const stack = Stack.of(this);
    const functions = stack.formatArn({ service: 'lambda', resource: 'function:*' });
    const functionArns = stack.formatArn({ service: 'lambda', resource: `function:${this.names}` });
    const runtimeRole = this.runtimeRole();
    steps.grant(
      { STAITHE_FUNCTION_ROLE: runtimeRole.roleArn, STAITHE_FUNCTION_NAMES: this.names },
      {
        actions: ['iam:PassRole'],
        resources: [runtimeRole.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
      },
      {
        actions: [
          'lambda:GetFunctionConfiguration',
          'lambda:ListTags',
          'lambda:GetAlias',
          'lambda:GetFunctionUrlConfig',
        ],
        resources: [functions],
      },
      {
        actions: ['lambda:CreateFunction', 'lambda:TagResource'],
        resources: [functionArns],
        conditions: { StringLike: { [`aws:RequestTag/${OWNER_TAG}`]: '*' } },
      },
      {
        actions: [
          'lambda:UpdateFunctionCode',
          'lambda:UpdateFunctionConfiguration',
          'lambda:PublishVersion',
          'lambda:CreateAlias',
          'lambda:UpdateAlias',
          'lambda:CreateFunctionUrlConfig',
          'lambda:AddPermission',
          // The way to a version that was tested before it had traffic.
          'lambda:DeleteFunctionUrlConfig',
          'lambda:DeleteAlias',
          // A version is asked before it has traffic.
          'lambda:InvokeFunction',
        ],
        resources: [functions],
        conditions: { StringLike: { [`aws:ResourceTag/${OWNER_TAG}`]: '*' } },
      },
      // How a version does that has traffic. Metrics have no ARNs (Service Authorization Reference, CloudWatch).
      {
        actions: ['cloudwatch:DescribeAlarms'],
        resources: [
          stack.formatArn({
            service: 'cloudwatch',
            resource: 'alarm',
            resourceName: '*',
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      },
      { actions: ['cloudwatch:GetMetricData'], resources: ['*'] },
    );
  }

  /** Reads the logs of the functions that Staithe may create: Lambda names each group after its function. */
  grantFunctionLogs(to: StaitheFunction): void {
    const stack = Stack.of(this);
    to.grant(
      {
        STAITHE_LOG_READS_PER_SECOND: this.logReadsPerSecond,
        STAITHE_FUNCTION_ARNS: stack.formatArn({ service: 'lambda', resource: 'function:' }),
      },
      {
        actions: ['logs:FilterLogEvents'],
        resources: [stack.formatArn({ service: 'logs', resource: `log-group:/aws/lambda/${this.names}` })],
      },
    );
  }

  /** Learns to which project such a function belongs. */
  grantOwners(to: StaitheFunction): void {
    const functionArns = Stack.of(this).formatArn({ service: 'lambda', resource: `function:${this.names}` });
    to.grant({}, { actions: ['lambda:ListTags'], resources: [functionArns] });
  }

  /** Knows the runtimes that environments may name. */
  grantRuntimes(to: StaitheFunction): void {
    to.grant({ STAITHE_FUNCTION_RUNTIMES: this.runtimes.valueAsString });
  }

  /** The role that deployed functions run under, unless their owner gives them another: it writes logs. */
  private runtimeRole(): Role {
    const role = new Role(this, 'FunctionRole', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'Of functions that Staithe creates',
    });
    const groups = Stack.of(this).formatArn({ service: 'logs', resource: 'log-group:/aws/lambda/*' });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [groups],
      }),
    );
    return role;
  }
}
