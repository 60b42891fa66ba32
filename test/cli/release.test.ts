/** Claims on releases: what is sent to create, yank and list them, and how their difference is shown. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startContractServer } from './contract-server.ts';
import { project, release } from './examples.ts';
import { makeHome } from './process.ts';

const DIGESTS = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`] as const;
const [first] = release.artifacts;
if (first === undefined) throw new Error('The example has an artifact.');
const content = (digest: string, size_bytes: number) => ({
  artifact_id: first.artifact_id,
  kind: 'file' as const,
  digest,
  size_bytes,
});

test('a release is created without naming anything but its project, with notes from a file', async () => {
  await using server = await startContractServer({ createRelease: () => release });
  using home = makeHome(server.url);
  const file = join(home.folder, 'notes.md');
  writeFileSync(file, 'What is new.\n');
  const args = ['--project', 'hello', '--bump', 'minor', '--notes-file', file, '--hotfix'];

  const { code } = await home.run(['release', 'create', ...args]);

  expect(code).toBe(0);
  expect(JSON.parse(server.of('createRelease')[0]?.body ?? '')).toEqual({
    bump: 'minor',
    notes: 'What is new.\n',
    hotfix: true,
  });
});

test('options that exclude each other, and a file that is not there, are refused before any request', async () => {
  await using server = await startContractServer({});
  using home = makeHome(server.url);

  for (const args of [
    ['create', '--project', 'hello', '--bump', 'minor', '--version', '1.0.0'],
    ['create', '--project', 'hello', '--notes', 'a', '--notes-file', 'b'],
    ['create', '--project', 'hello', '--notes-file', join(home.folder, 'absent.md')],
    ['list', '--project', 'hello', '--yanked', '--deployable'],
    ['list', '--all-projects', '--version', '^1'],
  ])
    expect(await home.run(['release', ...args])).toMatchObject({ code: 2 });
});

test('a yank by version finds the release in its project first', async () => {
  const yanked = { ...release, yanked: { reason: 'Broken.', at: release.created_at, by: 'user:alice' } };
  await using server = await startContractServer({
    resolveRelease: () => release,
    yankRelease: () => yanked,
  });
  using home = makeHome(server.url);

  const { stdout, stderr } = await home.run([
    'release',
    'yank',
    '0.1.0',
    '--project',
    'hello',
    '--reason',
    'Broken.',
  ]);

  expect(JSON.parse(server.of('yankRelease')[0]?.body ?? '')).toEqual({ reason: 'Broken.' });
  expect(stdout).toMatch(/yanked.*by user:alice[\s\S]*reason.*Broken\./);
  expect(stderr).toContain(`release unyank ${release.id}`);
});

test('the difference of releases shows what is new, gone and changed', async () => {
  const { id, project_id: _, artifacts: __, created_by: ___, hotfix: ____, ...side } = release;
  await using server = await startContractServer({
    diffReleases: () => ({
      from: { ...side, id, git_sha: '3f786850e387550fdab836ed7e6dc881de23001b' },
      to: { ...side, id, version: '0.2.0', git_sha: '89e6c98d92887913cadf06b2adb97f26cde4849b' },
      commits: { is_same: false, url: 'https://github.com/acme/hello/compare/3f7…89e' },
      artifacts: {
        added: [{ ...first, service: 'new' }],
        removed: [{ ...first, service: 'old' }],
        changed: [
          { service: 'web', name: 'web.zip', from: content(DIGESTS[0], 5), to: content(DIGESTS[1], 2053) },
        ],
        unchanged: [first],
      },
      manifest: {
        is_same: false,
        changes: [
          { path: ['services', 'web', 'timeout'], change: 'changed' as const, from: 300, to: 600 },
          { path: ['services', 'new'], change: 'added' as const, to: {} },
        ],
      },
    }),
  });
  using home = makeHome(server.url);

  const { stdout } = await home.run(['release', 'diff', '0.1.0', '0.2.0', '--project', project.slug]);

  for (const line of [
    'release  0.1.0 → 0.2.0',
    'git sha  3f786850e387 → 89e6c98d9288',
    'compare  https://github.com/acme/hello/compare/3f7…89e',
    '+ new hello.zip  5 B',
    '- old hello.zip  5 B',
    '~ web web.zip  sha256:aaaaaaaaaaaa → sha256:bbbbbbbbbbbb, 2.0 KiB larger',
    '  1 unchanged',
    '- services.web.timeout: 300',
    '+ services.web.timeout: 600',
    '+ services.new: {}',
  ])
    expect(stdout).toContain(line);
});
