/** The bucket and the distribution of sites, as the stack has them, in an embedded cloud of their own. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { type RunningCloud, startCloud } from 'embedded-cloud';
import { cloudfront, keyValueStores, s3 } from 'embedded-cloud/services';
import { siteAdapter } from '../../lib/aws/sites/adapter.ts';
import { Edge } from '../../lib/aws/sites/edge.ts';
import { keyValueClient } from '../../lib/aws/sites/key-value-client.ts';
import { LiveVersions } from '../../lib/aws/sites/live.ts';
import { Sites } from '../../lib/infrastructure/sites.ts';

const ARTIFACTS = 'artifacts';

export interface SitesCloud extends AsyncDisposable {
  readonly running: RunningCloud;
  readonly client: S3Client;
  /** Of the files of sites. */
  readonly bucket: string;
  /** Of the distribution. */
  readonly url: string;
  readonly live: LiveVersions;
  readonly sites: ReturnType<typeof siteAdapter>;
  /** Stores an artifact. */
  store(bytes: Buffer): Promise<{ key: string; digest: string }>;
}

/** @param domains of the installation */
export async function startSitesCloud(domains: readonly string[] = []): Promise<SitesCloud> {
  const folder = mkdtempSync(join(tmpdir(), 'sites-'));
  const assembly = join(folder, 'cdk.out');
  synthesize(assembly, domains);
  const running = await startCloud({
    assembly,
    stateDir: join(folder, 'state'),
    services: [s3, keyValueStores, cloudfront],
    parameters: { SitesProtocol: 'http' },
    log: () => undefined,
  });
  const config = { region: 'us-east-1', credentials: running.operator };
  const client = new S3Client({ ...config, endpoint: running.endpoint, forcePathStyle: true });
  const keyValues = keyValueClient(config, running.endpoint);
  const { SitesUrl: url = '', Files: bucket = '', Store: store = '' } = running.outputs;
  const live = new LiveVersions(keyValues, store);
  return {
    running,
    client,
    bucket,
    url,
    live,
    sites: siteAdapter(ARTIFACTS, bucket, live, new Edge(url), domains, client),
    async store(bytes) {
      const digest = createHash('sha256').update(bytes).digest('hex');
      await client.send(new PutObjectCommand({ Bucket: ARTIFACTS, Key: digest, Body: bytes }));
      return { key: digest, digest: `sha256:${digest}` };
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      keyValues.destroy();
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function synthesize(outdir: string, domains: readonly string[]): void {
  const certificate = 'arn:aws:acm:us-east-1:000000000000:certificate/x';
  const context =
    domains.length === 0 ? {} : { siteDomains: domains.join(','), siteCertificate: certificate };
  const app = new App({ outdir, context, analyticsReporting: false });
  const stack = new Stack(app, 'Test');
  const sites = new Sites(stack, 'Sites');
  new Bucket(stack, 'Artifacts', { bucketName: ARTIFACTS });
  new CfnOutput(stack, 'Files', { value: sites.bucket.bucketName });
  new CfnOutput(stack, 'Store', { value: sites.store.keyValueStoreArn });
  app.synth();
}
