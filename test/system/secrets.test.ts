/** Secrets of projects on the whole system: set, and read by real builds. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, digestOf, ended, logOf, newProject, pack, startBuild, type Tree, upload } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

const project = (slug?: string) => newProject(staithe.client, slug);

const set = (slug: string, name: string, value: string) =>
  staithe.client.call('putSecret', { params: { project: slug, name }, body: { value } });

const linesOf = async (buildId: string) =>
  (await logOf(staithe.client, buildId)).map(({ message }) => message).join('\n');

/** A tree of one service that gets these secrets. */
const tree = (secrets: readonly unknown[], ...commands: string[]): Tree => ({
  'staithe.yaml': JSON.stringify({
    services: { app: { secrets, commands: [...commands, 'echo built > out'], artifacts: 'out' } },
  }),
});

describe('a build', () => {
  it('gets the secrets that its service names, and no others', async () => {
    const slug = await project();
    await set(slug, 'NPM_TOKEN', 'correct-horse');
    await set(slug, 'OTHER_TOKEN', 'battery-staple');

    const { buildId, run } = await build(
      staithe.client,
      slug,
      tree(['NPM_TOKEN'], `test "$NPM_TOKEN" = correct-horse`, `test -z "\${OTHER_TOKEN+x}"`),
    );

    expect(run.error).toBeUndefined();
    expect(run.status).toBe('completed');
    expect(await linesOf(buildId)).toContain('secrets: NPM_TOKEN');
    const { items } = await staithe.client.call('listSecretReads', {
      params: { project: slug, name: 'NPM_TOKEN' },
    });
    expect(items).toEqual([expect.objectContaining({ run_id: run.id, service: 'app', build_id: buildId })]);
    const other = await staithe.client.call('listSecretReads', {
      params: { project: slug, name: 'OTHER_TOKEN' },
    });
    expect(other.items).toEqual([]);
  });

  it('gets a secret of several lines, with quotes and other characters, to the byte', async () => {
    const slug = await project();
    const value = `-----BEGIN KEY-----\n'"\\ $HOME \`x\` é \u{1F6A2}\n-----END KEY-----\n`;
    await set(slug, 'SIGNING_KEY', value);

    const { run } = await build(
      staithe.client,
      slug,
      tree(
        ['SIGNING_KEY'],
        `test "$(printf %s "$SIGNING_KEY" | sha256sum | cut -c1-64)" = ${digestOf(Buffer.from(value))}`,
      ),
    );

    expect(run.status).toBe('completed');
  });

  it('whose project does not have a secret fails before its commands, and says how to set it', async () => {
    const slug = await project();

    const { buildId, run } = await build(staithe.client, slug, tree(['NPM_TOKEN'], 'echo a command ran'));

    expect(run).toMatchObject({ status: 'failed', error: { code: 'manifest_error', step: 'prepare' } });
    expect(run.error?.message).toContain('NPM_TOKEN');
    expect(run.error?.hint).toMatch(/staithe secret set NPM_TOKEN --project prj_/);
    expect(await linesOf(buildId)).not.toContain('$ echo a command ran');
  });

  it('of a fork gets none, and goes on without', async () => {
    const slug = await project();
    await set(slug, 'NPM_TOKEN', 'correct-horse');
    const source = await upload(staithe.client, slug, pack(tree(['NPM_TOKEN'], `test -z "\${NPM_TOKEN+x}"`)));
    const { id, latest_run } = await staithe.client.call('createBuild', {
      params: { project: slug },
      body: { source_id: source.id, trust: 'fork', git_ref: 'refs/pull/7/head' },
    });

    const run = await ended(staithe.client, latest_run?.id ?? '');

    expect(run.status).toBe('completed');
    const { items } = await staithe.client.call('listSecretReads', {
      params: { project: slug, name: 'NPM_TOKEN' },
    });
    expect(items).toEqual([]);
    expect((await staithe.client.call('getBuild', { params: { build: id } })).trust).toBe('fork');
  });

  it('of another branch than a secret is for does not get it', async () => {
    const slug = await project();
    await set(slug, 'DEPLOY_KEY', 'correct-horse');
    const source = await upload(
      staithe.client,
      slug,
      pack(tree([{ name: 'DEPLOY_KEY', branches: ['main'] }], 'test -z "$DEPLOY_KEY" || echo given')),
    );
    const statuses = await Promise.all(
      ['main', 'feature'].map(async (git_ref) => {
        const started = await staithe.client.call('createBuild', {
          params: { project: slug },
          body: { source_id: source.id, git_ref, force_rebuild: true },
        });
        const run = await ended(staithe.client, started.latest_run?.id ?? '');
        return [git_ref, run.status, (await linesOf(started.id)).split('\n').includes('given')];
      }),
    );

    expect(statuses).toEqual([
      ['main', 'completed', true],
      ['feature', 'completed', false],
    ]);
  });
});

