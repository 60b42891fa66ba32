/** Text of others at the terminal: whatever a build, a file or a server says, nothing but text comes out. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { type OperationId, ROUTES } from '../../lib/contract/routes.ts';
import { type Handlers, startContractServer } from './contract-server.ts';
import { artifact, build, failedRun, id, job, line, pendingRun, run } from './examples.ts';
import { makeHome } from './process.ts';

/** Sets the title, clears the screen, and begins a sequence with the one byte that some terminals take for two. */
const EVIL = '\x1b]0;pwned\x07\x1b[2J\r\b\x7f\x9b31m\x1bc';
// biome-ignore lint/suspicious/noControlCharactersInRegex: what must not come out
const STEERING = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

/** The value with EVIL in every text in which the contract lets it be. */
function poisoned<S extends z.ZodType>(schema: S, value: z.output<S>): z.output<S> {
  let whole: unknown = structuredClone(value);
  const at = (root: unknown, path: readonly string[]) =>
    path.reduce<unknown>((node, key) => Reflect.get(Object(node), key), root);
  const walk = (node: unknown, path: readonly string[]): void => {
    if (typeof node === 'string') {
      const changed = structuredClone(whole);
      Reflect.set(Object(at(changed, path.slice(0, -1))), path.at(-1) ?? '', `${node}${EVIL}`);
      if (schema.safeParse(changed).success) whole = changed;
    } else if (typeof node === 'object' && node !== null)
      for (const key of Object.keys(node)) walk(Reflect.get(node, key), [...path, key]);
  };
  walk(value, []);
  return schema.parse(whole);
}

const answerOf = <Op extends OperationId>(operation: Op, value: unknown) => {
  const { body } = ROUTES[operation].success;
  if (body === null) throw new Error(`${operation} has no body.`);
  return () => poisoned<z.ZodType>(body, value);
};

const AT = '2026-11-21T09:30:00.000Z';
const failure = {
  ...failedRun.error,
  hint: 'Mend it.',
  step: 'make',
  stage: '[1/2] RUN',
  last_lines: ['no'],
};
const failedJob = { ...job, status: 'failed', error: failure };
const page = { items: [line('hello')], next_cursor: '', complete: true };
const cache = {
  ...{ project_id: build.project_id, service: 'web', matrix: { node: '24' }, trust: 'own', branch: 'main' },
  ...{ platform: 'linux-arm64', paths: ['node_modules'], key: 'a'.repeat(64), sha256: 'a'.repeat(64) },
  ...{ size_bytes: 1, job_id: job.id, saved_at: AT, expires_at: AT },
};
const secret = {
  ...{ name: 'NPM_TOKEN', project_id: build.project_id, versions: 1, created_at: AT, created_by: 'x' },
  ...{ updated_at: AT, updated_by: 'x' },
};
const diagnosisOf = (shown: object) => ({
  ...{
    build: { ...build, git_ref: 'main', inputs: { a: 'b' } },
    run: shown,
    runs: [shown],
    jobs: [failedJob],
  },
  ...{ artifacts: [artifact], log: [line('hello')], failure: { ...failure }, next: ['staithe build show'] },
});

const SERVER = {
  getBuild: answerOf('getBuild', { ...build, latest_run: failedRun }),
  getRun: answerOf('getRun', failedRun),
  listRuns: answerOf('listRuns', { items: [failedRun, run], next_cursor: null }),
  listJobs: answerOf('listJobs', { items: [failedJob] }),
  getJob: answerOf('getJob', failedJob),
  listBuildArtifacts: answerOf('listBuildArtifacts', { items: [artifact] }),
  getBuildLogs: answerOf('getBuildLogs', page),
  getJobLogs: answerOf('getJobLogs', page),
  getArtifact: answerOf('getArtifact', artifact),
  createArtifact: answerOf('createArtifact', { ...artifact, upload: null, multipart: null }),
  listCaches: answerOf('listCaches', { items: [cache], next_cursor: null }),
  putSecret: answerOf('putSecret', secret),
  getSecret: answerOf('getSecret', secret),
  listSecrets: answerOf('listSecrets', { items: [secret], next_cursor: null }),
  getBuildDiagnosis: answerOf('getBuildDiagnosis', diagnosisOf(failedRun)),
} as Handlers;

