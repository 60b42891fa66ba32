/**
 * `aws-sdk:<service>:<action>` and the optimized DynamoDB integrations: one action of a service, its response the
 * result (https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html).
 */
import { isObject, toJson } from '../json.ts';
import type { Integration } from './integration.ts';
import { toCamelCase, toPascalCase } from './member-case.ts';
import { type ErrorNames, serviceFailure } from './service-errors.ts';

interface SdkService {
  /** Signing name, by which the cloud knows the service. */
  readonly name: string;
  readonly errors: ErrorNames;
  /** The service's own members are camelCase. */
  readonly camelCase?: boolean;
}

/** Services by the name that a Resource gives them (the Java SDK's), as far as the embedded cloud may have them. */
const SDK_SERVICES: Record<string, SdkService> = {
  cloudwatchlogs: sdk('logs', 'CloudWatchLogs', true),
  codebuild: sdk('codebuild', 'CodeBuild', true),
  dynamodb: sdk('dynamodb', 'DynamoDb'),
  ecr: sdk('ecr', 'Ecr', true),
  eventbridge: sdk('events', 'EventBridge'),
  kms: sdk('kms', 'Kms'),
  lambda: sdk('lambda', 'Lambda'),
  s3: sdk('s3', 'S3'),
  secretsmanager: sdk('secretsmanager', 'SecretsManager'),
  sfn: sdk('states', 'Sfn', true),
  ssm: sdk('ssm', 'Ssm'),
  sts: sdk('sts', 'Sts'),
};

function sdk(name: string, prefix: string, camelCase = false): SdkService {
  return { name, errors: { prefix, general: `${prefix}Exception` }, camelCase };
}

function integration(
  service: SdkService,
  resourceType: string,
  action: string,
  pattern: 'response' | 'token',
): Integration {
  const operation = action.charAt(0).toUpperCase() + action.slice(1);
  return {
    resourceType,
    resource: pattern === 'token' ? `${action}.waitForTaskToken` : action,
    pattern,
    async submit(client, args) {
      const request = service.camelCase ? toCamelCase(args) : args;
      try {
        const response = toJson(
          (await client.call(service.name, operation, isObject(request) ? request : {})) ?? {},
        );
        return service.camelCase ? toPascalCase(response) : response;
      } catch (error) {
        throw serviceFailure(service.errors, error);
      }
    },
  };
}

/** The integration, or what is wrong with the service's name. */
export function sdkIntegration(
  service: string,
  action: string,
  pattern: 'response' | 'token',
): Integration | string {
  const known = SDK_SERVICES[service];
  if (known !== undefined) return integration(known, `aws-sdk:${service}`, action, pattern);
  const names = Object.keys(SDK_SERVICES).join(', ');
  return `The embedded cloud has no AWS SDK integration for '${service}'; it has ${names}`;
}

export function dynamodbIntegration(action: string): Integration {
  const errors = { prefix: 'DynamoDB', general: 'AmazonDynamoDBException' };
  return integration({ name: 'dynamodb', errors }, 'dynamodb', action, 'response');
}
