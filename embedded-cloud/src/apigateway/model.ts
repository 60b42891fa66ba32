/** An HTTP API as its template resources describe it (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/). */
import { z } from 'zod';

const flag = z.union([z.boolean(), z.stringbool()]);
const whole = z.coerce.number().int();
const texts = z.array(z.string()).optional();

export const apiSchema = z.looseObject({
  Name: z.string().default(''),
  ProtocolType: z.literal('HTTP', 'the embedded cloud has HTTP APIs only'),
  DisableExecuteApiEndpoint: flag.optional(),
  CorsConfiguration: z
    .object({
      AllowCredentials: flag.optional(),
      AllowHeaders: texts,
      AllowMethods: texts,
      AllowOrigins: texts,
      ExposeHeaders: texts,
      MaxAge: whole.optional(),
    })
    .optional(),
});

export const integrationSchema = z.looseObject({
  ApiId: z.string(),
  IntegrationType: z.literal('AWS_PROXY', 'the embedded cloud integrates Lambda functions (AWS_PROXY) only'),
  IntegrationUri: z.string(),
  IntegrationSubtype: z.never('the embedded cloud integrates Lambda functions only').optional(),
  RequestParameters: z.never('the embedded cloud does not map parameters').optional(),
  ResponseParameters: z.never('the embedded cloud does not map parameters').optional(),
  PayloadFormatVersion: z.literal('2.0', 'the embedded cloud speaks payload format 2.0 only'),
  CredentialsArn: z.string().optional(),
  /** HTTP APIs wait for 30 seconds at most. */
  TimeoutInMillis: whole.min(50).max(30_000).default(30_000),
});
export type Integration = z.infer<typeof integrationSchema>;

export const routeSchema = z.looseObject({
  ApiId: z.string(),
  RouteKey: z.string(),
  Target: z.string(),
  AuthorizationType: z
    .enum(['NONE', 'CUSTOM'], 'the embedded cloud has the authorization types NONE and CUSTOM')
    .default('NONE'),
  AuthorizerId: z.string().optional(),
});

export const authorizerSchema = z.looseObject({
  ApiId: z.string(),
  Name: z.string(),
  AuthorizerType: z.literal('REQUEST', 'the embedded cloud has Lambda (REQUEST) authorizers only'),
  AuthorizerUri: z.string(),
  AuthorizerCredentialsArn: z.string().optional(),
  AuthorizerPayloadFormatVersion: z
    .literal('2.0', 'the embedded cloud speaks payload format 2.0 only')
    .default('2.0'),
  /** Seconds; 0 turns the cache off. */
  AuthorizerResultTtlInSeconds: whole.min(0).max(3600).default(0),
  EnableSimpleResponses: flag.default(false),
  IdentitySource: z.array(z.string()).default([]),
});
export type Authorizer = z.infer<typeof authorizerSchema> & { readonly id: string };

const throttlingSchema = z.looseObject({
  ThrottlingBurstLimit: whole.optional(),
  ThrottlingRateLimit: z.coerce.number().optional(),
});
export type Throttling = z.infer<typeof throttlingSchema>;

export const stageSchema = z.looseObject({
  ApiId: z.string(),
  StageName: z.string(),
  AutoDeploy: flag.default(false),
  AccessLogSettings: z.object({ DestinationArn: z.string(), Format: z.string() }).optional(),
  DefaultRouteSettings: throttlingSchema.optional(),
  RouteSettings: z.record(z.string(), throttlingSchema).default({}),
  StageVariables: z.record(z.string(), z.string()).optional(),
});
export type Stage = z.infer<typeof stageSchema>;

export interface Route {
  readonly key: string;
  /** `GET`, `ANY`; undefined for `$default`. */
  readonly method: string | undefined;
  /** `/projects/{project}`; undefined for `$default`. */
  readonly path: string | undefined;
  readonly integration: Integration;
  readonly authorizer: Authorizer | undefined;
}

export interface Api {
  readonly id: string;
  readonly port: number;
  readonly settings: z.infer<typeof apiSchema>;
  readonly integrations: Map<string, Integration>;
  readonly authorizers: Map<string, Authorizer>;
  readonly routes: Map<string, Route>;
  readonly stages: Map<string, Stage>;
}
