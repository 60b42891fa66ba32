import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Infrastructure, infrastructure } from './template.ts';

let stack: Infrastructure;

let _template: Template;

beforeAll(async () => {
  stack = await infrastructure();
  _template = Template.fromJSON(stack.json);
});

describe('permissions', () => {
  it('name every action: none is * or has a wildcard', () => {
    expect(stack.statements.filter(({ Action }) => Action.some((action) => action.includes('*')))).toEqual(
      [],
    );
  });

  it('are on named resources, but for the few actions that have none', () => {
    const everywhere = stack.statements
      .filter(({ Effect, Resource }) => Effect === 'Allow' && Resource === '*')
      .flatMap(({ Action }) => Action);
    // Service Authorization Reference: these know no resource.
    expect(new Set(everywhere)).toEqual(
      new Set([
        'cloudwatch:GetMetricData',
        'dynamodb:ListStreams',
        'ecr:GetAuthorizationToken',
        'secretsmanager:ListSecrets',
        'xray:PutTraceSegments',
        'xray:PutTelemetryRecords',
        'xray:GetSamplingRules',
        'xray:GetSamplingTargets',
        'logs:CreateLogDelivery',
        'logs:GetLogDelivery',
        'logs:UpdateLogDelivery',
        'logs:DeleteLogDelivery',
        'logs:ListLogDeliveries',
        'logs:PutResourcePolicy',
        'logs:DescribeResourcePolicies',
        'logs:DescribeLogGroups',
      ]),
    );
  });

  it('to change functions hold for functions with the tag of Staithe alone', () => {
    const changing = stack.statements.filter(({ Action }) =>
      Action.some((action) => /^lambda:(?!Get|List|InvokeFunction$)/.test(action)),
    );
    expect(changing.flatMap(({ Action }) => Action).length).toBeGreaterThan(5);
    for (const { role, Condition } of changing) {
      expect(role).toMatch(/^DeploymentsSteps/);
      const [keys] = Object.values(Condition ?? {}).map((clause) => Object.keys(clause));
      expect(keys).toHaveLength(1);
      expect(keys?.[0]).toMatch(/^aws:(Resource|Request)Tag\/staithe:project$/);
    }
  });

  it('to create and tag functions are for names with the prefix of the installation alone', () => {
    const adopting = stack.statements.filter(({ Action }) =>
      Action.some((action) => /^lambda:(CreateFunction|TagResource)$/.test(action)),
    );

    expect(adopting).toHaveLength(1);
    expect(JSON.stringify(adopting[0]?.Resource)).toMatch(/:function:",\{"Ref":"FunctionPrefix"\},"\*"/);
    expect(stack.json.Parameters).toMatchObject({ FunctionPrefix: { Default: 'staithe-' } });
  });

  it('to take the tag away, to delete, to read secrets or to pass roles are not given beyond their use', () => {
    const actions = (wanted: RegExp) =>
      stack.statements.filter(({ Action }) => Action.some((action) => wanted.test(action)));
    // The URL and the alias of a version that was tested.
    expect(actions(/^lambda:(Untag|Delete(?!FunctionUrlConfig$|Alias$)|Remove)/)).toEqual([]);
    expect(actions(/^s3:(DeleteBucket|DeleteObjectVersion|PutBucket|PutObjectAcl)/)).toEqual([]);
    // Uploads that wait to be verified (uploads.test.ts has the resource), old versions of sites, in their bucket, and what
    // was in deleted projects.
    expect(actions(/^s3:DeleteObject$/).map(({ role }) => role.replace(/Role[0-9A-F]{8}$/, ''))).toEqual([
      'Apiartifacts',
      'DeploymentsSteps',
      'UploadsUploadArrived',
      'DeletionsRemover',
    ]);
    expect(actions(/^dynamodb:(Scan|DeleteTable|UpdateTable)/)).toEqual([]);
    expect(actions(/^iam:/).map(({ Action, Condition }) => [Action, Condition])).toEqual([
      [['iam:PassRole'], { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } }],
    ]);
    const ofSecrets = actions(/^secretsmanager:/).map(
      ({ role, Action }) => `${role.replace(/Role[0-9A-F]{8}$/, '')}: ${Action.join(', ')}`,
    );
    // Job tokens and projects' secrets are read by the agent's functions; who may write those may not read them.
    expect(ofSecrets.sort()).toEqual([
      'Apiimages: secretsmanager:GetSecretValue',
      'Apiimages: secretsmanager:GetSecretValue',
      'Apijobs: secretsmanager:GetSecretValue',
      'Apijobs: secretsmanager:GetSecretValue',
      `Apisecrets: ${['CreateSecret', 'TagResource', 'PutSecretValue', 'DeleteSecret', 'RestoreSecret'].map((action) => `secretsmanager:${action}`).join(', ')}`,
      'Apiwebhooks: secretsmanager:GetSecretValue',
      'DeletionsRemover: secretsmanager:DeleteSecret',
      'DeletionsRemover: secretsmanager:ListSecrets',
    ]);
  });

  it('on secrets of subscriptions and to send e-mail are for one function each that reads, writes or sends', () => {
    const of = (wanted: RegExp) =>
      stack.statements
        .filter(({ Action }) => Action.some((action) => wanted.test(action)))
        .map(({ role, Action }) => `${role.replace(/Role[0-9A-F]{8}$/, '')}: ${Action.join(', ')}`)
        .sort();
    const mail = stack.statements.find(({ Action }) => Action.includes('ses:SendEmail'));

    expect(of(/^ssm:/)).toEqual([
      'Apisubscriptions: ssm:PutParameter, ssm:DeleteParameter',
      'DeletionsRemover: ssm:DeleteParameter',
      'NotificationsSender: ssm:GetParameter',
    ]);
    expect(of(/^ses:/)).toEqual(['NotificationsSender: ses:SendEmail']);
    expect(mail?.Condition).toEqual({ StringEquals: { 'ses:FromAddress': { Ref: 'MailSender' } } });
  });

  it('to write the chains of audit logs are those of one function, which may only append', () => {
    const ofChains = JSON.stringify({ 'dynamodb:LeadingKeys': 'AUDIT#*' });
    const writing = stack.statements.filter(({ Action }) =>
      Action.some((action) => /^dynamodb:(Put|Update|Delete|BatchWrite|Partiql)/.test(action)),
    );
    const onChains = writing.filter(({ Condition }) => JSON.stringify(Condition ?? {}).includes(ofChains));
    const allowed = onChains.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.map(({ role, Action }) => [role.replace(/Role[0-9A-F]{8}$/, ''), Action])).toEqual([
      ['AuditChainer', ['dynamodb:PutItem']],
    ]);

    // Whoever else may write, on whatever condition, is denied it there or has other keys.
    const isDenied = (role: string, action: string) =>
      onChains.some((one) => one.Effect === 'Deny' && one.role === role && one.Action.includes(action));
    const open = writing
      .filter(({ Effect, Condition }) => Effect === 'Allow' && Condition === undefined)
      .flatMap(({ role, Action }) => Action.map((action) => ({ role, action })))
      .filter(({ role, action }) => /^dynamodb:(Put|Delete)/.test(action) && !isDenied(role, action));
    expect(open).toEqual([]);
    expect(onChains.length).toBeGreaterThan(15);
  });

  it('of machines that run builds are to read the agent and to write the log, nothing else', () => {
    const machine = stack.statements.filter(({ role }) => role.startsWith('BuildsMachine'));
    expect(machine.flatMap(({ Action }) => Action).sort()).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:GetBucketAcl',
      's3:GetBucketLocation',
      's3:GetObject',
      's3:GetObjectVersion',
    ]);
  });
});
