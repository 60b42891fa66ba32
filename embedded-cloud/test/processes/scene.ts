/** A cloud with process groups, the code of a small server in S3, and a client. */
import { createHash } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { type CloudOptions, type RunningCloud, startCloud } from '../../src/cloud.ts';
import { processes } from '../../src/processes/index.ts';
import type { Settings } from '../../src/processes/settings.ts';
import type { Principal } from '../../src/service.ts';
import { logs, s3 } from '../../src/services.ts';
import { type TemporaryAssembly, writeAssembly } from '../../test-kit/assembly.ts';
import { until } from '../../test-kit/patience.ts';
import { zip } from '../../test-kit/zip.ts';

const Weights = z.array(z.object({ Version: z.number(), Percent: z.number() }));
const Version = z.object({
  Version: z.number(),
  State: z.string(),
  Failure: z.string().optional(),
  Running: z.array(z.object({ Replica: z.number(), State: z.string(), Restarts: z.number() })),
  Exits: z.array(z.object({ At: z.number(), Replica: z.number(), Reason: z.string() })),
  Answers: z.array(z.object({ Total: z.number(), ServerErrors: z.number() })),
});
const Group = z.object({
  Url: z.string().optional(),
  LogGroup: z.string(),
  Isolation: z.string().optional(),
  Traffic: Weights,
  Wanted: Weights.optional(),
  Candidate: z.number().optional(),
  Versions: z.array(Version),
});
export type Group = z.infer<typeof Group>;

const OPERATOR: Principal = { kind: 'operator', arn: 'arn:aws:iam::000000000000:root' };

/** Answers with its version and what it is asked for; ends when it is told to. */
export const server = (version: string, more = ''): string => `
const { createServer } = require('node:http');
const server = createServer((request, response) => {
  if (request.url === '/exit') process.exit(3);
  ${more}
  response.setHeader('x-version', ${JSON.stringify(version)});
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => response.end(${JSON.stringify(version)} + Buffer.concat(chunks)));
});
server.listen(process.env.PORT, '127.0.0.1', () => console.log(${JSON.stringify(version)} + ' listens'));
`;

/** Quick, for tests that let processes end. */
const QUICK: Partial<Settings> = { pauseMs: 20, longestPauseMs: 200, steadyMs: 50, graceMs: 2_000 };

export class Scene {
  readonly #files: TemporaryAssembly;
  readonly #settings: Partial<Settings>;
  #cloud: RunningCloud | undefined;
  readonly #log: string[] = [];

  private constructor(files: TemporaryAssembly, settings: Partial<Settings>) {
    this.#files = files;
    this.#settings = settings;
  }

  static async open(settings: Partial<Settings> = {}, template: object = {}): Promise<Scene> {
    const Bucket = { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'code' } };
    const scene = new Scene(writeAssembly({ Test: { Resources: { Bucket, ...template } } }), settings);
    await scene.start();
    return scene;
  }

  get cloud(): RunningCloud {
    if (this.#cloud === undefined) throw new Error('The cloud is stopped.');
    return this.#cloud;
  }

  get files(): TemporaryAssembly {
    return this.#files;
  }

  async start(): Promise<void> {
    const options: CloudOptions = {
      ...this.#files,
      services: [logs, s3, (cloud) => processes(cloud, { ...QUICK, ...this.#settings })],
      log: (area, message) => this.#log.push(`${area}: ${message}`),
    };
    this.#cloud = await startCloud(options);
  }

  async stop(): Promise<void> {
    await this.cloud.stop();
    this.#cloud = undefined;
  }

  async close(): Promise<void> {
    await this.#cloud?.stop();
    this.#files[Symbol.dispose]();
  }

  call(action: string, input: Record<string, unknown>, principal = OPERATOR): Promise<unknown> {
    return this.cloud.cloud.call(principal, 'processes', action, input);
  }

  /** Stores an archive. @returns what a version is made from */
  async store(bytes: Buffer): Promise<{ S3Bucket: string; S3Key: string; Sha256: string }> {
    const Sha256 = createHash('sha256').update(bytes).digest('hex');
    const { endpoint, operator: credentials } = this.cloud;
    const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
    await client.send(new PutObjectCommand({ Bucket: 'code', Key: Sha256, Body: bytes }));
    client.destroy();
    return { S3Bucket: 'code', S3Key: Sha256, Sha256 };
  }

  async group(GroupName = 'shop', Type: 'web' | 'worker' = 'web'): Promise<void> {
    await this.call('CreateGroup', { GroupName, Type });
  }

  /** @param code of `server.js` @returns its number */
  async version(code: string, more: Record<string, unknown> = {}, GroupName = 'shop'): Promise<number> {
    const Code = await this.store(await zip({ 'server.js': code }));
    const answer = await this.call('CreateVersion', { GroupName, Command: 'node server.js', Code, ...more });
    return z.object({ Version: Version }).parse(answer).Version.Version;
  }

  async traffic(...weights: [version: number, percent: number][]): Promise<void> {
    const Weights = weights.map(([Version, Percent]) => ({ Version, Percent }));
    await this.call('SetTraffic', { GroupName: 'shop', Weights });
  }

  /** Gives a version all of the traffic, and waits until it has it. */
  async roll(version: number): Promise<void> {
    await this.traffic([version, 100]);
    await this.until(({ Traffic }) => Traffic[0]?.Version === version && Traffic.length === 1);
  }

  async describe(GroupName = 'shop'): Promise<Group> {
    const answer = await this.call('DescribeGroup', { GroupName });
    return z.object({ Group }).parse(answer).Group;
  }

  async state(version: number, GroupName = 'shop') {
    const found = (await this.describe(GroupName)).Versions.find((each) => each.Version === version);
    if (found === undefined) throw new Error(`There is no version ${version}.`);
    return found;
  }

  until(done: (group: Group) => boolean, GroupName = 'shop'): Promise<Group> {
    return until(() => this.describe(GroupName), done);
  }

  async untilState(version: number, state: string, GroupName = 'shop') {
    return until(
      () => this.state(version, GroupName),
      ({ State }) => State === state,
    );
  }

  async url(path = ''): Promise<string> {
    return `${(await this.describe()).Url}${path}`;
  }

  async get(path = ''): Promise<{ status: number; body: string }> {
    const response = await fetch(await this.url(path));
    return { status: response.status, body: await response.text() };
  }

  async lines(GroupName = 'shop'): Promise<string[]> {
    const logGroupName = (await this.describe(GroupName)).LogGroup;
    const answer = await this.cloud.cloud
      .call(OPERATOR, 'logs', 'FilterLogEvents', { logGroupName })
      .catch(() => ({ events: [] }));
    const { events } = z.object({ events: z.array(z.object({ message: z.string() })) }).parse(answer);
    return events.map(({ message }) => message);
  }
}
