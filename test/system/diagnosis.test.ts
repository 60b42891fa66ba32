import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, commandTree, newSlug, type Tree } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

async function diagnosisOf(tree: Tree) {
  const slug = newSlug();
  await staithe.client.call('createProject', { body: { slug } });
  const { buildId } = await build(staithe.client, slug, tree);
  return staithe.client.call('getBuildDiagnosis', { params: { build: buildId }, query: {} });
}

describe.concurrent('the diagnosis of a build over HTTP', () => {
  it('names a program that is not there, with the end of the log and what to try next', async () => {
    const report = await diagnosisOf(commandTree(['echo begun', 'terraform-docs markdown .']));

    expect(report.failure).toMatchObject({
      code: 'build_error',
      step: 'terraform-docs markdown .',
      exit_code: 127,
      hint: expect.stringContaining('terraform-docs was not found on the build machine'),
    });
    expect(report.run).toMatchObject({ status: 'failed', id: report.runs[0]?.id });
    expect(report.jobs).toMatchObject([{ service: 'app', status: 'failed' }]);
    const params = { build: report.build.id };
    await eventually(async () => {
      const { log } = await staithe.client.call('getBuildDiagnosis', { params, query: {} });
      expect(log.map(({ message }) => message)).toContain('begun');
    });
    expect(report.next[0]).toBe(`staithe build logs ${report.build.id} --run ${report.run?.id}`);
  });

  it('tells refused credentials from a broken build by what the tool says', async () => {
    const report = await diagnosisOf(
      commandTree(['echo "fatal: Authentication failed for \'https://git.example.com/a.git/\'"; exit 128']),
    );

    expect(report.failure).toMatchObject({
      code: 'auth_error',
      hint: expect.stringContaining('staithe secret set GITHUB_TOKEN'),
    });
    expect(report.next.at(-1)).toBe(`staithe build run ${report.build.id} --failed --follow`);
  });

  it('of a build that left nothing says what was looked for, what is there, and what was probably meant', async () => {
    const report = await diagnosisOf({
      'staithe.yaml':
        'services:\n  app:\n    commands: [mkdir -p build && echo x > build/app.js]\n    artifacts: dist/**\n',
    });

    expect(report.failure).toMatchObject({ code: 'zero_artifacts', service: 'app', step: 'pack' });
    expect(report.failure?.message).toContain("'dist/**' matches no file ('dist' does not exist)");
    expect(report.failure?.hint).toContain("Did you mean 'build/**'?");
    expect(report.artifacts).toEqual([]);
  });

  it('of a build that went well has its artifacts and no failure', async () => {
    const report = await diagnosisOf(commandTree(['echo hello > out']));

    expect(report.failure).toBeNull();
    expect(report.artifacts).toMatchObject([{ service: 'app', status: 'stored' }]);
  });
});
