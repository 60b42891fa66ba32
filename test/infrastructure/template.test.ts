import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { type Infrastructure, infrastructure } from './template.ts';

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

describe('workflows', () => {
  it('are logged without what they work on, and traced', () => {
    template.allResourcesProperties('AWS::StepFunctions::StateMachine', {
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
    template.resourceCountIs('AWS::StepFunctions::StateMachine', 3);
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
