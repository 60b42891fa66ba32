/**
 * Buckets. Their configuration is the template's and is read anew at every start; only the date of creation and what
 * is in them is kept. A bucket that the template no longer has is not served, and its objects stay on disk.
 */
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Cloud, Materialized, ResourceProvider } from '../service.ts';
import { type CorsRule, corsConfiguration } from './cors-rules.ts';
import { type LifecycleRule, lifecycleConfiguration } from './lifecycle-rules.ts';
import type { Versioning } from './object-table.ts';

export interface Bucket {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly versioning: Versioning;
  readonly cors: readonly CorsRule[];
  readonly lifecycle: readonly LifecycleRule[];
  /** The encryption headers of objects that are put without any. */
  readonly encryption: Record<string, string>;
  readonly publicAccessBlock: Record<string, unknown>;
  /** Sends events to EventBridge. */
  readonly eventBridge: boolean;
  /** AWS::S3::BucketPolicy documents. */
  readonly policies: readonly unknown[];
  /** CDK's bootstrap bucket, whose objects are the assets of the synthesized app; read only. */
  readonly assets: boolean;
}

const notifications = z.looseObject({ EventBridgeConfiguration: z.unknown().optional() });

const bucketProperties = z.looseObject({
  BucketName: z.string().optional(),
  VersioningConfiguration: z.object({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  CorsConfiguration: corsConfiguration.optional(),
  LifecycleConfiguration: lifecycleConfiguration.optional(),
  NotificationConfiguration: notifications.optional(),
  PublicAccessBlockConfiguration: z.record(z.string(), z.unknown()).optional(),
  BucketEncryption: z
    .looseObject({
      ServerSideEncryptionConfiguration: z.array(
        z.looseObject({
          BucketKeyEnabled: z.union([z.boolean(), z.string()]).optional(),
          ServerSideEncryptionByDefault: z
            .looseObject({ SSEAlgorithm: z.string(), KMSMasterKeyID: z.string().optional() })
            .optional(),
        }),
      ),
    })
    .optional(),
});
type BucketProperties = z.infer<typeof bucketProperties>;

/** In CloudFormation the configuration has `EventBridgeEnabled` (true unless set); the API's has no member at all. */
function sendsToEventBridge(configuration: z.infer<typeof notifications> | undefined): boolean {
  const eventBridge = configuration?.EventBridgeConfiguration;
  if (eventBridge === undefined || eventBridge === null) return false;
  const { EventBridgeEnabled } = z
    .looseObject({ EventBridgeEnabled: z.unknown() })
    .partial()
    .parse(eventBridge);
  return EventBridgeEnabled !== false && EventBridgeEnabled !== 'false';
}

/** S3 encrypts everything with its own key unless the bucket or the request says otherwise. */
function defaultEncryption(properties: BucketProperties): Record<string, string> {
  const rule = properties.BucketEncryption?.ServerSideEncryptionConfiguration[0];
  const byDefault = rule?.ServerSideEncryptionByDefault;
  const headers: Record<string, string> = {
    'x-amz-server-side-encryption': byDefault?.SSEAlgorithm ?? 'AES256',
  };
  if (byDefault?.KMSMasterKeyID !== undefined) {
    headers['x-amz-server-side-encryption-aws-kms-key-id'] = byDefault.KMSMasterKeyID;
  }
  if (String(rule?.BucketKeyEnabled) === 'true')
    headers['x-amz-server-side-encryption-bucket-key-enabled'] = 'true';
  return headers;
}

export class Buckets {
  readonly #cloud: Cloud;
  readonly #database: DatabaseSync;
  readonly #byName = new Map<string, Bucket>();
  readonly resources: Record<string, ResourceProvider>;

  constructor(cloud: Cloud, database: DatabaseSync) {
    this.#cloud = cloud;
    this.#database = database;
    const assets = `cdk-hnb659fds-assets-${cloud.accountId}-${cloud.region}`;
    this.#byName.set(assets, { ...this.#fromTemplate(assets, {}), assets: true });
    this.resources = {
      'AWS::S3::Bucket': ({ generatedName, properties }) => {
        const parsed = bucketProperties.parse(properties);
        // Bucket names are lower case and at most 63 characters long.
        const name =
          parsed.BucketName ??
          generatedName
            .toLowerCase()
            .slice(-63)
            .replace(/^[^a-z0-9]+/, '');
        const before = this.#byName.get(name);
        const bucket = this.#fromTemplate(name, parsed);
        this.#byName.set(name, { ...bucket, policies: before?.policies ?? [] });
        return this.#materialized(name);
      },
      'AWS::S3::BucketPolicy': ({ logicalId, properties }) => {
        const { Bucket, PolicyDocument } = z
          .looseObject({ Bucket: z.string(), PolicyDocument: z.unknown() })
          .parse(properties);
        this.#change(Bucket, (bucket) => ({ ...bucket, policies: [PolicyDocument] }));
        return { ref: logicalId, attributes: {} };
      },
      // What CDK's `eventBridgeEnabled` and bucket notifications become: PutBucketNotificationConfiguration, made by
      // a Lambda function on AWS (aws-cdk-lib, aws-s3/lib/notifications-resource).
      'Custom::S3BucketNotifications': ({ logicalId, properties }) => {
        const { BucketName, NotificationConfiguration } = z
          .looseObject({ BucketName: z.string(), NotificationConfiguration: notifications })
          .parse(properties);
        const eventBridge = sendsToEventBridge(NotificationConfiguration);
        this.#change(BucketName, (bucket) => ({ ...bucket, eventBridge }));
        return { ref: logicalId, attributes: {} };
      },
      // Empties the bucket when a stack is deleted, which does not happen here.
      'Custom::S3AutoDeleteObjects': ({ logicalId }) => ({ ref: logicalId, attributes: {} }),
    };
  }

  #fromTemplate(name: string, properties: BucketProperties): Bucket {
    this.#database
      .prepare('INSERT INTO buckets VALUES (?, ?) ON CONFLICT DO NOTHING')
      .run(name, this.#cloud.now());
    const created = this.#database.prepare('SELECT created FROM buckets WHERE name = ?').get(name)?.created;
    return {
      name,
      created: Number(created),
      versioning: properties.VersioningConfiguration?.Status,
      cors: properties.CorsConfiguration?.CorsRules ?? [],
      lifecycle: (properties.LifecycleConfiguration?.Rules ?? []).filter(
        ({ Status }) => Status === 'Enabled',
      ),
      encryption: defaultEncryption(properties),
      publicAccessBlock: properties.PublicAccessBlockConfiguration ?? {},
      eventBridge: sendsToEventBridge(properties.NotificationConfiguration),
      policies: [],
      assets: false,
    };
  }

  #change(name: string, change: (bucket: Bucket) => Bucket): void {
    const bucket = this.#byName.get(name);
    if (bucket === undefined)
      throw new Error(`The template configures the bucket ${name}, which it does not have.`);
    this.#byName.set(name, change(bucket));
  }

  #materialized(name: string): Materialized {
    const { partition, region } = this.#cloud;
    return {
      ref: name,
      attributes: {
        Arn: `arn:${partition}:s3:::${name}`,
        DomainName: `${name}.s3.amazonaws.com`,
        DualStackDomainName: `${name}.s3.dualstack.${region}.amazonaws.com`,
        RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
        WebsiteURL: `http://${name}.s3-website-${region}.amazonaws.com`,
      },
    };
  }

  find(name: string): Bucket | undefined {
    return this.#byName.get(name);
  }

  /** In alphabetical order, as S3 lists them. */
  all(): Bucket[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
