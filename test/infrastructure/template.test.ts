import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import type { RouteSpec } from '../../lib/contract/route.ts';
import { ROUTES } from '../../lib/contract/routes.ts';
import { type Infrastructure, infrastructure } from './template.ts';

/** As API Gateway names a route. */
const keyOf = ({ method, path }: RouteSpec) => `${method} ${path}`;

const Target = z.object({
  Arn: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }),
  RetryPolicy: z.object({ MaximumRetryAttempts: z.int() }),
});

let stack: Infrastructure;
let template: Template;
beforeAll(async () => {
  stack = await infrastructure();
  template = Template.fromJSON(stack.json);
});

describe('every function', () => {
  it('runs Node 24 on arm64, with a role and a log group of its own', () => {
    const functions = stack.of('AWS::Lambda::Function');
    const roles = functions.map(([, { Properties }]) => JSON.stringify(Properties.Role));
    const groups = functions.map(([, { Properties }]) => JSON.stringify(Properties.LoggingConfig));
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
    });
    expect(functions.length).toBeGreaterThan(0);
    expect(new Set(roles).size).toBe(functions.length);
    expect(new Set(groups).size).toBe(functions.length);
  });

  it('has a limit in time below the one of whoever waits for it', () => {
    const timeouts = stack
      .of('AWS::Lambda::Function')
      // Nobody waits for these: they hear by events, of uploads of up to 5 GiB, and of projects of any size.
      .filter(
        ([, { Properties }]) =>
          !/^(Verifies uploaded|Removes the contents)/.test(String(Properties.Description)),
      )
      .map(([, { Properties }]) => Properties.Timeout);
    // API Gateway gives up at 30 s, and steps of workflows have limits of their own, 180 s at most.
    for (const timeout of timeouts) expect(z.number().parse(timeout)).toBeLessThan(180);
  });
});

describe('what a schedule calls', () => {
  it('is not called again by Lambda or EventBridge when it fails, so that one failure counts once', () => {
    const targets = stack
      .of('AWS::Events::Rule')
      .filter(([, { Properties }]) => Properties.ScheduleExpression !== undefined)
      .flatMap(([, { Properties }]) => z.array(Target).parse(Properties.Targets));

    expect(targets.length).toBeGreaterThan(0);
    for (const { Arn, RetryPolicy } of targets) {
      const [name] = Arn['Fn::GetAtt'];
      expect(RetryPolicy.MaximumRetryAttempts, name).toBe(0);
      template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
        FunctionName: { Ref: name },
        MaximumRetryAttempts: 0,
      });
    }
  });
});