describe('a secret', () => {
  it('that is deleted is gone for builds, and can be set again at once', async () => {
    const slug = await project();
    const params = { project: slug, name: 'NPM_TOKEN' };
    await set(slug, 'NPM_TOKEN', 'the old one');
    await staithe.client.call('deleteSecret', { params });
    const without = await build(staithe.client, slug, tree(['NPM_TOKEN'], 'true'));

    const secret = await set(slug, 'NPM_TOKEN', 'the new one');
    const started = await startBuild(
      staithe.client,
      slug,
      tree(['NPM_TOKEN'], 'test "$NPM_TOKEN" = "the new one"'),
    );

    expect(without.run.error?.code).toBe('manifest_error');
    expect(secret.versions).toBe(1);
    expect((await ended(staithe.client, started.runId)).status).toBe('completed');
  });

  it.each([
    ['npm_token', 'lower case'],
    ['1TOKEN', 'a digit at the beginning'],
    ['NPM-TOKEN', 'a hyphen'],
    ['X'.repeat(65), 'too long'],
    ['AWS_SECRET_ACCESS_KEY', 'reserved'],
    ['STAITHE_JOB_TICKET', 'reserved'],
    ['PATH', 'reserved'],
    ['LD_PRELOAD', 'reserved'],
    ['NPM%20TOKEN', 'a space'],
  ])('cannot be called %s (%s)', async (name) => {
    const slug = await project();

    const answer = await staithe.http('PUT', `/v1/projects/${slug}/secrets/${name}`, {
      body: { value: 'x' },
    });

    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', fields: [{ field: 'path.name' }] },
    });
    expect((await staithe.client.call('listSecrets', { params: { project: slug } })).items).toEqual([]);
  });

  it('of one project is nothing to another', async () => {
    const [mine, theirs] = [await project(), await project()];
    await set(mine, 'NPM_TOKEN', 'mine');
    const { secret } = await staithe.client.call('createToken', {
      body: { role: 'deployer', project: theirs },
    });
    const stranger = { token: secret };

    const answers = await Promise.all([
      staithe.http('GET', `/v1/projects/${mine}/secrets`, stranger),
      staithe.http('GET', `/v1/projects/${mine}/secrets/NPM_TOKEN`, stranger),
      staithe.http('PUT', `/v1/projects/${mine}/secrets/NPM_TOKEN`, { ...stranger, body: { value: 'x' } }),
      staithe.http('DELETE', `/v1/projects/${mine}/secrets/NPM_TOKEN`, stranger),
      staithe.http('GET', `/v1/projects/${mine}/secrets/NPM_TOKEN/reads`, stranger),
    ]);
    const { run } = await build(staithe.client, theirs, tree(['NPM_TOKEN'], 'true'));

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(run.error?.code).toBe('manifest_error');
    expect(
      (await staithe.client.call('getSecret', { params: { project: mine, name: 'NPM_TOKEN' } })).versions,
    ).toBe(1);
  });
});
