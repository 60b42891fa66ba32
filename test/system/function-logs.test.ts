import { until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploy, newSlug, release, type Tree } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

const functionOf = (code: string): Tree => ({
  'staithe.yaml': 'services:\n  web:\n    artifacts: index.mjs\n',
  'index.mjs': code,
});

/** A project with an environment `test` and the function `<slug>-test`. */
async function projectWith(variables: Record<string, string> = {}): Promise<string> {
  const slug = newSlug('logs');
  await staithe.client.call('createProject', { body: { slug } });
  await staithe.client.call('putEnvironment', {
    params: { project: slug, environment: 'test' },
    body: { target: { kind: 'lambda', function_name: `${slug}-test` }, variables },
  });
  return slug;
}

describe('the log of a deployed function', () => {
  it('ends the error of its deployment when it fails, with the cause named and secrets masked', async () => {
    const slug = await projectWith({ API_TOKEN: 'plainly-5ecret' });
    const { id } = await release(
      staithe.client,
      slug,
      '1.0.0',
      functionOf("console.log('with', process.env.API_TOKEN);\nawait import('left-pad');\n"),
    );

    const { status, error } = await deploy(staithe.client, slug, 'test', id);

    expect(status).toBe('failed');
    expect(error?.message).toMatch(/did not answer: the function failed .*needs the module 'left-pad'/);
    expect(error?.hint).toContain('staithe environment logs test --project prj_');
    const lines = error?.last_lines?.join('\n');
    expect(lines).toMatch(/with \*\*\*\n.*Runtime\.ImportModuleError: Error: Cannot find package 'left-pad'/);
    expect(lines).not.toContain('plainly-5ecret');
  });

  it('can be read and followed by those who see its project, and by nobody else', async () => {
    const slug = await projectWith();
    const other = await projectWith();
    const { id } = await release(
      staithe.client,
      slug,
      '1.0.0',
      functionOf(
        "export const handler = async ({ rawPath }) => { console.log('asked for', rawPath); return 'ok'; };\n",
      ),
    );
    const params = { project: slug, environment: 'test' };
    const before = await staithe.client.call('getEnvironmentLogs', { params });
    const { url = '' } = await deploy(staithe.client, slug, 'test', id);

    const [viewer, stranger] = await Promise.all([tokenOf(slug, 'viewer'), tokenOf(other, 'admin')]);
    let cursor = before.next_cursor;
    const seen: string[] = [];
    await fetch(new URL('/here', url));
    await until(
      async () => {
        const page = await viewer.call('getEnvironmentLogs', { params, query: { cursor, wait: 5 } });
        cursor = page.next_cursor;
        seen.push(...page.items.map(({ version, message }) => `${version} ${message}`));
        return seen;
      },
      (lines) => lines.some((line) => line.endsWith('asked for /here')),
    );

    expect(before.items).toEqual([]);
    // Once before it had traffic, and once at its URL.
    expect(seen.filter((line) => /asked for \/$/.test(line))).toHaveLength(2);
    expect(seen.at(-1)).toMatch(/^1 .*asked for \/here$/);
    const text = await staithe.http('GET', `/v1/projects/${slug}/environments/test/logs?format=text`);
    expect(String(text.body)).toMatch(/\[\d\d:\d\d:\d\d\] 1 \| .*asked for \/here\n$/);
    await expect(stranger.call('getEnvironmentLogs', { params })).rejects.toMatchObject({
      problem: { status: 404 },
    });
  });
});

async function tokenOf(project: string, role: 'viewer' | 'admin') {
  const { secret } = await staithe.client.call('createToken', { body: { role, project } });
  return staithe.as(secret);
}

describe('a runtime that cannot run', () => {
  it.each(['python3.13', 'nodejs16.x', 'nodejs99.x'])('is refused at once: %s', async (runtime) => {
    const slug = await projectWith();

    const answer = await staithe.http('PUT', `/v1/projects/${slug}/environments/other`, {
      body: { target: { kind: 'lambda', function_name: `${slug}-other`, runtime } },
    });

    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body)).toContain('nodejs22.x, nodejs24.x');
    expect(JSON.stringify(answer.body)).toContain('runtime_unavailable');
  });
});
