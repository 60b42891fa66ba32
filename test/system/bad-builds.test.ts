import { gzipSync } from 'node:zlib';
import { RUNS_OUT } from 'embedded-cloud/test-kit/patience.ts';
import { newMark, processesWith } from 'embedded-cloud/test-kit/processes.ts';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Failure } from '../../lib/domain/execution/model/run.ts';
import { type TarPiece, tarGz, tarPiece } from '../archive/craft.ts';
import {
  build,
  commandTree,
  ended,
  functionTree,
  logOf,
  newProject,
  pack,
  type Tree,
  upload,
} from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

const project = () => newProject(staithe.client);

/** Builds what must fail, and gives why. Nothing may be left of it but the record. */
async function failureOf(tree: Tree | Buffer<ArrayBuffer>): Promise<Failure & { buildId: string }> {
  const slug = await project();
  const { buildId, run } = await build(staithe.client, slug, tree);
  expect(run.status).toBe('failed');
  expect(run.artifact_ids).toEqual([]);
  expect(await staithe.client.call('listArtifacts', { query: { project: slug } })).toMatchObject({
    items: [],
  });
  if (run.error === undefined) throw new Error('The run has failed and does not say why.');
  expect(run.error.hint).toBeTruthy();
  return { ...run.error, buildId };
}

const MANIFEST: TarPiece = { name: 'staithe.yaml', content: functionTree('x')['staithe.yaml'] ?? '' };
const tar = (...pieces: TarPiece[]) => Buffer.from(tarGz(MANIFEST, ...pieces));

/** 300 MB of zeros in 300 KB. */
function bomb(): Buffer<ArrayBuffer> {
  const size = 300 * 1024 * 1024;
  const blocks = [tarPiece(MANIFEST), tarPiece({ name: 'zeros', size }), Buffer.alloc(size + 1024)];
  return Buffer.from(gzipSync(Buffer.concat(blocks), { level: 1 }));
}

describe.concurrent('a source that cannot be unpacked fails the run with source_error and names the entry:', () => {
  it.each([
    ['no archive at all', () => Buffer.from('just some text'), /not a gzip|not a tar|not an archive/i],
    [
      'an archive that is cut off',
      () => Buffer.from(pack(functionTree('x')).subarray(0, 90)),
      /cut off|damaged|ends/i,
    ],
    ['a path with ..', () => tar({ name: '../out', content: 'x' }), /'\.\.\/out'/],
    ['an absolute path', () => tar({ name: '/etc/out', content: 'x' }), /'\/etc\/out'/],
    ['a link out of the tree', () => tar({ name: 'way', type: '2', linkName: '../../out' }), /'way'/],
    ['a link to an absolute path', () => tar({ name: 'way', type: '2', linkName: '/etc/passwd' }), /'way'/],
    ['a hard link out of the tree', () => tar({ name: 'way', type: '1', linkName: '../out' }), /way|out/],
    [
      'a file below a link',
      () => tar({ name: 'way', type: '2', linkName: '.' }, { name: 'way/file', content: 'x' }),
      /way/,
    ],
    ['a device', () => tar({ name: 'device', type: '3' }), /'device'/],
    ['a decompression bomb', bomb, /bomb|more than/],
  ] as const)('%s', async (_, archive, message) => {
    const failure = await failureOf(archive());
    expect(failure).toMatchObject({ code: 'source_error' });
    expect(failure.message).toMatch(message);
  });
});

