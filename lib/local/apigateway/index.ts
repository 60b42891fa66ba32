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
  const logs = new LogShipper(cloud);
  const stream = randomBytes(16).toString('hex');
  return {
    name: 'apigateway',
    resources: apiResources(cloud, apis),
    start: async () => {
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
          await listen(api.port, BODY_LIMIT, (request, body) => exchange(gateway, api, request, body)),
        );
      }
    },
    stop: async () => {
      await Promise.all(servers.splice(0).map(close));
      await logs.flush();
    },
  };
}
