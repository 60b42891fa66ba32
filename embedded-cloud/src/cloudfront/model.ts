/** What templates say of CloudFront, as far as it is understood here. What is not is refused by name. */
import { z } from 'zod';

const Association = z.strictObject({ EventType: z.literal('viewer-request'), FunctionARN: z.string() });

/** Encryption, prices and protocols change nothing of what a viewer on this machine gets. */
const Behavior = z.strictObject({
  TargetOriginId: z.string(),
  AllowedMethods: z.array(z.string()).default(['GET', 'HEAD']),
  FunctionAssociations: z.array(Association).max(1).default([]),
  CachePolicyId: z.string().optional(),
  CachedMethods: z.array(z.string()).optional(),
  Compress: z.unknown().optional(),
  ViewerProtocolPolicy: z.string(),
});

const Origin = z.strictObject({
  Id: z.string(),
  DomainName: z.string(),
  OriginPath: z.string().default(''),
  OriginAccessControlId: z.string().optional(),
  S3OriginConfig: z.strictObject({ OriginAccessIdentity: z.literal('').optional() }),
});

export const DistributionProperties = z.strictObject({
  DistributionConfig: z.strictObject({
    Aliases: z.array(z.string()).default([]),
    Comment: z.string().optional(),
    DefaultCacheBehavior: Behavior,
    DefaultRootObject: z.string().default(''),
    Enabled: z.literal([true, 'true']),
    HttpVersion: z.string().optional(),
    IPV6Enabled: z.unknown().optional(),
    Origins: z.array(Origin).length(1),
    PriceClass: z.string().optional(),
    ViewerCertificate: z.unknown().optional(),
  }),
  Tags: z.unknown().optional(),
});

export const FunctionProperties = z.strictObject({
  Name: z.string(),
  AutoPublish: z.literal([true, 'true']),
  FunctionCode: z.string(),
  FunctionConfig: z.strictObject({
    Comment: z.string(),
    Runtime: z.literal('cloudfront-js-2.0'),
    KeyValueStoreAssociations: z
      .array(z.strictObject({ KeyValueStoreARN: z.string() }))
      .max(1)
      .default([]),
  }),
});

export const KeyValueStoreProperties = z.strictObject({ Name: z.string(), Comment: z.string().optional() });

export interface Distribution {
  readonly id: string;
  readonly arn: string;
  /** `127.0.0.1:PORT`. */
  readonly domain: string;
  readonly port: number;
  readonly config: z.infer<typeof DistributionProperties>['DistributionConfig'];
}
