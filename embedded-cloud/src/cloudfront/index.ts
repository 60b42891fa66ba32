/**
 * CloudFront of the embedded cloud: distributions of the template before a bucket each, on a port of their own, with functions
 * for viewer requests and key value stores. `serve.ts` is the way of a request.
 */
import { createHash } from 'node:crypto';
import type { Server } from 'node:http';
import { z } from 'zod';
import { close, listen } from '../lambda/http-listener.ts';
import { AwsError, type Cloud, notImplemented, type ResourceRequest, type Service } from '../service.ts';
import { type EdgeFunction, edgeFunction } from './edge-function.ts';
import { serveKeyValues } from './key-value-api.ts';
import { KeyValueStores } from './key-value-store.ts';
import {
  type Distribution,
  DistributionProperties,
  FunctionProperties,
  KeyValueStoreProperties,
} from './model.ts';
import { serveViewer } from './serve.ts';

/** Bodies of requests are read away: nothing here takes one. CloudFront's own limit is 20 GB. */
const BODY_LIMIT = 1_048_576;

/** Key value stores, as other services of the cloud see them. */
interface KeyValueService extends Service {
  find(arn: string, key: string): string | undefined;
}

const isKeyValueService = (service: Service): service is KeyValueService => 'find' in service;

/** Stores of keys, by their own API (signing name `cloudfront-keyvaluestore`). */
export function keyValueStores(cloud: Cloud): KeyValueService {
  const stores = new KeyValueStores(cloud.stateDir('cloudfront-keyvaluestore'), () => cloud.now());
  return {
    name: 'cloudfront-keyvaluestore',
    handle: (request, call) => serveKeyValues(stores, request, call),
    find: (arn, key) => stores.find(arn, key),
    resources: {
      'AWS::CloudFront::KeyValueStore': (request) => {
        const { Name } = read(KeyValueStoreProperties, request);
        const Id = uuidOf(`${cloud.accountId} ${Name}`);
        const Arn = globalArn(cloud, `key-value-store/${Id}`);
        stores.ensure(Arn);
        return { ref: Name, attributes: { Arn, Id, Status: 'READY' } };
      },
    },
    stop: () => stores.close(),
  };
}

/** Distributions. They keep no state: every start makes them of the template. */
export function cloudfront(cloud: Cloud): Service {
  const functions = new Map<string, EdgeFunction>();
  const distributions: Distribution[] = [];
  const servers: Server[] = [];
  return {
    name: 'cloudfront',
    handle: ({ method, path }) => {
      throw notImplemented('cloudfront', `${method} ${path}`);
    },
    resources: {
      'AWS::CloudFront::Function': (request) => {
        const { Name, FunctionCode, FunctionConfig } = read(FunctionProperties, request);
        const arn = globalArn(cloud, `function/${Name}`);
        const [association] = FunctionConfig.KeyValueStoreAssociations;
        functions.set(
          arn,
          edgeFunction(FunctionCode, association && lookup(cloud, association.KeyValueStoreARN)),
        );
        return {
          ref: arn,
          attributes: { FunctionARN: arn, 'FunctionMetadata.FunctionARN': arn, Stage: 'LIVE' },
        };
      },
      'AWS::CloudFront::OriginAccessControl': ({ generatedName }) => named(generatedName),
      // How long the edge keeps what, which it does not here.
      'AWS::CloudFront::CachePolicy': ({ generatedName }) => named(generatedName),
      'AWS::CloudFront::Distribution': async (request) => {
        const { DistributionConfig: config } = read(DistributionProperties, request);
        const { ref: id } = named(request.generatedName);
        const port = await cloud.port(`cloudfront:${request.logicalId}`);
        cloud.publishPort?.(port);
        const domain = `127.0.0.1:${port}`;
        distributions.push({ id, arn: globalArn(cloud, `distribution/${id}`), domain, port, config });
        return { ref: id, attributes: { Id: id, DomainName: domain } };
      },
    },
    start: async () => {
      for (const distribution of distributions) {
        const [association] = distribution.config.DefaultCacheBehavior.FunctionAssociations;
        const edge = {
          cloud,
          distribution,
          edgeFunction: association && functions.get(association.FunctionARN),
        };
        servers.push(await listen(distribution.port, BODY_LIMIT, (request) => serveViewer(edge, request)));
      }
    },
    stop: async () => {
      await Promise.all(servers.splice(0).map(close));
    },
  };
}

function lookup(cloud: Cloud, arn: string) {
  return (key: string): string | undefined => {
    const service = cloud.service('cloudfront-keyvaluestore');
    return isKeyValueService(service) ? service.find(arn, key) : undefined;
  };
}

/** CloudFront is in no region. */
const globalArn = ({ partition, accountId }: Cloud, resource: string): string =>
  `arn:${partition}:cloudfront::${accountId}:${resource}`;

function named(generatedName: string) {
  const digest = createHash('sha256').update(generatedName).digest('hex').toUpperCase();
  const id = `E${digest.slice(0, 13)}`;
  return { ref: id, attributes: { Id: id } };
}

function uuidOf(name: string): string {
  const digest = createHash('sha256').update(name).digest('hex');
  return [0, 8, 12, 16, 20].map((start, index) => digest.slice(start, [8, 12, 16, 20, 32][index])).join('-');
}

function read<T extends z.ZodType>(schema: T, { properties, logicalId }: ResourceRequest): z.infer<T> {
  const parsed = schema.safeParse(properties);
  if (parsed.success) return parsed.data;
  throw new AwsError('ValidationError', `${logicalId}: ${z.prettifyError(parsed.error)}`);
}
