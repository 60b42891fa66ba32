/** What happens at the quota of each API that Staithe calls and AWS limits: an account in which all of them are tiny. */

import { rateOf } from 'embedded-cloud/quotas';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploy, ended, functionTree, newSlug, release, startBuild } from './flow.ts';
import { type HttpAnswer, type Staithe, startStaithe } from './server.ts';

/** In place of what AWS allows: two at once, and two a second. */
const TINY = { burst: 2, perSecond: 2 };
const NOTHING = { burst: 0, perSecond: 0 };

let staithe: Staithe;
/** APIs of a service that refuses everything for the moment, by the beginning of their names. */
let full = 'none';
/** How often each API was called; those that are throttled are called again. */
const called = new Map<string, number>();
beforeAll(async () => {
  staithe = await startStaithe({
    quotas: {
      concurrentExecutions: 1000,
      runningBuilds: 1,
      queuedBuilds: 1,
      rateOf(action) {
        const limited = rateOf(action, 'us-east-1');
        if (limited === undefined) return undefined;
        called.set(action, (called.get(action) ?? 0) + 1);
        return { key: limited.key, rate: action.startsWith(full) ? NOTHING : TINY };
      },
    },
  });
});
afterAll(() => staithe[Symbol.asyncDispose]());

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
        client.call('putSecret', { params: { ...params, name }, body: { value: `value of ${name}` } }),
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

  it('builds start in their turn: what StartExecution throttles and what CodeBuild’s full queue refuses is started later', async () => {
    const { client } = staithe;
    const slug = newSlug('builds');
    await client.call('createProject', { body: { slug } });
    const tree = (name: string) => ({
      'staithe.yaml': JSON.stringify({
        services: { app: { commands: [`echo ${name} >out`], artifacts: 'out' } },
      }),
    });

    const started = await Promise.all(['a', 'b', 'c'].map((name) => startBuild(client, slug, tree(name))));
    const runs = await Promise.all(started.map(({ runId }) => ended(client, runId)));

    expect(runs.map(({ status, error }) => [status, error])).toEqual(
      runs.map(() => ['completed', undefined]),
    );
    expect(called.get('states:StartExecution')).toBeGreaterThanOrEqual(3);
  });

  it('deployments at the same time share Lambda’s control plane, and each of them succeeds', async () => {
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

    const deployments = await Promise.all(sites.map(({ slug, cut }) => deploy(client, slug, 'test', cut.id)));

    expect(deployments.map(({ status, error }) => [status, error?.message])).toEqual(
      deployments.map(() => ['succeeded', undefined]),
    );
  });
});
