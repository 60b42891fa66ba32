import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { RouteSpec } from '../../lib/contract/route.ts';
import { ROUTES } from '../../lib/contract/routes.ts';
import { type Infrastructure, infrastructure } from './template.ts';

/** As API Gateway names a route. */
const keyOf = ({ method, path }: RouteSpec) => `${method} ${path}`;

let stack: Infrastructure;

let template: Template;

beforeAll(async () => {
  stack = await infrastructure();
  template = Template.fromJSON(stack.json);
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
