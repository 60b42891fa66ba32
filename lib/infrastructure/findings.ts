import { CfnElement, Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { RouteSpec } from '../contract/route.ts';
import { OWNER_TAG } from '../domain/owner-tag.ts';
import { agentPrefix } from './agent.ts';
import type { Storage } from './storage.ts';
import type { Workflow } from './workflow.ts';

interface Finding {
  readonly rule: string;
  /** The exact permissions that the rule found, for rules that find several. */
  readonly on?: readonly string[];
  readonly reason: string;
}

/** How cdk-nag writes a reference to a construct's resource. */
function logicalId(construct: IConstruct): string {
  const { defaultChild: resource } = construct.node;
  if (!(resource instanceof CfnElement))
    throw new Error(`${construct.node.path} has no resource of its own.`);
  return String(Stack.of(construct).resolve(resource.logicalId));
}

interface Acknowledged {
  readonly storage: Storage;
  /** The bucket of sites. */
  readonly siteFiles: IConstruct;
  readonly build: Workflow;
}

/** The findings of cdk-nag that stay, each with its reason. */
function findings({ storage, siteFiles, build }: Acknowledged): Finding[] {
  const bytes = `<${logicalId(storage.bucket)}.Arn>`;
  const here = 'arn:<AWS::Partition>';
  const account = '<AWS::Region>:<AWS::AccountId>';
  // An account may be bootstrapped under a qualifier of its own (CDK docs, "Customize CDK bootstrapping").
  const assets = `cdk-${Stack.of(storage).synthesizer.bootstrapQualifier}-assets-<AWS::AccountId>-<AWS::Region>`;
  return [
    {
      rule: 'SMG4',
      reason:
        'The webhook secret is shared with the git host, where no rotation function can change it. The key of job tokens may be replaced at any time: tokens live for hours.',
    },
    {
      rule: 'SQS3',
      reason: 'The queue is the dead-letter queue itself: nothing comes after it.',
    },
    {
      rule: 'IAM5',
      on: [
        `Resource::${bytes}/projects/*/sources/*`,
        `Resource::${bytes}/projects/*/artifacts/*`,
        `Resource::${bytes}/caches/*`,
        `Resource::${bytes}/uploads/*`,
        `Resource::${bytes}/projects/*`,
        `Resource::<${logicalId(siteFiles)}.Arn>/*`,
        `Resource::${here}:secretsmanager:${account}:secret:${Stack.of(storage).stackName}/projects/*`,
      ],
      reason:
        'One function serves all projects. Callers reach bytes only through links for single objects, signed after the check of their project; files of sites lie below the id of their project; names of secrets begin with the project, which is checked as well.',
    },
    {
      rule: 'IAM5',
      on: [
        `Resource::${here}:states:${account}:execution:<${logicalId(build.machine)}.Name>:*`,
        `Resource::${here}:lambda:${account}:function:*`,
        `Resource::${here}:lambda:${account}:function:<FunctionPrefix>*`,
        `Resource::${here}:logs:${account}:log-group:/aws/lambda/*`,
        `Resource::${here}:logs:${account}:log-group:/aws/lambda/<FunctionPrefix>*`,
        `Resource::${here}:ecr:${account}:repository/${Stack.of(storage).stackName.toLowerCase()}/*`,
        `Resource::${here}:ssm:${account}:parameter/${Stack.of(storage).stackName}/subscriptions/*`,
        `Resource::${here}:ses:${account}:identity/*`,
        `Resource::${here}:cloudwatch:${account}:alarm:*`,
        `Resource::${here}:processes:${account}:group/*`,
        `Resource::${here}:logs:${account}:log-group:/embedded-cloud/processes/*`,
      ],
      reason: `Named only later: executions after their runs, functions and processes, their alarms and their logs by whoever deploys, repositories after projects and services, secrets after subscriptions, and the identity that SES verified is an address or its domain; a condition names the one sender. Every change of a function needs its tag ${OWNER_TAG}, by a condition; whoever pushes to a repository has a session of that one only, and whoever pulls one of the repositories of a project.`,
    },
    {
      rule: 'IAM5',
      on: [`Resource::${here}:s3:::${assets}/${agentPrefix(Stack.of(storage))}*`],
      reason:
        'Agents of this installation, also of earlier deployments: a build that waits in a queue begins with the one that it was started with.',
    },
    {
      rule: 'IAM5',
      on: ['Resource::*'],
      reason:
        'Log delivery and X-Ray of state machines, ListStreams, ListSecrets, GetMetricData and GetAuthorizationToken have no resource to name (Service Authorization Reference).',
    },
  ];
}

/** API Gateway authorizes no route: each function does, by the access that the contract gives the route. */
export function acknowledgeOpen(route: IConstruct, access: RouteSpec['access']): void {
  Validations.of(route).acknowledge({
    id: 'AwsSolutions::AwsSolutions-APIG4',
    reason:
      access === 'public'
        ? 'The contract opens this route: it tells nothing but what is public, or checks a ticket or a signature itself.'
        : 'The function authenticates and authorizes each request itself (lib/http/serve.ts): an authorizer would be a second function to start and to pay for.',
  });
}

/** The one project whose builds may use Docker. */
export function acknowledgePrivileged(project: IConstruct): void {
  Validations.of(project).acknowledge({
    id: 'AwsSolutions::AwsSolutions-CB3',
    reason:
      'Images are built here, which needs Docker. A machine serves one build, has no credentials but its role, and that one reads the agent and writes logs.',
  });
}

/** The files of websites, and what serves them. */
export function acknowledgeSites(bucket: IConstruct, distribution: IConstruct): void {
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions::AwsSolutions-S1',
    reason: 'Only the distribution reads it, and only deployments write it, which the audit log has.',
  });
  const ofOperator = 'Whom sites are for, the operator decides, on the distribution.';
  for (const [rule, reason] of Object.entries({
    CFR1: ofOperator,
    CFR2: ofOperator,
    CFR3: 'Logs have the addresses of visitors: to keep them is for the operator to decide.',
    CFR4: 'Of the name *.cloudfront.net CloudFront alone decides; with domains of its own the distribution asks for TLS 1.2.',
  }))
    Validations.of(distribution).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
}

export function acknowledgeFindings(stack: Stack, acknowledged: Acknowledged): void {
  const validations = Validations.of(stack);
  for (const { rule, on, reason } of findings(acknowledged)) {
    const id = `AwsSolutions::AwsSolutions-${rule}`;
    for (const exact of on === undefined ? [id] : on.map((permission) => `${id}[${permission}]`))
      validations.acknowledge({ id: exact, reason });
  }
}
