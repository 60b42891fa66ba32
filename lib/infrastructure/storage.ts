import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  CfnBucket,
  HttpMethods,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CACHE_EXPIRES_DAYS } from '../domain/cache/schema.ts';
import { Keys, Partitions } from '../domain/storage/keys.ts';
import type { StaitheFunction } from './function.ts';
import type { BlobAction, BlobPrefix, TableAction } from './needs.ts';

const ACCESS_LOG_PREFIX = 'bytes/';

/** What lies under prefixes of their own, as lifecycle rules go by the beginning of a key. */
const ROOT_PREFIXES: readonly BlobPrefix[] = ['caches', 'uploads'];

/** The table of everything, and the bucket of bytes. Both stay when the stack goes. */
export class Storage extends Construct {
  readonly table: Table;
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: 'ttl',
      deletionProtection: true,
      // Not RETAIN_ON_UPDATE_OR_DELETE as with the buckets: what is protected cannot be deleted by a creation that is taken
      // back either, and would stop it half-way. An empty table that stays behind costs nothing.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: 'gsi1',
      partitionKey: { name: 'gsi1pk', type: AttributeType.STRING },
      sortKey: { name: 'gsi1sk', type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });
    // What has not ended, for the reconciler.
    this.table.addGlobalSecondaryIndex({
      indexName: 'gsi2',
      partitionKey: { name: 'gsi2pk', type: AttributeType.STRING },
      sortKey: { name: 'gsi2sk', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    this.bucket = new Bucket(this, 'Bytes', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      // Keys are digests, so nothing is ever overwritten with other bytes; versions guard against deletion.
      versioned: true,
      // Kept when the stack goes, but not when its very first deployment is taken back (`RetainExceptOnCreate`).
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      lifecycleRules: [
        // An upload that was broken off is not resumed after a week.
        { abortIncompleteMultipartUploadAfter: Duration.days(7) },
        // A month to notice that something was deleted which should not have been; then nothing of it is left.
        { noncurrentVersionExpiration: Duration.days(30), expiredObjectDeleteMarker: true },
        // A cache lives 21 days after it was saved, and is saved again when it is used after 7: so one that is used stays,
        // and one that is not is kept for at least 14 (lib/domain/cache/schema.ts). Nobody misses a version of it.
        {
          prefix: 'caches/',
          expiration: Duration.days(CACHE_EXPIRES_DAYS),
          noncurrentVersionExpiration: Duration.days(1),
        },
        // What an expiry leaves behind in a bucket with versions; S3 takes it in no rule that counts days.
        { prefix: 'caches/', expiredObjectDeleteMarker: true },
        // Uploads wait here until they are verified, which takes minutes; what nobody verified in a week is no upload of
        // anything any more: its artifact has vanished (UNSTORED_TTL_SECONDS in lib/domain/artifact/record.ts).
        {
          prefix: 'uploads/',
          expiration: Duration.days(7),
          noncurrentVersionExpiration: Duration.days(1),
        },
        { prefix: 'uploads/', expiredObjectDeleteMarker: true },
      ],
      // Browsers upload and download by presigned URL, which is the permission; origins add nothing to it.
      cors: [
        {
          allowedMethods: [HttpMethods.GET, HttpMethods.PUT],
          allowedOrigins: ['*'],
          allowedHeaders: ['content-type', 'x-amz-checksum-sha256'],
          exposedHeaders: ['etag'],
          maxAge: 3600,
        },
      ],
    });
    const resource = this.bucket.node.defaultChild;
    if (!(resource instanceof CfnBucket)) throw new Error('The bucket has no resource.');
    // On the resource itself: the property of the construct would bring a function that sets what CloudFormation can set.
    resource.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    resource.loggingConfiguration = {
      destinationBucketName: this.accessLogs().bucketName,
      logFilePrefix: ACCESS_LOG_PREFIX,
    };
  }

  /** Who read and wrote which object, for 90 days. */
  private accessLogs(): Bucket {
    const logs = new Bucket(this, 'AccessLogs', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      lifecycleRules: [{ expiration: Duration.days(90) }],
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    logs.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('logging.s3.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [logs.arnForObjects(`${ACCESS_LOG_PREFIX}*`)],
        conditions: {
          ArnLike: { 'aws:SourceArn': this.bucket.bucketArn },
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
        },
      }),
    );
    return logs;
  }

  grantTable(to: StaitheFunction, ...actions: TableAction[]): void {
    const onTable = actions.map((action) => `dynamodb:${action}`);
    to.grant({ STAITHE_TABLE: this.table.tableName }, { actions: onTable, resources: [this.table.tableArn] });
    const writes = actions.filter((action) => action === 'PutItem' || action === 'DeleteItem');
    if (writes.length === 0) return;
    // Audit logs only grow, and only one function appends to them (grantAuditChains).
    to.deny({
      actions: writes.map((action) => `dynamodb:${action}`),
      resources: [this.table.tableArn],
      conditions: { 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': Partitions.audit('*') } },
    });
  }

  /** Lets it append to the chains of audit logs and empty their inboxes. Nobody may remove anything from a chain. */
  grantAuditChains(to: StaitheFunction): void {
    const onKeys = (action: TableAction, partition: string) => ({
      actions: [`dynamodb:${action}`],
      resources: [this.table.tableArn],
      conditions: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partition },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    });
    to.grant(
      {},
      onKeys('PutItem', Partitions.audit('*')),
      onKeys('DeleteItem', Partitions.pendingAudit('*')),
    );
  }

  /** Lists read the index. */
  grantIndex(to: StaitheFunction, index: 'gsi1' | 'gsi2' = 'gsi1'): void {
    to.grant({}, { actions: ['dynamodb:Query'], resources: [`${this.table.tableArn}/index/${index}`] });
  }

  /** @param prefix what below `projects/<project>/`: `sources` or `artifacts`; caches and uploads have prefixes of their own */
  grantBytes(to: StaitheFunction, prefix: BlobPrefix, ...actions: BlobAction[]): void {
    to.grant(
      { STAITHE_BUCKET: this.bucket.bucketName },
      {
        actions: actions.map((action) => `s3:${action}`),
        resources: [
          this.bucket.arnForObjects(
            ROOT_PREFIXES.includes(prefix) ? `${prefix}/*` : `projects/*/${prefix}/*`,
          ),
        ],
      },
    );
  }

  /** Lets it remove all bytes of a project, wherever they are: it lists them by the project's prefixes. */
  grantRemoval(to: StaitheFunction): void {
    const everywhere = ['projects', ...ROOT_PREFIXES].map((prefix) =>
      this.bucket.arnForObjects(`${prefix}/*`),
    );
    to.grant(
      { STAITHE_BUCKET: this.bucket.bucketName },
      { actions: ['s3:DeleteObject'], resources: everywhere },
    );
    this.grantListing(to);
  }

  /** Lets it make the key of cursors where there is none yet, and write nothing else. */
  grantCursorKey(to: StaitheFunction): void {
    const leading = { 'dynamodb:LeadingKeys': Keys.cursorKey().pk };
    to.grant(
      {},
      {
        actions: ['dynamodb:PutItem'],
        resources: [this.table.tableArn],
        conditions: { 'ForAllValues:StringEquals': leading, Null: { 'dynamodb:LeadingKeys': 'false' } },
      },
    );
  }

  /** Without it S3 answers a look at what is not there with 403 instead of 404. */
  grantListing(to: StaitheFunction): void {
    to.grant(
      { STAITHE_BUCKET: this.bucket.bucketName },
      { actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] },
    );
  }
}