describe.concurrent('a manifest that is not good fails the run with manifest_error and names the place:', () => {
  it.each<[string, Tree, RegExp]>([
    ['none', { 'index.mjs': '' }, /no staithe\.yaml/],
    ['one below the root only', { 'a/staithe.yaml': 'services: {}' }, /no staithe\.yaml/],
    ['no YAML', { 'staithe.yaml': 'services:\n  web: [\n' }, /^staithe\.yaml:\d+:\d+: /],
    ['an empty one', { 'staithe.yaml': '' }, /^staithe\.yaml:1:1: /],
    [
      'a field that is unknown',
      { 'staithe.yaml': 'services:\n  web:\n    comands: [x]\n' },
      /^staithe\.yaml:3:\d+: .*comands/,
    ],
    [
      'a wrong type',
      { 'staithe.yaml': 'services:\n  web:\n    commands:\n      - 1\n' },
      /^staithe\.yaml:4:9: services\.web\.commands\.0/,
    ],
    ['a name that cannot be one', { 'staithe.yaml': 'services:\n  Web!: {}\n' }, /services\.Web!/],
    [
      'a path out of the tree',
      { 'staithe.yaml': 'services:\n  web:\n    context: ../x\n' },
      /^staithe\.yaml:3:14: /,
    ],
    [
      'a variable that steers processes',
      { 'staithe.yaml': 'services:\n  web:\n    env: { LD_PRELOAD: x }\n' },
      /LD_PRELOAD/,
    ],
    ['an alias bomb', { 'staithe.yaml': aliasBomb() }, /staithe\.yaml:\d+:\d+: /],
    [
      'several hundred mistakes',
      { 'staithe.yaml': JSON.stringify({ services: mistakes() }) },
      /^staithe\.yaml:1:\d+: /,
    ],
    [
      'a context that is not in the tree',
      { 'staithe.yaml': 'services: { web: { context: missing } }' },
      /'missing'/,
    ],
  ])('%s', async (_, tree, message) => {
    const failure = await failureOf(tree);
    expect(failure).toMatchObject({ code: 'manifest_error' });
    expect(failure.message).toMatch(message);
  });

  it.each(['other', 'constructor', 'tostring'])('a service %s that it does not have', async (service) => {
    const slug = await project();
    const source = await upload(staithe.client, slug, pack(functionTree('x')));
    const { latest_run: started } = await staithe.client.call('createBuild', {
      params: { project: slug },
      body: { source_id: source.id, services: [service] },
    });
    const run = await ended(staithe.client, started?.id ?? '');
    expect(run).toMatchObject({ status: 'failed', error: { code: 'manifest_error' } });
    expect(run.error?.message).toContain(`'${service}'; it has web`);
  });

  it('another manifest than the build names', async () => {
    const slug = await project();
    const source = await upload(staithe.client, slug, pack(functionTree('x')));
    const { latest_run: started } = await staithe.client.call('createBuild', {
      params: { project: slug },
      body: { source_id: source.id, manifest_hash: `sha256:${'0'.repeat(64)}` },
    });
    const run = await ended(staithe.client, started?.id ?? '');
    expect(run).toMatchObject({ status: 'failed', error: { code: 'manifest_error' } });
  });
});

function aliasBomb(): string {
  const levels = 'bcdefghi'.split('').map((name, index) => {
    const before = 'abcdefghi'[index];
    return `${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`;
  });
  return ['a: &a [x]', ...levels].join('\n');
}

function mistakes(): Record<string, unknown> {
  return Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`s-${index}`, { commands: Array(20).fill(1) }]),
  );
}

describe.concurrent('a command', () => {
  it('that fails gives build_error with step, exit code and last lines', async () => {
    const failure = await failureOf(commandTree(['echo fine', 'echo broken >&2; exit 3']));
    expect(failure).toMatchObject({
      code: 'build_error',
      service: 'app',
      step: 'echo broken >&2; exit 3',
      exit_code: 3,
      last_lines: ['broken'],
    });
  });

  it('that does not exist gives build_error with 127 and says so', async () => {
    const failure = await failureOf(commandTree(['no-such-program']));
    expect(failure).toMatchObject({ code: 'build_error', exit_code: 127 });
  });

  it(
    'that never ends is stopped at its timeout with timeout_error, and its processes are gone',
    needs('/proc'),
    async () => {
      const mark = newMark();
      const failure = await failureOf(commandTree([`echo waiting; sleep ${mark}`], `${RUNS_OUT}s`));
      expect(failure).toMatchObject({ code: 'timeout_error', last_lines: ['waiting'] });
      expect(failure.message).toContain(`${RUNS_OUT} seconds`);
      expect(processesWith(mark)).toEqual([]);
    },
  );

  it('that leaves a process in the background ends with its build', needs('/proc'), async () => {
    const mark = newMark();
    const slug = await project();
    const { run } = await build(staithe.client, slug, commandTree([`touch out; sleep ${mark} &`]));
    expect(run.status).toBe('completed');
    expect(processesWith(mark)).toEqual([]);
  });

  it('that leaves nothing to keep gives zero_artifacts and names what was looked for', async () => {
    const failure = await failureOf(commandTree(['true']));
    expect(failure).toMatchObject({ code: 'zero_artifacts' });
    expect(failure.message).toContain("'out'");
  });

  it('that prints 100 MB does not hinder its build, and the end of it can be read', async () => {
    const slug = await project();
    const flood = "head -c 100000000 /dev/zero | tr '\\0' 'x' | fold -w 10000";
    const { buildId, run } = await build(
      staithe.client,
      slug,
      commandTree([flood, 'echo the end | tee out']),
    );
    expect(run).toMatchObject({ status: 'completed' });
    expect((await logOf(staithe.client, buildId)).map(({ message }) => message)).toContain('the end');
  });
});

describe('a command that forks without end', () => {
  it('fails its own build, and the service answers on', needs('bubblewrap', 'limits'), async () => {
    const slug = await project();
    const bombed = build(staithe.client, slug, commandTree(['f() { f | f & }; f; sleep 5; exit 1'], '5s'));
    const other = await build(staithe.client, await project(), functionTree('beside it'));
    expect((await bombed).run.status).toBe('failed');
    expect(other.run.status).toBe('completed');
  });
});
