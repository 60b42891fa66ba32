/** Lists over HTTP, with the permissions that the template gives: by status, ref and decision, across projects, and for whom. */
import { createHmac } from 'node:crypto';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../lib/contract/client.ts';
import { build, newSlug, startBuild } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
/** A project, a client whose token is bound to it, and a build of each end. */
let made: Awaited<ReturnType<typeof makeAll>>;
beforeAll(async () => {
  staithe = await sharedStaithe();
  made = await makeAll();
});
afterAll(() => staithe[Symbol.asyncDispose]());

const treeOf = (command: string) => ({
  'staithe.yaml': JSON.stringify({ services: { web: { commands: [command], artifacts: 'out' } } }),
});

async function makeAll() {
  const { client } = staithe;
  const [slug, other] = [newSlug('lists'), newSlug('others')];
  const repository = `acme/${slug}`;
  const { id } = await client.call('createProject', { body: { slug, repository } });
  await client.call('createProject', { body: { slug: other, repository } });
  const { secret } = await client.call('createToken', { body: { role: 'viewer', project: slug } });
  const [good, bad] = await Promise.all([
    build(client, slug, treeOf('echo 1 > out'), { git_ref: 'main' }),
    build(client, slug, treeOf('exit 3'), { git_ref: 'refs/tags/main' }),
    startBuild(client, other, treeOf('echo 2 > out'), { git_ref: 'main' }),
  ]);
  return { slug, other, id, repository, good, bad, bound: createClient({ url: staithe.url, token: secret }) };
}

const idsOf = ({ items }: { readonly items: readonly { readonly id: string }[] }) =>
  items.map(({ id }) => id);

describe('builds', () => {
  it('are found by status and by ref, and show how their newest runs stand', async () => {
    const { slug, good, bad } = made;
    const list = (query: object) => staithe.client.call('listBuilds', { params: { project: slug }, query });

    // The index follows the table.
    const failed = await until(
      () => list({ status: 'failed' }),
      ({ items }) => items.length > 0,
    );
    expect(failed.items).toMatchObject([
      {
        id: bad.buildId,
        trigger: 'request',
        latest_run: { id: bad.runId, status: 'failed', job_counts: { total: 1, failed: 1 } },
      },
    ]);
    expect(idsOf(await list({ status: 'completed' }))).toEqual([good.buildId]);
    expect(idsOf(await list({ ref: 'refs/heads/main' }))).toEqual([good.buildId]);
    expect(idsOf(await list({ ref: 'refs/tags/main' }))).toEqual([bad.buildId]);
    expect(idsOf(await list({ until: '2026-01-01T00:00:00.000Z' }))).toEqual([]);
  });

  it('of all projects are, for a token of one, those of that one', async () => {
    const { bound, id, other } = made;

    const lists = await Promise.all([
      bound.call('listAllBuilds', { query: {} }),
      bound.call('listArtifacts', { query: {} }),
      bound.call('listAllReleases', { query: {} }),
      bound.call('listAllDeployments', { query: {} }),
      bound.call('listDeliveries', { query: {} }),
    ]);

    expect(lists.map(({ items }) => items.length)).toEqual([2, 1, 0, 0, 0]);
    expect(lists[0].items.map(({ project_id }) => project_id)).toEqual([id, id]);
    await expect(bound.call('listDeliveries', { query: { project: other } })).rejects.toMatchObject({
      problem: { code: 'not_found' },
    });
  });
});

describe('deliveries', () => {
  it('that start nothing stand in the list of each project of the repository, by their decision', async () => {
    const { slug, other, repository } = made;
    const body = JSON.stringify({ zen: 'Design for failure.', repository: { full_name: repository } });
    const signature = `sha256=${createHmac('sha256', staithe.webhookSecret).update(body).digest('hex')}`;
    const headers = {
      'x-github-event': 'ping',
      'x-github-delivery': 'one',
      'x-hub-signature-256': signature,
    };
    const sent = await staithe.http('POST', '/v1/webhooks/github', { token: null, body, headers });
    const id = Reflect.get(Object(sent.body), 'delivery_id');

    for (const project of [slug, other]) {
      const { items } = await until(
        () => staithe.client.call('listDeliveries', { query: { project, decision: 'ignored' } }),
        (page) => page.items.length > 0,
      );
      expect(items).toMatchObject([{ id, event: 'ping', decision: { kind: 'ignored' } }]);
    }
    expect((await made.bound.call('listDeliveries', { query: { decision: 'failed' } })).items).toEqual([]);
  });
});
