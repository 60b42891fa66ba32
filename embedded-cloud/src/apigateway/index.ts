/**
 * API Gateway HTTP APIs of the embedded cloud, made from the template alone: each listens on a port of its own and
 * invokes its Lambda functions as `apigateway.amazonaws.com`. `exchange.ts` is the way of a request.
 */
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { close, listen } from '../lambda/http-listener.ts';
import { LogShipper } from '../lambda/logs.ts';
import type { Cloud, Principal, Service } from '../service.ts';
import { logGroupOf } from './access-log.ts';
import { Authorizers } from './authorize.ts';
import { exchange, type Gateway } from './exchange.ts';
import type { Api } from './model.ts';
import { apiResources } from './template.ts';
import { Throttle } from './throttle.ts';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html: payloads of 10 MB. */
const BODY_LIMIT = 10_485_760;

/** Vended logs are written by this service on behalf of API Gateway. */
const logDelivery: Principal = { kind: 'service', arn: 'delivery.logs.amazonaws.com' };

/** Makes the API Gateway service. It keeps no state: every start builds the APIs from the template. */
export function apigateway(cloud: Cloud): Service {
  const apis = new Map<string, Api>();
  const servers: Server[] = [];
  const logs = new LogShipper(cloud, 'apigateway');
  const stream = randomBytes(16).toString('hex');
  return {
    name: 'apigateway',
    resources: apiResources(cloud, apis),
    start: async () => {
      await admitLogDelivery(cloud, apis.values());
      for (const api of apis.values()) {
        const gateway: Gateway = {
          cloud,
          authorizers: new Authorizers(cloud),
          throttle: new Throttle(),
          writeAccessLog: ({ id }, stage, line) => {
            const group = logGroupOf(stage.AccessLogSettings?.DestinationArn ?? '');
            logs.write(() => logDelivery, group, `${id}/${stage.StageName}/${stream}`, cloud.now(), line);
          },
        };
        servers.push(
          await listen(api.port, BODY_LIMIT, (request, body, abandoned) =>
            exchange(gateway, api, request, body, abandoned),
          ),
        );
      }
    },
    stop: async () => {
      await Promise.all(servers.splice(0).map(close));
      await logs.flush();
    },
  };
}

/**
 * Switching access logs on makes AWS write a resource policy of this name, which lets the delivery service into the
 * log groups (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html).
 */
async function admitLogDelivery(cloud: Cloud, apis: Iterable<Api>): Promise<void> {
  const stages = [...apis].flatMap((api) => [...api.stages.values()]);
  const groups = stages.flatMap(({ AccessLogSettings: logs }) =>
    logs ? [logGroupOf(logs.DestinationArn)] : [],
  );
  if (groups.length === 0) return;
  const prefix = `arn:${cloud.partition}:logs:${cloud.region}:${cloud.accountId}:log-group`;
  const Statement = [
    {
      Sid: 'AWSLogDeliveryWrite',
      Effect: 'Allow',
      Principal: { Service: logDelivery.arn },
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: groups.map((group) => `${prefix}:${group}:log-stream:*`),
    },
  ];
  const operator: Principal = {
    kind: 'operator',
    arn: `arn:${cloud.partition}:iam::${cloud.accountId}:root`,
  };
  const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  const input = { policyName: 'AWSLogDeliveryWrite20150319', policyDocument };
  await cloud.call(operator, 'logs', 'PutResourcePolicy', input).catch((error: unknown) => {
    cloud.log(
      'apigateway',
      `access logs stay empty: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
}
