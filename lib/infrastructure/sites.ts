import { readFileSync } from 'node:fs';
import { CfnOutput, CfnParameter, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AccessLevel,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  KeyValueStore,
  S3OriginAccessControl,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { contextValue } from './context.ts';
import { acknowledgeSites } from './findings.ts';
import type { StaitheFunction } from './function.ts';

/**
 * A file lies where it never changes: the path that the function makes of a request has the version in it, or a hash. So an
 * edge may keep it for as long as it likes, and nothing ever has to be invalidated.
 */
const KEPT_AT_EDGE = Duration.days(365);

/** Websites that are deployed to: one bucket and one distribution for all of them. */
export class Sites extends Construct {
  readonly bucket: Bucket;
  readonly store: KeyValueStore;
  private readonly domains: readonly string[];
  private readonly url: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const stack = Stack.of(this);
    // CloudFront's names are those of the whole account, and a stack's only of its region.
    const name = `${stack.stackName}-sites-${stack.region}`;
    // Where nobody has a certificate for this machine, as on a laptop.
    const protocol = new CfnParameter(stack, 'SitesProtocol', {
      description: 'The protocol of the URLs of sites',
      default: 'https',
      allowedValues: ['https', 'http'],
    });
    this.bucket = new Bucket(this, 'Files', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.store = new KeyValueStore(this, 'Live', {
      keyValueStoreName: name,
      comment: 'Which version of each site is live',
    });
    const choose = new EdgeFunction(this, 'Choose', {
      functionName: name,
      comment: 'Chooses the version of a site',
      code: FunctionCode.fromInline(readFileSync(new URL('site-function.js', import.meta.url), 'utf8')),
      runtime: FunctionRuntime.JS_2_0,
      keyValueStore: this.store,
    });
    const { domains, certificate } = this.ownDomains();
    this.domains = domains;
    // The class says that its `isWebsite` may be undefined, and the interface does not.
    const files = this.bucket as IBucket;
    const distribution = new Distribution(this, 'Distribution', {
      comment: 'Sites',
      ...(certificate !== undefined && {
        domainNames: [...domains],
        minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
        certificate: Certificate.fromCertificateArn(this, 'Certificate', certificate),
      }),
      defaultBehavior: {
        // Without the permission to list, S3 answers 403 for a file that is not there.
        origin: S3BucketOrigin.withOriginAccessControl(files, {
          originAccessLevels: [AccessLevel.READ, AccessLevel.LIST],
          originAccessControl: new S3OriginAccessControl(this, 'Access', { originAccessControlName: name }),
        }),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        cachePolicy: new CachePolicy(this, 'Cache', {
          cachePolicyName: name,
          minTtl: KEPT_AT_EDGE,
          defaultTtl: KEPT_AT_EDGE,
          maxTtl: KEPT_AT_EDGE,
          enableAcceptEncodingBrotli: true,
          enableAcceptEncodingGzip: true,
        }),
        functionAssociations: [{ function: choose, eventType: FunctionEventType.VIEWER_REQUEST }],
      },
    });
    acknowledgeSites(this.bucket, distribution);
    this.url = `${protocol.valueAsString}://${distribution.distributionDomainName}`;
    new CfnOutput(stack, 'SitesUrl', {
      value: this.url,
      description: 'Below it are the sites without a host name',
    });
  }

  /** @throws Error for a domain without a certificate, and the other way around */
  private ownDomains(): { domains: readonly string[]; certificate: string | undefined } {
    const written = contextValue(this.node, 'siteDomains');
    const certificate = contextValue(this.node, 'siteCertificate');
    const domains = written === undefined ? [] : String(written).split(',');
    if ((domains.length === 0) !== (certificate === undefined))
      throw new Error(
        "The context keys 'siteDomains' and 'siteCertificate' belong together: the domains, and the ARN of a certificate of us-east-1 for them.",
      );
    return { domains, certificate: certificate === undefined ? undefined : String(certificate) };
  }

  /** Puts files below any site's prefix, and says which version of a site is live. */
  grantSites(steps: StaitheFunction): void {
    steps.grant(
      {
        STAITHE_SITES_BUCKET: this.bucket.bucketName,
        STAITHE_SITES_STORE: this.store.keyValueStoreArn,
        STAITHE_SITES_URL: this.url,
        STAITHE_SITE_DOMAINS: JSON.stringify(this.domains),
      },
      {
        actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        resources: [this.bucket.arnForObjects('*')],
      },
      { actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] },
      {
        actions: [
          'cloudfront-keyvaluestore:DescribeKeyValueStore',
          'cloudfront-keyvaluestore:GetKey',
          'cloudfront-keyvaluestore:UpdateKeys',
        ],
        resources: [this.store.keyValueStoreArn],
      },
    );
  }
}
