import { CfnCondition, CfnParameter, CfnResource, Fn, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { OWNER_TAG } from '../domain/owner-tag.ts';
import type { StaitheFunction } from './function.ts';

/** Deployments to processes, which only the embedded cloud has: on AWS nothing of this is granted. */
export class Processes extends Construct {
  private readonly setting: string;
  private readonly exist: CfnCondition;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.setting = new CfnParameter(Stack.of(this), 'Processes', {
      description:
        'Whether environments may have processes. AWS has no service for them: for local installations',
      default: 'refuse',
      allowedValues: ['refuse', 'allow'],
    }).valueAsString;
    this.exist = new CfnCondition(this, 'Exist', { expression: Fn.conditionEquals(this.setting, 'allow') });
  }

  /** Knows whether there are any. */
  grantSetting(to: StaitheFunction): void {
    to.grant({ STAITHE_PROCESSES: this.setting });
  }

  /** Makes groups of processes, and changes those with the tag. */
  grantDeployments(to: StaitheFunction): void {
    this.grant(
      to,
      'Processes',
      { actions: ['processes:DescribeGroup'], resources: [this.groups] },
      {
        actions: ['processes:CreateGroup'],
        resources: [this.groups],
        conditions: { StringLike: { [`aws:RequestTag/${OWNER_TAG}`]: '*' } },
      },
      {
        actions: [
          'processes:CreateVersion',
          'processes:SetTraffic',
          'processes:AskVersion',
          'processes:DropCandidate',
        ],
        resources: [this.groups],
        conditions: { StringLike: { [`aws:ResourceTag/${OWNER_TAG}`]: '*' } },
      },
    );
  }

  /** Reads what they print, and whose they are. */
  grantLogs(to: StaitheFunction): void {
    const logs = Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group:/embedded-cloud/processes/*',
    });
    this.grant(
      to,
      'ProcessLogs',
      { actions: ['processes:DescribeGroup'], resources: [this.groups] },
      { actions: ['logs:FilterLogEvents'], resources: [logs] },
    );
  }

  private get groups(): string {
    return Stack.of(this).formatArn({ service: 'processes', resource: 'group', resourceName: '*' });
  }

  private grant(to: StaitheFunction, id: string, ...statements: PolicyStatementProps[]): void {
    const policy = new Policy(to, id, {
      roles: [to.role],
      statements: statements.map((statement) => new PolicyStatement(statement)),
    });
    const { defaultChild: resource } = policy.node;
    if (resource instanceof CfnResource) resource.cfnOptions.condition = this.exist;
  }
}
