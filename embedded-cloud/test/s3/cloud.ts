/** Runs S3 in a real embedded cloud: real gateway, real signatures and policies, a template of a few buckets. */
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { type RunningCloud, startCloud } from '../../src/cloud.ts';
import { s3 } from '../../src/s3/index.ts';
import type { Service } from '../../src/service.ts';
import { writeAssembly } from '../../test-kit/assembly.ts';

/** `plain`, `versioned`, `events` (to EventBridge), `web` (CORS), `kms`. */
export const BUCKETS = {
  Plain: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'plain' } },
  Versioned: {
    Type: 'AWS::S3::Bucket',
    Properties: { BucketName: 'versioned', VersioningConfiguration: { Status: 'Enabled' } },
  },
  Events: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'events' } },
  EventsNotifications: {
    Type: 'Custom::S3BucketNotifications',
    Properties: {
      ServiceToken: 'arn:aws:lambda:us-east-1:000000000000:function:notifications',
      BucketName: { Ref: 'Events' },
      NotificationConfiguration: { EventBridgeConfiguration: {} },
      Managed: true,
    },
  },
} as const;

export interface PutEntry {
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
  readonly Resources: readonly string[];
}

export interface S3Cloud extends AsyncDisposable {
  readonly running: RunningCloud;
  /** Events that EventBridge took. */
  readonly events: PutEntry[];
  /** The operator's client, or one with other credentials. */
  client(config?: S3ClientConfig): S3Client;
  restart(): Promise<void>;
  setTime(milliseconds: number | undefined): void;
}

export interface S3CloudOptions {
  readonly resources?: Record<string, unknown>;
  /** Fails this many times before EventBridge takes anything. */
  readonly eventFailures?: number;
}

export async function startS3(options: S3CloudOptions = {}): Promise<S3Cloud> {
  const folder = writeAssembly({ Test: { Resources: options.resources ?? BUCKETS } });
  const events: PutEntry[] = [];
  let failures = options.eventFailures ?? 0;
  let time: number | undefined;
  const eventBridge = (): Service => ({
    name: 'events',
    actions: {
      PutServiceEvents: ({ Entries }) => {
        if (failures-- > 0) throw new Error('EventBridge is not there yet');
        if (Array.isArray(Entries)) events.push(...Entries);
        return { FailedEntryCount: 0 };
      },
    },
  });
  const start = () =>
    startCloud({
      assembly: folder.assembly,
      stateDir: folder.stateDir,
      services: [s3, eventBridge],
      now: () => time ?? Date.now(),
      log: () => undefined,
    });
  let running = await start();
  const clients: S3Client[] = [];
  return {
    get running() {
      return running;
    },
    events,
    client(config = {}) {
      const client = new S3Client({
        region: 'us-east-1',
        endpoint: running.endpoint,
        forcePathStyle: true,
        credentials: running.operator,
        maxAttempts: 1,
        ...config,
      });
      clients.push(client);
      return client;
    },
    async restart() {
      await running.stop();
      running = await start();
    },
    setTime(milliseconds) {
      time = milliseconds;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      await running.stop();
      folder[Symbol.dispose]();
    },
  };
}

/** Code and HTTP status that a call fails with. */
export async function refusal(call: Promise<unknown>): Promise<{ code: string; status: number | undefined }> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const metadata: unknown = Reflect.get(error, '$metadata');
    const status: unknown =
      typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
    return { code: error.name, status: typeof status === 'number' ? status : undefined };
  }
  throw new Error('The call was expected to fail and did not.');
}

/** Code of an error document. */
export function codeIn(body: string): string | undefined {
  return /<Code>([^<]*)<\/Code>/.exec(body)?.[1];
}
