import { type CfnResource, Duration, Stack } from 'aws-cdk-lib';
import { CfnIntegration, CfnRoute, CfnStage, HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { GROUPS, type Group, type RouteSpec } from '../contract/route.ts';
import { type OperationId, ROUTES } from '../contract/routes.ts';
import type { Bundles } from './bundles.ts';
import { acknowledgeOpen } from './findings.ts';
import { StaitheFunction } from './function.ts';
import { vendedLogs } from './vended-logs.ts';

/** Requests a second to one route, and how many at once above that: far more than a team's CI, far less than an attack. */
const DEFAULT_THROTTLE = { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 };

/**
 * An agent asks little: it claims, reports every few seconds and announces its artifacts. 200 a second are a thousand
 * builds side by side, and all of them may start together.
 */
const AGENT_THROTTLE = { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 1000 };

/** Whoever watches asks every few seconds, from a few places. */
const HEALTH_THROTTLE = { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 };

/**
 * Routes that a flood on the others shall not reach: limits of their own, whatever the default becomes. A build that
 * cannot say that it is alive is given up, and a health check that is throttled says what is not so.
 */
function throttleOf(operation: string, { access }: RouteSpec): typeof DEFAULT_THROTTLE | undefined {
  if (operation === ('getHealth' satisfies OperationId)) return HEALTH_THROTTLE;
  const isAgents = access === 'job' || operation === ('claimJob' satisfies OperationId);
  return isAgents ? AGENT_THROTTLE : undefined;
}

/** The long poll of logs waits 20 s; API Gateway gives up at 30. */
const TIMEOUT = Duration.seconds(29);

const DESCRIPTIONS = {
  projects: 'Projects',
  sources: 'Sources and their uploads',
  builds: 'Builds and runs',
  logs: 'Logs of builds and functions, diagnoses',
  jobs: 'Routes of the build agent',
  images: 'Images and registry credentials',
  artifacts: 'Artifacts',
  secrets: 'Secrets of projects',
  caches: 'Caches of builds',
  releases: 'Releases',
  environments: 'Environments and deployments',
  tokens: 'Users and tokens',
  webhooks: 'Webhooks and deliveries',
  subscriptions: 'Subscriptions and notifications',
  audit: 'The audit log',
  'dead-letters': 'Dead letters and their redrive',
  service: 'Health and the OpenAPI document',
} as const satisfies Record<Group, string>;

/** The HTTP API: its routes are those of the contract's table, and the functions authenticate. */
export class Api extends Construct {
  readonly http: HttpApi;
  readonly functions: Readonly<Record<Group, StaitheFunction>>;
  readonly url: string;

  constructor(scope: Construct, id: string, { bundles }: { bundles: Bundles }) {
    super(scope, id);
    this.http = new HttpApi(this, 'Http', {
      apiName: Stack.of(this).stackName,
      createDefaultStage: false,
      description: 'Staithe',
    });
    this.url = this.http.apiEndpoint;
    const stage = this.addStage();
    const functions = GROUPS.map((group): [Group, StaitheFunction] => [
      group,
      new StaitheFunction(this, group, {
        bundles,
        entry: `api/${group}`,
        description: `API: ${DESCRIPTIONS[group]}`,
        timeout: TIMEOUT,
      }),
    ]);
    const byGroup = new Map(functions);
    this.functions = Object.fromEntries(functions) as Record<Group, StaitheFunction>;
    const integrations = new Map(
      functions.map(([group, target]) => [group, this.addIntegration(group, target)]),
    );
    const throttles: Record<string, typeof DEFAULT_THROTTLE> = {};
    const routes: CfnRoute[] = [];
    for (const [operation, spec] of Object.entries<RouteSpec>(ROUTES)) {
      const integration = integrations.get(spec.group);
      const target = byGroup.get(spec.group);
      if (integration === undefined || target === undefined)
        throw new Error(`Route ${operation} has no function.`);
      const route = new CfnRoute(this, `Route-${operation}`, {
        apiId: this.http.apiId,
        routeKey: `${spec.method} ${spec.path}`,
        target: `integrations/${integration.ref}`,
        authorizationType: 'NONE',
        operationName: operation,
      });
      routes.push(route);
      acknowledgeOpen(route, spec.access);
      const throttle = throttleOf(operation, spec);
      if (throttle !== undefined) throttles[route.routeKey] = throttle;
    }
    stage.routeSettings = throttles;
    // The stage last: API Gateway refuses settings of a route that is not there yet.
    inTurn([...integrations.values(), ...routes, stage]);
  }

  private addStage(): CfnStage {
    const logs = vendedLogs(this, 'AccessLogs', 'api');
    const field = (name: string) => `$context.${name}`;
    return new CfnStage(this, 'Stage', {
      apiId: this.http.apiId,
      stageName: '$default',
      autoDeploy: true,
      defaultRouteSettings: {
        throttlingRateLimit: DEFAULT_THROTTLE.ThrottlingRateLimit,
        throttlingBurstLimit: DEFAULT_THROTTLE.ThrottlingBurstLimit,
      },
      accessLogSettings: {
        destinationArn: logs.logGroupArn,
        format: JSON.stringify({
          request_id: field('requestId'),
          time: field('requestTime'),
          source_ip: field('identity.sourceIp'),
          route: field('routeKey'),
          path: field('path'),
          status: field('status'),
          latency_ms: field('responseLatency'),
          bytes: field('responseLength'),
          error: field('integrationErrorMessage'),
        }),
      },
    });
  }

  private addIntegration(group: Group, { lambda }: StaitheFunction): CfnIntegration {
    lambda.addPermission('ApiGateway', {
      principal: new ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: this.arnOf('*/*'),
    });
    return new CfnIntegration(this, `Integration-${group}`, {
      apiId: this.http.apiId,
      integrationType: 'AWS_PROXY',
      integrationUri: lambda.functionArn,
      payloadFormatVersion: '2.0',
    });
  }

  private arnOf(suffix: string): string {
    return Stack.of(this).formatArn({
      service: 'execute-api',
      resource: this.http.apiId,
      resourceName: suffix,
    });
  }
}

/**
 * One after the other: API Gateway changes an API for one caller at a time, and answers others with "Unable to complete
 * operation due to concurrent modification", which ends a deployment. CloudFormation would ask for all routes at once;
 * another tool met it with the seventh (hashicorp/terraform-provider-aws, issue 18018 and pull request 29735).
 */
function inTurn(resources: readonly CfnResource[]): void {
  for (const [index, resource] of resources.entries()) {
    const before = resources[index - 1];
    if (before !== undefined) resource.addResourceDependency(before);
  }
}
