/** A distribution before a bucket, with a function that chooses the folder by a key value store. */
import {
  CloudFrontKeyValueStoreClient,
  DescribeKeyValueStoreCommand,
  PutKeyCommand,
} from '@aws-sdk/client-cloudfront-keyvaluestore';
import '@aws-sdk/signature-v4a';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { cloudfront, keyValueStores } from '../../src/cloudfront/index.ts';
import { s3 } from '../../src/s3/index.ts';
import { arn, type Running, role, run } from '../../test-kit/running.ts';

const code = `import cf from 'cloudfront';
const store = cf.kvs();
async function handler(event) {
  const request = event.request;
  if (request.uri === '/old') return { statusCode: 302, statusDescription: 'Found', headers: { location: { value: '/new' } } };
  if (request.uri === '/host') return { statusCode: 200, headers: {}, body: request.headers.host.value };
  if (request.uri === '/globals') return { statusCode: 200, headers: {}, body: [typeof process, typeof require, typeof fetch].join() };
  if (request.uri === '/broken') return request.missing.member;
  if (!(await store.exists('live'))) return { statusCode: 404, headers: {}, body: 'nothing is live' };
  request.uri = '/' + (await store.get('live')) + request.uri;
  return request;
}`;

const principals = { Service: 'cloudfront.amazonaws.com' };
const ofDistribution = {
  StringEquals: {
    'AWS:SourceArn': { 'Fn::Sub': `arn:aws:cloudfront::\${AWS::AccountId}:distribution/\${Distribution}` },
  },
};

const objects = { 'Fn::Sub': `\${Bucket.Arn}/*` };

/** @param options.readable whether the bucket lets the distribution in */
export const template = ({
  readable = true,
  aliases = ['shop.example.com', '*.preview.example.com'],
} = {}) => ({
  Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'site' } },
  Policy: {
    Type: 'AWS::S3::BucketPolicy',
    Properties: {
      Bucket: { Ref: 'Bucket' },
      PolicyDocument: {
        Statement: readable
          ? [
              {
                Effect: 'Allow',
                Principal: principals,
                Action: 's3:GetObject',
                Resource: objects,
                Condition: ofDistribution,
              },
              {
                Effect: 'Allow',
                Principal: principals,
                Action: 's3:ListBucket',
                Resource: arn('Bucket'),
                Condition: ofDistribution,
              },
            ]
          : [],
      },
    },
  },
  Store: { Type: 'AWS::CloudFront::KeyValueStore', Properties: { Name: 'live' } },
  Function: {
    Type: 'AWS::CloudFront::Function',
    Properties: {
      Name: 'choose',
      AutoPublish: true,
      FunctionCode: code,
      FunctionConfig: {
        Comment: 'chooses',
        Runtime: 'cloudfront-js-2.0',
        KeyValueStoreAssociations: [{ KeyValueStoreARN: arn('Store') }],
      },
    },
  },
  Access: {
    Type: 'AWS::CloudFront::OriginAccessControl',
    Properties: {
      OriginAccessControlConfig: {
        Name: 'access',
        OriginAccessControlOriginType: 's3',
        SigningBehavior: 'always',
        SigningProtocol: 'sigv4',
      },
    },
  },
  Distribution: {
    Type: 'AWS::CloudFront::Distribution',
    Properties: {
      DistributionConfig: {
        Aliases: aliases,
        Enabled: true,
        DefaultCacheBehavior: {
          TargetOriginId: 'bucket',
          ViewerProtocolPolicy: 'redirect-to-https',
          Compress: true,
          FunctionAssociations: [
            { EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': ['Function', 'FunctionARN'] } },
          ],
        },
        Origins: [
          {
            Id: 'bucket',
            DomainName: { 'Fn::GetAtt': ['Bucket', 'RegionalDomainName'] },
            OriginAccessControlId: { 'Fn::GetAtt': ['Access', 'Id'] },
            S3OriginConfig: { OriginAccessIdentity: '' },
          },
        ],
      },
    },
  },
  Reader: role(['cloudfront-keyvaluestore:GetKey']),
});

export interface Site {
  readonly running: Running;
  readonly storeArn: string;
  readonly url: string;
  readonly keyValues: CloudFrontKeyValueStoreClient;
  put(key: string, body: string, more?: { ContentType?: string; CacheControl?: string }): Promise<void>;
  /** Makes a folder of the bucket the one that is served. */
  setLive(folder: string): Promise<void>;
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Got>;
  restart(): Promise<Site>;
}

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export async function startSite(options: Parameters<typeof template>[0] = {}): Promise<Site> {
  return siteOf(await run(template(options), { services: [s3, keyValueStores, cloudfront] }));
}

function siteOf(running: Running): Site {
  const { cloud } = running;
  const storeArn = String(cloud.resource('Store').attributes.Arn);
  const url = `http://${cloud.resource('Distribution').attributes.DomainName}`;
  const keyValues = keyValueClient(cloud.endpoint, cloud.operator);
  const bucket = new S3Client({
    endpoint: cloud.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: cloud.operator,
  });
  return {
    running,
    storeArn,
    url,
    keyValues,
    put: async (Key, Body, more) => {
      await bucket.send(new PutObjectCommand({ Bucket: 'site', Key, Body, ...more }));
    },
    setLive: async (folder) => {
      const { ETag } = await keyValues.send(new DescribeKeyValueStoreCommand({ KvsARN: storeArn }));
      const key = { KvsARN: storeArn, Key: 'live', Value: folder };
      await keyValues.send(new PutKeyCommand({ ...key, IfMatch: ETag }));
    },
    get: (path, headers, method) => get(`${url}${path}`, headers, method),
    restart: async () => siteOf(await running.restart()),
  };
}

/** The SDK puts the account before the host of an endpoint, and `000000000000.127.0.0.1` is no name. */
export function keyValueClient(
  endpoint: string,
  credentials: { accessKeyId: string; secretAccessKey: string },
): CloudFrontKeyValueStoreClient {
  const authSchemes = [
    {
      name: 'sigv4a',
      signingName: 'cloudfront-keyvaluestore',
      signingRegion: '*',
      signingRegionSet: ['*'],
      properties: {},
    },
  ];
  return new CloudFrontKeyValueStoreClient({
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
    endpointProvider: () => ({ url: new URL(endpoint), properties: { authSchemes } }),
  });
}

/** Not by fetch, which sends no Host of the caller's and tidies up paths. */
function get(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  const { hostname, port } = new URL(url);
  const path = url.slice(url.indexOf('/', 'http://'.length));
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers }, (response) => {
      const { statusCode: status = 0, headers: received } = response;
      void text(response).then((body) => resolve({ status, headers: received, body }), reject);
    })
      .once('error', reject)
      .end();
  });
}
