/** A git host, a project with its repository, and webhooks of pushes as GitHub would send them. */
import { createHmac, randomUUID } from 'node:crypto';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { expect } from 'vitest';
import type { Delivery } from '../../lib/domain/delivery/schema.ts';
import { ownAssembly } from './assembly.ts';
import { functionTree, newSlug } from './flow.ts';
import { type GitHost, startGitHost } from './git-host.ts';
import { type HttpAnswer, type Staithe, startStaithe } from './server.ts';

/** The pauses between tries at a git host that is down are seconds long: here the first is 1 s and not 5. */
const impatient = () =>
  ownAssembly({
    change: ({ Resources }) => {
      for (const { Type, Properties } of Object.values(Resources))
        if (Type === 'AWS::StepFunctions::StateMachine')
          Properties.DefinitionString = JSON.parse(
            JSON.stringify(Properties.DefinitionString).replaceAll(
              String.raw`\"IntervalSeconds\":5,\"BackoffRate\":2,`,
              String.raw`\"IntervalSeconds\":1,\"BackoffRate\":1,`,
            ),
          );
    },
  });

/** @param options.signature null for none */
interface Sending {
  readonly event?: string;
  readonly signature?: string | null;
  readonly guid?: string;
}

export class Pushes implements AsyncDisposable {
  readonly host: GitHost;
  readonly staithe: Staithe;
  readonly project: string;
  version = 0;

  private constructor(host: GitHost, staithe: Staithe, project: string) {
    this.host = host;
    this.staithe = staithe;
    this.project = project;
  }

  static async start(): Promise<Pushes> {
    const host = await startGitHost();
    const assembly = await impatient();
    const staithe = await startStaithe({ assembly, counts: true, parameters: { GitHostUrl: host.url } });
    const slug = newSlug('pushed');
    await staithe.client.call('createProject', { body: { slug, repository: 'acme/hello' } });
    return new Pushes(host, staithe, slug);
  }

  sign(body: string, secret = this.staithe.webhookSecret): string {
    return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  }

  /** Sends what GitHub would send. */
  post(payload: unknown, options: Sending = {}): Promise<HttpAnswer> {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const { signature = this.sign(body), event = 'push', guid = randomUUID() } = options;
    return this.staithe.http('POST', '/v1/webhooks/github', {
      token: null,
      body,
      headers: {
        'x-github-event': event,
        'x-github-delivery': guid,
        ...(signature !== null && { 'x-hub-signature-256': signature }),
      },
    });
  }

  /** What came of a delivery, once that is known. */
  decided(id: string): Promise<Delivery> {
    return until(
      () => this.staithe.client.call('getDelivery', { params: { delivery: id } }),
      ({ decision }) => decision.kind !== 'received',
    );
  }

  async deliver(payload: unknown, options?: Sending): Promise<Delivery> {
    return this.decided(idIn(await this.post(payload, options)));
  }

  async buildsOf(sha: string) {
    const params = { project: this.project };
    const { items } = await this.staithe.client.call('listBuilds', { params, query: { limit: 100 } });
    return items.filter(({ git_sha }) => git_sha === sha);
  }

  newCommit(): string {
    return this.host.commit(functionTree(`version ${++this.version}`));
  }

  /** A commit whose build takes until it is cancelled. */
  endlessCommit(): string {
    return this.host.commit({
      'staithe.yaml': JSON.stringify({
        services: { web: { commands: [`sleep 60${++this.version}`], artifacts: 'out' } },
      }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.staithe[Symbol.asyncDispose]();
    await this.host[Symbol.asyncDispose]();
  }
}

export const pushOf = (sha: string, more: object = {}) => ({
  ref: 'refs/heads/main',
  before: '0'.repeat(40),
  after: sha,
  deleted: false,
  head_commit: { id: sha },
  repository: { full_name: 'acme/hello', private: false },
  pusher: { name: 'somebody' },
  ...more,
});

/** The delivery that a webhook was taken as. */
export const idIn = (answer: HttpAnswer): string => {
  expect(answer.status).toBe(202);
  return String(Reflect.get(Object(answer.body), 'delivery_id'));
};