const COMMANDS = [
  ['build', 'diagnose', build.id],
  ['build', 'logs', build.id],
  ['build', 'logs', build.id, '--follow'],
  ['build', 'show', build.id],
  ['build', 'runs', build.id],
  ['build', 'artifacts', build.id],
  ['run', 'show', failedRun.id],
  ['job', 'show', job.id],
  ['job', 'logs', job.id],
  ['artifact', 'show', artifact.id],
  ['artifact', 'upload', 'a.zip', '--project', 'hello'],
  ['cache', 'list', '--project', 'hello'],
  ['secret', 'list', '--project', 'hello'],
  ['secret', 'show', 'NPM_TOKEN', '--project', 'hello'],
  ['secret', 'set', 'NPM_TOKEN', '--project', 'hello'],
];

describe('what a server tells of builds', () => {
  test.each(COMMANDS.map((args) => [args.join(' '), args] as const))(
    'steers no terminal: staithe %s',
    async (_, args) => {
      await using server = await startContractServer(SERVER);
      using home = makeHome(server.url);
      writeFileSync(join(home.folder, 'a.zip'), 'bytes');

      for (const more of [[], ['--json']]) {
        const { code, stdout, stderr } = await home.run([...args, ...more], { stdin: 'a value' });

        expect([0, 6], stderr).toContain(code);
        expect(stdout).not.toBe('');
        expect(`${stdout}${stderr}`).not.toMatch(STEERING);
      }
    },
  );

  test('steers none either while a run is under way', async () => {
    const under = { ...pendingRun, status: 'building', stage: 'command 1 of 2' };
    const shown = { ...diagnosisOf(under), failure: null };
    await using server = await startContractServer({
      getBuildDiagnosis: answerOf('getBuildDiagnosis', shown),
    } as Handlers);
    using home = makeHome(server.url);

    const { stdout } = await home.run(['build', 'diagnose', build.id]);

    expect(stdout).toContain('(command 1 of 2');
    expect(stdout).not.toMatch(STEERING);
  });

  test('steers none when it is an error', async () => {
    await using server = await startContractServer({
      getBuild: () => {
        throw new Error(`no ${EVIL}`);
      },
    });
    using home = makeHome(server.url);

    const { code, stdout, stderr } = await home.run(['build', 'show', id('bld')]);

    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).not.toMatch(STEERING);
  });
});

describe('what a file says, or is called', () => {
  test.each([
    ['a field', `services: {web: {}}\n"${'\\e[2J'}": 1\n`],
    ['a service', `services: {"a\\e]0;x\\a": {}}\n`],
    ['a value', `services: {web: {timeout: "\\e[31m"}}\n`],
    ['raw bytes', `services: {web: {timeout: ${EVIL}}}\n`],
    ['a doubt', 'services: {web: {env: {"A\\e[2J": "$PATH"}, commands: ["echo \\e[2J $HOME"]}}\n'],
  ])('steers no terminal: %s', async (_, text) => {
    using home = makeHome();
    const folder = join(home.folder, `x${EVIL.replaceAll('\0', '')}`);
    mkdirSync(folder);
    const file = join(folder, 'staithe.yaml');
    writeFileSync(file, text);

    for (const more of [[], ['--json']]) {
      const { stdout, stderr } = await home.run(['manifest', 'check', file, ...more]);

      expect(`${stdout}${stderr}`).not.toBe('');
      expect(`${stdout}${stderr}`).not.toMatch(STEERING);
    }
  });

  test('steers none: a file to upload whose name is no artifact’s', async () => {
    await using server = await startContractServer(SERVER);
    using home = makeHome(server.url);
    const name = `b${EVIL}.zip`;
    writeFileSync(join(home.folder, name), 'bytes');

    const { code, stdout, stderr } = await home.run(['artifact', 'upload', name, '--project', 'hello']);

    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).not.toMatch(STEERING);
  });
});