describe('what comes to nothing', () => {
  const Letters = z.object({ Arn: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }) });
  const rules = () =>
    stack.of('AWS::Events::Rule').flatMap(([id, { Properties }]) =>
      z
        .array(z.looseObject({ DeadLetterConfig: Letters.optional() }))
        .parse(Properties.Targets)
        .map((target) => ({ id, target })),
    );
  const queue = 'AWS::SQS::Queue';

  it('has one queue, encrypted, that keeps it for 14 days, and takes it from the rules over TLS alone', () => {
    const queues = stack.of(queue);
    const allowed = stack
      .of('AWS::SQS::QueuePolicy')
      .flatMap(([, { Properties }]) => JSON.stringify(Properties).match(/"Effect":"Allow"/g) ?? []);

    expect(queues.map(([, { Properties }]) => Properties)).toEqual([
      expect.objectContaining({ MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true }),
    ]);
    expect(allowed).toHaveLength(rules().length);
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Action: 'sqs:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sqs:SendMessage',
            Principal: { Service: 'events.amazonaws.com' },
            Condition: { ArnEquals: { 'aws:SourceArn': Match.anyValue() } },
          }),
        ]),
      },
    });
  });

  it('is every event that a rule cannot deliver, whole as a redrive sends it', () => {
    const [[letters] = []] = stack.of(queue);

    for (const { id, target } of rules()) {
      expect(target.DeadLetterConfig?.Arn['Fn::GetAtt'][0], id).toBe(letters);
      expect(Object.keys(target), id).not.toContain('Input');
      expect(Object.keys(target), id).not.toContain('InputPath');
      expect(Object.keys(target), id).not.toContain('InputTransformer');
    }
  });

  it('is every event that a function has failed on for good, unless a schedule calls it anyway', () => {
    const [[letters] = []] = stack.of(queue);
    const called = rules().flatMap(({ target }) => {
      const read = z.object({ Arn: z.object({ 'Fn::GetAtt': z.array(z.string()) }) }).safeParse(target);
      return read.success ? [read.data.Arn['Fn::GetAtt'][0]] : [];
    });
    const OnFailure = { Destination: { 'Fn::GetAtt': [letters, 'Arn'] } };
    const configs = stack.of('AWS::Lambda::EventInvokeConfig').map(([, { Properties }]) => Properties);

    expect(called.length).toBeGreaterThan(5);
    for (const name of called) {
      const config = configs.find(({ FunctionName }) => JSON.stringify(FunctionName).includes(String(name)));
      if (config?.MaximumRetryAttempts === 0) continue;
      expect(config, name).toMatchObject({ DestinationConfig: { OnFailure } });
    }
  });

  it('can be handed again to all that it is for, and to nothing else', () => {
    const redriving = stack.statements.filter(({ role }) => role.startsWith('Apideadletters'));
    const may = (action: string) =>
      redriving.filter(({ Action }) => Action.includes(action)).flatMap(({ Resource }) => Resource);
    const names = (value: unknown) => JSON.stringify(value).match(/[A-Z]\w+[0-9A-F]{8}/g) ?? [];
    const targets = new Set(rules().flatMap(({ target }) => names(target.Arn)));

    expect(new Set([...names(may('lambda:InvokeFunction')), ...names(may('states:StartExecution'))])).toEqual(
      targets,
    );
  });
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
    expect(actions(/^lambda:(Untag|Delete|Remove)/)).toEqual([]);
    expect(actions(/^s3:(DeleteBucket|DeleteObjectVersion|PutBucket|PutObjectAcl)/)).toEqual([]);
    // Uploads that wait to be verified (uploads.test.ts has the resource), and what was in deleted projects.
    expect(actions(/^s3:DeleteObject$/).map(({ role }) => role.replace(/Role[0-9A-F]{8}$/, ''))).toEqual([
      'Apiartifacts',
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

describe('storage', () => {
  it('keeps bytes private, encrypted, versioned, with TLS only, and forgets what was broken off', () => {
    template.allResourcesProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: Match.anyValue(),
      LifecycleConfiguration: Match.anyValue(),
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
    template.allResourcesProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Action: 's3:*',
            Principal: { AWS: '*' },
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]),
      },
    });
    template.resourceCountIs('AWS::S3::BucketPolicy', stack.of('AWS::S3::Bucket').length);
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: {
          Rules: Match.arrayWith([
            Match.objectLike({ AbortIncompleteMultipartUpload: Match.anyValue(), Status: 'Enabled' }),
            Match.objectLike({ NoncurrentVersionExpiration: Match.anyValue(), Status: 'Enabled' }),
          ]),
        },
      },
    });
  });

  it('forgets caches that nobody uses, and keeps no versions of them', () => {
    const rules = stack
      .of('AWS::S3::Bucket')
      .flatMap(
        ([, { Properties }]) =>
          z.object({ LifecycleConfiguration: z.object({ Rules: z.array(z.unknown()) }) }).parse(Properties)
            .LifecycleConfiguration.Rules,
      );
    expect(rules).toContainEqual({
      Prefix: 'caches/',
      ExpirationInDays: 21,
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      Status: 'Enabled',
    });
    expect(rules).toContainEqual({ Prefix: 'caches/', ExpiredObjectDeleteMarker: true, Status: 'Enabled' });
  });

  it('keeps records in one table on demand, recoverable, with a stream, with expiry, not to be deleted', () => {
    template.resourceCountIs('AWS::DynamoDB::Table', 1);
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        DeletionProtectionEnabled: true,
      },
    });
  });

  it('forgets every log after a while', () => {
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: Match.anyValue() });
  });
});

