/** AWS::ApiGatewayV2::* of a template. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { AwsError, type Cloud, type Materialized, type ResourceProvider } from '../service.ts';
import {
  type Api,
  apiSchema,
  authorizerSchema,
  integrationSchema,
  routeSchema,
  stageSchema,
} from './model.ts';

export function apiResources(cloud: Cloud, apis: Map<string, Api>): Record<string, ResourceProvider> {
  const apiOf = (id: string): Api => {
    const api = apis.get(id);
    if (!api) throw new AwsError('NotFoundException', `Invalid API identifier specified ${id}`, 404);
    return api;
  };
  return {
    'AWS::ApiGatewayV2::Api': async ({ logicalId, generatedName, properties }) => {
      const settings = read(apiSchema, properties, logicalId);
      const id = idOf(generatedName);
      const port = await cloud.port(`api:${logicalId}`);
      cloud.publishPort?.(port);
      const collections = {
        integrations: new Map(),
        authorizers: new Map(),
        routes: new Map(),
        stages: new Map(),
      };
      apis.set(id, { id, port, settings, ...collections });
      return { ref: id, attributes: { ApiId: id, ApiEndpoint: `http://127.0.0.1:${port}` } };
    },
    'AWS::ApiGatewayV2::Integration': ({ logicalId, generatedName, properties }) => {
      const integration = read(integrationSchema, properties, logicalId);
      const id = idOf(generatedName).slice(0, 7);
      apiOf(integration.ApiId).integrations.set(id, integration);
      return { ref: id, attributes: { IntegrationId: id } };
    },
    'AWS::ApiGatewayV2::Authorizer': ({ logicalId, generatedName, properties }) => {
      const authorizer = read(authorizerSchema, properties, logicalId);
      const id = idOf(generatedName).slice(0, 6);
      apiOf(authorizer.ApiId).authorizers.set(id, { ...authorizer, id });
      return { ref: id, attributes: { AuthorizerId: id } };
    },
    'AWS::ApiGatewayV2::Route': ({ logicalId, generatedName, properties }) => {
      const route = read(routeSchema, properties, logicalId);
      return addRoute(apiOf(route.ApiId), route, idOf(generatedName).slice(0, 7));
    },
    'AWS::ApiGatewayV2::Stage': ({ logicalId, properties }) => {
      const stage = read(stageSchema, properties, logicalId);
      apiOf(stage.ApiId).stages.set(stage.StageName, stage);
      return { ref: stage.StageName, attributes: {} };
    },
  };
}

function read<T extends z.ZodType>(schema: T, properties: unknown, logicalId: string): z.infer<T> {
  const result = schema.safeParse(properties);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new AwsError('BadRequestException', `${logicalId}: ${problems.join('; ')}`);
}

function addRoute(api: Api, route: z.infer<typeof routeSchema>, id: string): Materialized {
  const [, method, path] = /^([A-Z]+) (\/.*)$/.exec(route.RouteKey) ?? [];
  if (route.RouteKey !== '$default' && path === undefined) {
    throw new AwsError(
      'BadRequestException',
      `The provided route key is not formatted properly: ${route.RouteKey}`,
    );
  }
  if (api.routes.has(route.RouteKey)) {
    throw new AwsError(
      'ConflictException',
      `Route with key ${route.RouteKey} already exists for this API`,
      409,
    );
  }
  const integration = api.integrations.get(route.Target.replace(/^integrations\//, ''));
  if (!integration)
    throw new AwsError('BadRequestException', `Invalid target of ${route.RouteKey}: ${route.Target}`);
  const authorizer = route.AuthorizerId === undefined ? undefined : api.authorizers.get(route.AuthorizerId);
  if (route.AuthorizationType === 'CUSTOM' && !authorizer) {
    throw new AwsError(
      'BadRequestException',
      `${route.RouteKey} has no authorizer ${route.AuthorizerId ?? ''}`,
    );
  }
  const used = route.AuthorizationType === 'CUSTOM' ? authorizer : undefined;
  api.routes.set(route.RouteKey, { key: route.RouteKey, method, path, integration, authorizer: used });
  return { ref: id, attributes: { RouteId: id } };
}

/** Ten letters and digits, as API ids are; the same at every start. */
function idOf(name: string): string {
  return BigInt(`0x${createHash('sha256').update(name).digest('hex')}`)
    .toString(36)
    .padStart(10, '0')
    .slice(-10);
}
