import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Infrastructure, infrastructure } from './template.ts';

let stack: Infrastructure;

let template: Template;

beforeAll(async () => {
  stack = await infrastructure();
  template = Template.fromJSON(stack.json);
});

describe('storage', () => {
  it('keeps bytes private, encrypted, versioned, with TLS only, and forgets what was broken off', () => {
    template.allResourcesProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: Match.anyValue(),
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
    template.allResourcesProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Action: 's3:*',
            Principal: { AWS: '*' },
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]),
      },
    });
    template.resourceCountIs('AWS::S3::BucketPolicy', stack.of('AWS::S3::Bucket').length);
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: {
          Rules: Match.arrayWith([
            Match.objectLike({ AbortIncompleteMultipartUpload: Match.anyValue(), Status: 'Enabled' }),
            Match.objectLike({ NoncurrentVersionExpiration: Match.anyValue(), Status: 'Enabled' }),
          ]),
        },
      },
    });
  });

  it('forgets caches that nobody uses, and keeps no versions of them', () => {
    const Rules = z.object({ Rules: z.array(z.unknown()) });
    const rules = stack
      .of('AWS::S3::Bucket')
      .flatMap(
        ([, { Properties }]) =>
          z.object({ LifecycleConfiguration: Rules.optional() }).parse(Properties).LifecycleConfiguration
            ?.Rules ?? [],
      );
    expect(rules).toContainEqual({
      Prefix: 'caches/',
      ExpirationInDays: 21,
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      Status: 'Enabled',
    });
    expect(rules).toContainEqual({ Prefix: 'caches/', ExpiredObjectDeleteMarker: true, Status: 'Enabled' });
  });

  it('keeps records in one table on demand, recoverable, with a stream, with expiry, not to be deleted', () => {
    template.resourceCountIs('AWS::DynamoDB::Table', 1);
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        DeletionProtectionEnabled: true,
      },
    });
  });

  it('forgets every log after a while', () => {
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: Match.anyValue() });
  });
});

describe('money', () => {
  /** What costs nothing while nobody asks, or cents for what is kept; each other type has to come here first. */
  const IDLE_FOR_FREE = new Set([
    'AWS::ApiGatewayV2::Api',
    'AWS::ApiGatewayV2::Integration',
    'AWS::ApiGatewayV2::Route',
    'AWS::ApiGatewayV2::Stage',
    'AWS::CloudFront::CachePolicy',
    'AWS::CloudFront::Distribution', // requests, of which ten million a month are free
    'AWS::CloudFront::Function', // two million invocations a month are free
    'AWS::CloudFront::KeyValueStore', // reads by functions, and changes
    'AWS::CloudFront::OriginAccessControl',
    'AWS::CodeBuild::Project',
    'AWS::DynamoDB::Table', // kept bytes, and their copies for recovery
    'AWS::Events::EventBus',
    'AWS::Events::Rule',
    'AWS::IAM::Policy',
    'AWS::IAM::Role',
    'AWS::Lambda::EventInvokeConfig',
    'AWS::Lambda::EventSourceMapping', // reads of a DynamoDB stream by Lambda are free
    'AWS::Lambda::Function',
    'AWS::Lambda::Permission',
    'AWS::Logs::LogGroup', // kept bytes
    'AWS::S3::Bucket', // kept bytes
    'AWS::S3::BucketPolicy',
    'AWS::SQS::Queue', // requests, of which a million a month are free
    'AWS::SQS::QueuePolicy',
    'AWS::StepFunctions::StateMachine',
  ]);

  it('is spent on nothing while idle, but 40 cents a month for each of two secrets', () => {
    const costly = Object.values(stack.json.Resources)
      .map(({ Type }) => Type)
      .filter((type) => !IDLE_FOR_FREE.has(type) && type !== 'AWS::CloudWatch::Alarm');
    expect(costly).toEqual(['AWS::SecretsManager::Secret', 'AWS::SecretsManager::Secret']);
    // The first ten alarms of an account are free.
    expect(stack.of('AWS::CloudWatch::Alarm').length).toBeLessThanOrEqual(10);
    // A key of the template: the definitions of workflows, strings in it, name errors that begin so.
    expect(JSON.stringify(stack.json)).not.toMatch(/[^\\]"Provisioned(Throughput|Concurren)/);
  });
});
