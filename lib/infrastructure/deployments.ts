import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Bundles } from './bundles.ts';
import { StaitheFunction } from './function.ts';
import type { Storage } from './storage.ts';
import { Workflow } from './workflow.ts';

/** The tag of functions that Staithe may change: it puts it on those that it creates; an owner puts it on others. */
const TAG = 'staithe:project';

/** Deployments to Lambda functions. */
export class Deployments extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: { bundles: Bundles; storage: Storage }) {
    super(scope, id);
    const { bundles, storage } = props;
    const steps = new StaitheFunction(this, 'Steps', {
      bundles,
      entry: 'steps/deployment',
      description: 'Steps of the deployment workflow',
      // Five looks at a function of which each may take 10 s.
      timeout: Duration.seconds(85),
    });
    storage.giveTable(steps, 'GetItem', 'PutItem');
    // Lambda reads the code with the permission of whoever updates the function.
    storage.giveBytes(steps, 'artifacts', 'GetObject');
    this.giveFunctions(steps);
    this.workflow = new Workflow(this, 'Workflow', { name: 'deployment', steps });
  }

  private giveFunctions(steps: StaitheFunction): void {
    const stack = Stack.of(this);
    const functions = stack.formatArn({ service: 'lambda', resource: 'function:*' });
    // To tag is to make one's own: with TagResource on every function, the role could take over any of the account. A
    // condition cannot tell a function that is just created from another one, so a name has to.
    const prefix = new CfnParameter(stack, 'FunctionPrefix', {
      description: 'What the names of functions begin with that Staithe may create. Empty: any name',
      default: `${stack.stackName.toLowerCase()}-`,
      // The longest name of a stack (app.ts) and the hyphen.
      allowedPattern: '[A-Za-z0-9_-]{0,33}',
    });
    const names = `${prefix.valueAsString}*`;
    const ownNames = stack.formatArn({ service: 'lambda', resource: `function:${names}` });
    const runtimeRole = this.runtimeRole();
    steps.give(
      { STAITHE_FUNCTION_ROLE: runtimeRole.roleArn, STAITHE_FUNCTION_NAMES: names },
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
        resources: [ownNames],
        conditions: { StringLike: { [`aws:RequestTag/${TAG}`]: '*' } },
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
        ],
        resources: [functions],
        conditions: { StringLike: { [`aws:ResourceTag/${TAG}`]: '*' } },
      },
    );
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
