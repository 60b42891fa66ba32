/** What happens at the quota of each API that Staithe calls and AWS limits: it refuses everything, and then nothing more. */

import { rateOf } from 'embedded-cloud/quotas';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploy, ended, functionTree, newSlug, release, startBuild } from './flow.ts';
import { type HttpAnswer, type Staithe, startStaithe } from './server.ts';

const NOTHING = { burst: 0, perSecond: 0 };

let staithe: Staithe;
/** APIs that refuse everything for the moment, by the beginning of their names. */
let full = 'none';
/** How often each of them has refused a call meanwhile. */
const refused = new Map<string, number>();
const refuse = (api: string) => refused.set(api, refusals(api) + 1);
const refusals = (api: string): number => refused.get(api) ?? 0;
beforeAll(async () => {
  staithe = await startStaithe({
    quotas: {
      concurrentExecutions: 1000,
      runningBuilds: 1,
      get queuedBuilds() {
        if (full !== 'codebuild:') return 300;
        refuse(full);
        return 0;
      },
      rateOf(action) {
        const limited = rateOf(action, 'us-east-1');
        if (limited === undefined || !action.startsWith(full)) return undefined;
        refuse(full);
        return { key: limited.key, rate: NOTHING };
      },
    },
  });
});
afterAll(() => staithe[Symbol.asyncDispose]());

/** Begins something while these APIs refuse, which they do until they have refused so many calls. */
async function whileFull<T>(apis: string, times: number, begin: () => Promise<T>): Promise<T> {
  full = apis;
  const letGo = until(
    () => refusals(apis),
    (count) => count >= times,
  ).finally(() => {
    full = 'none';
  });
  const [begun] = await Promise.all([begin(), letGo]);
  return begun;
}

const setSecrets = (slug: string, names: readonly string[]): Promise<HttpAnswer[]> =>
  Promise.all(
    names.map((name) =>
      staithe.http('PUT', `/v1/projects/${slug}/secrets/${name}`, {
        body: { value: `value of ${name}` },
        headers: { 'idempotency-key': `set-${name}` },
      }),
    ),
  );

describe('at the quotas of an account', () => {
  it('what Secrets Manager throttles is a 503 that says when to come back, and is done by the same request then', async () => {
    const { client } = staithe;
    const slug = newSlug('secrets');
    const params = { project: slug };
    await client.call('createProject', { body: { slug } });
    const names = ['ONE', 'TWO', 'THREE', 'FOUR'];

    full = 'secretsmanager:';
    const refused = await setSecrets(slug, names);
    full = 'none';
    const served = await Promise.all(
      names.map((name) =>
        client.call('putSecret', {
          params: { ...params, name },
          body: { value: `value of ${name}` },
          idempotencyKey: `set-${name}`,
        }),
      ),
    );

    for (const { status, headers, body } of refused) {
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      expect(body).toMatchObject({ code: 'at_limit' });
    }
    expect(served).toHaveLength(names.length);
    const { items } = await client.call('listSecrets', { params });
    expect(items.map(({ name }) => name).sort()).toEqual(names.sort());
  });

  it.each([
    ['StartExecution throttles', 'states:StartExecution'],
    ['CodeBuild’s full queue refuses', 'codebuild:'],
  ])('what %s is started later, and each build in its turn', async (_, apis) => {
    const { client } = staithe;
    const slug = newSlug('builds');
    await client.call('createProject', { body: { slug } });
    const tree = (name: string) => ({
      'staithe.yaml': JSON.stringify({
        services: { app: { commands: [`echo ${name} >out`], artifacts: 'out' } },
      }),
    });

    const started = await whileFull(apis, 1, () =>
      Promise.all(['a', 'b', 'c'].map((name) => startBuild(client, slug, tree(name)))),
    );
    const runs = await Promise.all(started.map(({ runId }) => ended(client, runId)));

    expect(runs.map(({ status, error }) => [status, error])).toEqual(
      runs.map(() => ['completed', undefined]),
    );
  });

  it('deployments that Lambda’s control plane refuses go on once it takes calls, and each of them succeeds', async () => {
    const { client } = staithe;
    const sites = await Promise.all(
      ['one', 'two', 'three'].map(async (name) => {
        const slug = newSlug(name);
        await client.call('createProject', { body: { slug } });
        await client.call('putEnvironment', {
          params: { project: slug, environment: 'test' },
          body: { target: { kind: 'lambda', function_name: `${slug}-test` } },
        });
        return { slug, cut: await release(client, slug, '1.0.0', functionTree(name)) };
      }),
    );

    // The SDK calls three times before it gives up: of so many refusals, some have come to a step of the workflow.
    const deployments = await whileFull('lambda:', 3 * sites.length + 1, () =>
      Promise.all(sites.map(({ slug, cut }) => deploy(client, slug, 'test', cut.id))),
    );

    expect(deployments.map(({ status, error }) => [status, error?.message])).toEqual(
      deployments.map(() => ['succeeded', undefined]),
    );
  });
});
