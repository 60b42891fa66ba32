/** Claims on `staithe build diagnose`. */
import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../lib/contract/routes.ts';
import { startContractServer } from './contract-server.ts';
import { artifact, build, failedRun, id, job, line, run } from './examples.ts';
import { makeHome } from './process.ts';

const failure = {
  code: 'auth_error',
  message: 'Building the image ended with exit code 1: npm error code E401.',
  hint: 'Keep the credential with `staithe secret set NPM_TOKEN`.',
  service: 'api',
  step: 'build image',
  stage: '[build 3/5] RUN npm ci',
  exit_code: 1,
  last_lines: ['npm error code E401'],
};
const next = [`staithe build run ${build.id} --failed --follow`];

const answer = ROUTES.getBuildDiagnosis.success.body;
const report = answer.parse({
  build,
  run: failedRun,
  runs: [failedRun, { ...run, id: id('run').replace('Y0', 'Y1') }],
  jobs: [{ ...job, status: 'failed', error: failure }],
  artifacts: [artifact],
  log: [line('added 3 packages'), line('npm error code E401')],
  failure,
  next,
});

describe('staithe build diagnose', () => {
  test('shows in sections what was built, how it went, why it failed and what to try next', async () => {
    await using server = await startContractServer({ getBuildDiagnosis: () => report });
    using home = makeHome(server.url);

    const { code, stdout } = await home.run(['build', 'diagnose', build.id]);

    expect(code).toBe(0);
    expect(stdout.match(/^\w+$/gm)).toEqual(['Build', 'Runs', 'Jobs', 'Artifacts', 'Log', 'Reason', 'Next']);
    for (const part of [
      /inputs +channel=beta/,
      `${failedRun.id} *`,
      '[09:30:00] npm error code E401',
      /error +auth_error/,
      /stage +\[build 3\/5\] RUN npm ci/,
      /ended by +exit code 1/,
      /hint +Keep the credential with `staithe secret set NPM_TOKEN`\./,
      `  ${next[0]}`,
    ])
      expect(stdout).toMatch(part);
  });

  test('prints the answer as it is with --json, and asks for the run that is named', async () => {
    const asked: unknown[] = [];
    await using server = await startContractServer({
      getBuildDiagnosis: ({ query }) => {
        asked.push(query);
        return report;
      },
    });
    using home = makeHome(server.url);

    const { stdout } = await home.run(['build', 'diagnose', build.id, '--run', run.id, '--json']);

    expect(JSON.parse(stdout)).toEqual(report);
    expect(asked).toEqual([{ run: run.id }]);
  });

  test('colours what failed where colours are wanted, and lets no build steer the terminal', async () => {
    const steering = answer.parse({
      ...report,
      failure: { ...failure, message: 'gone\u001b[2J\u0007' },
    });
    await using server = await startContractServer({ getBuildDiagnosis: () => steering });
    using home = makeHome(server.url);

    const { stdout } = await home.run(['build', 'diagnose', build.id], { env: { FORCE_COLOR: '1' } });

    expect(stdout).toContain('\u001b[31mauth_error');
    expect(stdout).not.toContain('\u001b[2J');
  });

  test.each([
    ['never ran', { run: null, runs: [], jobs: [], log: [], failure: null }, 'The build has no run.'],
    ['went well', { run, failure: null }, 'No failure: the run completed.'],
    ['has lost its log', { log: [] }, '| npm error code E401'],
  ])('of a build that %s says so', async (_, more, text) => {
    await using server = await startContractServer({ getBuildDiagnosis: () => ({ ...report, ...more }) });
    using home = makeHome(server.url);

    const { code, stdout } = await home.run(['build', 'diagnose', build.id]);

    expect(code).toBe(0);
    expect(stdout).toContain(text);
  });
});
