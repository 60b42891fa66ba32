/** What builds leave behind that cannot be kept: each is the build's failure, and names the file. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tarGz } from '../archive/craft.ts';
import { write } from '../archive/sandbox.ts';
import { AgentBench } from './agent.ts';

const bench = new AgentBench();
beforeAll(() => bench.build());
afterAll(() => bench[Symbol.dispose]());

const SOURCE = tarGz({ name: 'web/in.txt', content: 'hello' });
const DIST = [{ paths: ['dist/**'], root: 'dist', format: 'zip' as const }];

describe('a job fails with build_error, and names', () => {
  test.each<[claim: string, commands: string[], message: string]>([
    [
      'a name that is not UTF-8',
      [`mkdir dist && : > "dist/$(printf 'caf\\351')"`],
      String.raw`'dist/caf\xe9'`,
    ],
    ['a backslash in a name', [String.raw`mkdir dist && : > 'dist/a\b'`], String.raw`'a\\b'`],
    ['a link round in a circle', ['mkdir dist && ln -s l dist/l'], "'l' leads to 'l'"],
    ['its folder that is gone when it packs', ['rm -rf "$PWD"'], "its context 'web', cannot be opened"],
    [
      'its folder that is gone before a command',
      ['rm -rf "$PWD"', 'echo never'],
      "its context 'web', cannot be opened",
    ],
  ])('%s', async (_, commands, message) => {
    const { plane, output } = await bench.run({
      source: SOURCE,
      spec: { context: 'web', commands, artifacts: DIST },
    });

    expect(plane.failure).toMatchObject({
      code: 'build_error',
      message: expect.stringContaining(message),
      hint: expect.stringMatching(/\.$/),
    });
    expect(output).not.toContain('\nnever');
  });

  test.each<[claim: string, closed: string, named: string]>([
    ['a file that may not be read', 'dist/secret.key', 'dist/secret.key'],
    ['a folder that may not be entered', 'dist/closed', 'dist/closed'],
  ])('%s', (_, closed, named) => {
    const root = mkdtempSync(join(tmpdir(), 'staithe-leftovers-'));
    write(root, { 'dist/a': '', 'dist/secret.key': 'x', 'dist/closed/x': '', 'out/none': '' });
    chmodSync(root, 0o755);
    chmodSync(join(root, 'out'), 0o777);
    chmodSync(join(root, closed), 0o000);
    const script = new URL('./pack-unprivileged.ts', import.meta.url).pathname;

    const said = execFileSync(process.execPath, [script, root, join(root, 'out/a.zip'), 'dist/**'], {
      encoding: 'utf8',
    });

    chmodSync(join(root, closed), 0o755);
    rmSync(root, { recursive: true });
    expect(JSON.parse(said)).toMatchObject({
      code: 'build_error',
      step: 'pack',
      message: `The artifact cannot be packed. '${named}' cannot be read: permission denied.`,
    });
  });
});

test.each(['acme-1.0+cu118-py3-none-any.whl', 'größe (1) ~draft.pdf', '.env.dist', `${'é'.repeat(125)}.bin`])(
  'a single file keeps its name, also in a matrix: %s',
  async (name) => {
    const { plane } = await bench.run({
      source: SOURCE,
      spec: {
        commands: [`mkdir dist && printf x > 'dist/${name}'`],
        artifacts: [{ paths: ['dist/*'], root: '.', format: 'file' }],
      },
    });

    expect([...plane.stored.keys()]).toEqual([name]);
  },
);

test('two single files of one name are refused, and neither is renamed', async () => {
  const { plane } = await bench.run({
    source: tarGz({ name: 'a/x.whl', content: 'a' }, { name: 'b/x.whl', content: 'b' }),
    spec: { artifacts: ['a', 'b'].map((folder) => ({ paths: [`${folder}/*`], root: '.', format: 'file' })) },
  });

  expect(plane.failure).toMatchObject({
    code: 'build_error',
    message: "Two artifacts of this service would be called 'x.whl'.",
  });
});

test('the log tells of submodules, LFS pointers and links to what an artifact has not', async () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;
  const { output } = await bench.run({
    source: tarGz(
      { name: '.gitmodules', content: '[submodule "x"]\n\tpath = vendor/x\n\turl = https://example.com/x\n' },
      { name: '.gitattributes', content: '*.bin filter=lfs\n' },
      { name: 'data.bin', content: pointer },
      { name: 'dist/a', content: 'x' },
    ),
    spec: {
      commands: ['ln -s ../src dist/src'],
      artifacts: [{ paths: ['dist/**'], root: '.', format: 'zip' }],
    },
  });

  expect(output).toContain(
    "warning: submodules are not in the source, as in every archive of git: 'vendor/x'",
  );
  expect(output).toContain("warning: the source has Git LFS pointers instead of these files: 'data.bin'");
  expect(output).toContain("the link 'dist/src' leads to '../src', which is not in the artifact");
});
