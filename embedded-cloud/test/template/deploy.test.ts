import { describe, expect, it } from 'vitest';
import type { ResourceRequest } from '../../src/service.ts';
import { deployAssembly } from '../../src/template/deploy-assembly.ts';
import { type TemplateError, templateSchema } from '../../src/template/template.ts';

const account = { accountId: '000000000000', region: 'us-east-1' };

/** Deploys templates onto a provider that makes anything, one turn of the event loop each, and remembers the order. */
async function deploy(
  templates: Record<string, unknown>,
  more: { parameters?: Record<string, string> } = {},
) {
  const made: ResourceRequest[] = [];
  let underway = 0;
  let mostUnderway = 0;
  const stacks = Object.entries(templates).map(([name, source]) => ({
    name,
    template: templateSchema.parse(source),
  }));
  const deployment = await deployAssembly(stacks, {
    account,
    parameters: more.parameters ?? {},
    call: async (service, action, input) => {
      if (action === 'GetParameter') return { Parameter: { Value: `value of ${input.Name}` } };
      return { SecretString: JSON.stringify({ password: `${service} ${input.SecretId}` }) };
    },
    provider: (type) => async (request) => {
      if (type === 'Test::Broken') throw new Error('out of paint');
      mostUnderway = Math.max(mostUnderway, ++underway);
      await new Promise(setImmediate);
      underway--;
      made.push(request);
      return { ref: request.generatedName, attributes: { Arn: `arn:${request.logicalId}` } };
    },
  });
  const properties = (logicalId: string) => made.find((one) => one.logicalId === logicalId)?.properties;
  return { ...deployment, order: made.map(({ logicalId }) => logicalId), properties, mostUnderway };
}

const resource = (Properties: unknown = {}, more = {}) => ({ Type: 'Test::Thing', Properties, ...more });

describe('deploying a template', () => {
  it('makes each resource after those that it refers to, and others at the same time', async () => {
    const { order, mostUnderway, properties } = await deploy({
      App: {
        Resources: {
          Last: resource({ x: { 'Fn::Sub': `\${Middle.Arn}` } }),
          Middle: resource({ x: { 'Fn::GetAtt': ['First', 'Arn'] } }),
          After: resource({}, { DependsOn: ['Middle'] }),
          First: resource(),
          Alone: resource(),
        },
      },
    });
    expect(order.indexOf('First')).toBeLessThan(order.indexOf('Middle'));
    expect(order.indexOf('Middle')).toBeLessThan(order.indexOf('Last'));
    expect(order.indexOf('Middle')).toBeLessThan(order.indexOf('After'));
    expect(properties('Last')).toEqual({ x: 'arn:Middle' });
    expect(mostUnderway).toBeGreaterThan(1);
  });

  it('refuses a circle and shows the way around it', async () => {
    const Resources = {
      A: resource({ x: { Ref: 'B' } }),
      B: resource({ x: { Ref: 'C' } }),
      C: resource({ x: { 'Fn::GetAtt': ['B', 'Arn'] } }),
    };
    await expect(deploy({ App: { Resources } })).rejects.toThrow('circle: B → C → B');
  });

  it('names the logical id, the type and the stack of what could not be made', async () => {
    const Resources = { Wall: { Type: 'Test::Broken' }, Other: resource() };
    const failure: Promise<unknown> = deploy({ App: { Resources } });
    await expect(failure).rejects.toThrow('Wall (Test::Broken) of stack App: out of paint');
    await expect(failure).rejects.toMatchObject({ name: 'TemplateError' } satisfies Partial<TemplateError>);
  });

  it('leaves out resources and outputs whose condition is false', async () => {
    const { order, outputs } = await deploy({
      App: {
        Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
        Resources: { Yes: resource(), No: resource({}, { Condition: 'Never' }) },
        Outputs: { Gone: { Value: { Ref: 'No' }, Condition: 'Never' }, There: { Value: 1 } },
      },
    });
    expect(order).toEqual(['Yes']);
    expect(outputs).toEqual({ There: '1' });
  });

  it('gives the same generated name at every start', async () => {
    const templates = {
      App: { Resources: { Thing: resource() }, Outputs: { Name: { Value: { Ref: 'Thing' } } } },
    };
    const [first, second] = [await deploy(templates), await deploy(templates)];
    expect(first.outputs.Name).toMatch(/^App-Thing-[0-9a-f]{8}$/);
    expect(second.outputs.Name).toBe(first.outputs.Name);
  });

  it('takes parameters from the caller, their default, or SSM', async () => {
    const Parameters = {
      Stage: { Type: 'String', Default: 'dev' },
      Count: { Type: 'Number', Default: 3 },
      Zones: { Type: 'CommaDelimitedList', Default: 'a, b' },
      Image: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/image' },
      BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/x/version' },
    };
    const names = ['Stage', 'Count', 'Zones', 'Image'];
    const Resources = { R: resource(Object.fromEntries(names.map((name) => [name, { Ref: name }]))) };
    const { properties } = await deploy(
      { App: { Parameters, Resources } },
      { parameters: { Stage: 'prod' } },
    );
    expect(properties('R')).toEqual({
      Stage: 'prod',
      Count: '3',
      Zones: ['a', 'b'],
      Image: 'value of /image',
    });
  });

  it('refuses a parameter that nobody gave a value', async () => {
    const templates = {
      App: { Parameters: { Key: { Type: 'String' } }, Resources: { R: resource({ Ref: 'Key' }) } },
    };
    await expect(deploy(templates)).rejects.toThrow('Parameter Key of stack App');
  });

  it('replaces dynamic references, also several in one text', async () => {
    const secret = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:db-AbCdEf';
    const { properties } = await deploy({
      App: {
        Resources: {
          R: resource({
            url: `user:{{resolve:secretsmanager:${secret}:SecretString:password::}}@{{resolve:ssm:/host:1}}`,
            list: ['{{resolve:ssm:/one}}'],
          }),
        },
      },
    });
    expect(properties('R')).toEqual({
      url: `user:secretsmanager ${secret}@value of /host:1`,
      list: ['value of /one'],
    });
  });

  it('hands exported values to later stacks', async () => {
    const { properties, outputs } = await deploy({
      Base: {
        Resources: { Table: resource() },
        Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Table', 'Arn'] }, Export: { Name: 'table' } } },
      },
      App: { Resources: { R: resource({ table: { 'Fn::ImportValue': 'table' } }) } },
    });
    expect(properties('R')).toEqual({ table: 'arn:Table' });
    expect(outputs).toEqual({ Arn: 'arn:Table', 'Base.Arn': 'arn:Table' });
  });
});