describe('money', () => {
  /** What costs nothing while nobody asks, or cents for what is kept; each other type has to come here first. */
  const IDLE_FOR_FREE = new Set([
    'AWS::ApiGatewayV2::Api',
    'AWS::ApiGatewayV2::Integration',
    'AWS::ApiGatewayV2::Route',
    'AWS::ApiGatewayV2::Stage',
    'AWS::CodeBuild::Project',
    'AWS::DynamoDB::Table', // kept bytes, and their copies for recovery
    'AWS::Events::EventBus',
    'AWS::Events::Rule',
    'AWS::IAM::Policy',
    'AWS::IAM::Role',
    'AWS::Lambda::EventInvokeConfig',
    'AWS::Lambda::EventSourceMapping', // reads of a DynamoDB stream by Lambda are free
    'AWS::Lambda::Function',
    'AWS::Lambda::Permission',
    'AWS::Logs::LogGroup', // kept bytes
    'AWS::S3::Bucket', // kept bytes
    'AWS::S3::BucketPolicy',
    'AWS::SQS::Queue', // requests, of which a million a month are free
    'AWS::SQS::QueuePolicy',
    'AWS::StepFunctions::StateMachine',
  ]);

  it('is spent on nothing while idle, but 40 cents a month for each of two secrets', () => {
    const costly = Object.values(stack.json.Resources)
      .map(({ Type }) => Type)
      .filter((type) => !IDLE_FOR_FREE.has(type) && type !== 'AWS::CloudWatch::Alarm');
    expect(costly).toEqual(['AWS::SecretsManager::Secret', 'AWS::SecretsManager::Secret']);
    // The first ten alarms of an account are free.
    expect(stack.of('AWS::CloudWatch::Alarm').length).toBeLessThanOrEqual(10);
    // A key of the template: the definitions of workflows, strings in it, name errors that begin so.
    expect(JSON.stringify(stack.json)).not.toMatch(/[^\\]"Provisioned(Throughput|Concurren)/);
  });
});

describe('workflows', () => {
  it('are logged without what they work on, and traced', () => {
    template.allResourcesProperties('AWS::StepFunctions::StateMachine', {
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
    template.resourceCountIs('AWS::StepFunctions::StateMachine', 3);
  });
});

describe('the API', () => {
  it('has the routes of the contract and no other, each straight to the function of its group', () => {
    const routes = stack.of('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties);
    const keys = Object.values<RouteSpec>(ROUTES).map(keyOf);
    expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual(keys.sort());
    template.allResourcesProperties('AWS::ApiGatewayV2::Route', { AuthorizationType: 'NONE' });
    template.resourceCountIs('AWS::ApiGatewayV2::Authorizer', 0);
  });

  it('gives the key of job tokens to functions whose routes agents call, and to no other', () => {
    const agents = Object.values<RouteSpec>(ROUTES)
      .filter(({ access }) => access === 'job' || access === 'job_or_viewer')
      .map(({ group }) => `Api${group}`);
    const holders = stack.statements
      .filter(({ Resource }) => /SecretsJobTokens/.test(JSON.stringify(Resource)))
      .map(({ role }) => role.replace(/Role[0-9A-F]{8}$/, ''));

    expect(new Set(holders)).toEqual(new Set(agents));
  });

  it('is throttled, and logs who asked for what', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: Match.anyValue(), ThrottlingBurstLimit: Match.anyValue() },
      AccessLogSettings: { DestinationArn: Match.anyValue() },
    });
  });

  it('keeps health and the agents’ routes apart from the rest, with limits of their own', () => {
    const agents = Object.values<RouteSpec>(ROUTES).filter(({ access }) => access === 'job');
    const apart = [ROUTES.getHealth, ROUTES.claimJob, ...agents].map(keyOf);

    const [stage] = stack
      .of('AWS::ApiGatewayV2::Stage')
      .map(([, { Properties }]) =>
        z.object({ RouteSettings: z.record(z.string(), z.unknown()) }).parse(Properties),
      );

    expect(Object.keys(stage?.RouteSettings ?? {}).toSorted()).toEqual(apart.toSorted());
  });
});

describe('the machines of builds', () => {
  const allProjects = () => stack.of('AWS::CodeBuild::Project').map(([, { Properties }]) => Properties);

  it('have no source credentials, one fixed command, and no network of ours', () => {
    expect(JSON.stringify(stack.json)).not.toMatch(/SourceCredential/);
    const projects = allProjects();
    expect(projects).toHaveLength(3);
    const Source = z.strictObject({ Type: z.literal('S3'), BuildSpec: z.string(), Location: z.unknown() });
    const Buildspec = z.strictObject({
      version: z.literal(0.2),
      phases: z.strictObject({
        install: z
          .strictObject({ 'runtime-versions': z.strictObject({ nodejs: z.literal('22') }) })
          .optional(),
        build: z.strictObject({ commands: z.tuple([z.string().regex(/^node agent\.[cm]js$/)]) }),
      }),
    });
    for (const project of projects) {
      expect(() => Buildspec.parse(parse(Source.parse(project.Source).BuildSpec))).not.toThrow();
      expect(project.VpcConfig).toBeUndefined();
      expect(project.ServiceRole).toEqual(projects[0]?.ServiceRole);
    }
  });

  it('are privileged in one project only, and without time limits on Lambda compute, which refuses any', () => {
    const Machine = z.object({
      Environment: z.object({ Type: z.string(), PrivilegedMode: z.boolean() }),
      TimeoutInMinutes: z.number().optional(),
      QueuedTimeoutInMinutes: z.number().optional(),
    });
    const machines = allProjects().map((project) => Machine.parse(project));

    expect(machines.filter(({ Environment }) => Environment.PrivilegedMode)).toHaveLength(1);
    for (const { Environment, TimeoutInMinutes, QueuedTimeoutInMinutes } of machines) {
      const limited = TimeoutInMinutes !== undefined && QueuedTimeoutInMinutes !== undefined;
      expect(limited).toBe(!Environment.Type.endsWith('_LAMBDA_CONTAINER'));
    }
  });
});

describe('alarms', () => {
  it('each name the section of the runbook that says what to do', () => {
    const texts = stack.of('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties.AlarmDescription);
    for (const text of texts) expect(text).toMatch(/docs\/operations\.md#[a-z-]+$/);
  });
});
