import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PackedBytes, type ReadSurvey, surveyTree } from '../../lib/archive/index.ts';
import { tarGz, zip } from './craft.ts';

const names = ['staithe.yaml', 'staithe.yml'];
const survey = (bytes: PackedBytes, options: Partial<ReadSurvey> = {}) =>
  surveyTree(bytes, { format: 'tar.gz', names, maxBytes: 1000, ...options });

describe('the file that a survey brings along', () => {
  test.each([
    [
      'tar.gz',
      tarGz({ name: './src/staithe.yaml', content: 'wrong' }, { name: './staithe.yaml', content: 'right' }),
    ],
    ['zip', zip({ name: 'src/staithe.yaml', content: 'wrong' }, { name: 'staithe.yaml', content: 'right' })],
  ] as const)('is one at the root of a %s, and none below', async (format, bytes) => {
    const { entry } = await survey(bytes, { format });

    expect(entry).toEqual({ name: 'staithe.yaml', bytes: Buffer.from('right') });
  });

  test('is found below the folder that a git host wraps a tree in', async () => {
    const bytes = tarGz({ name: 'repo/staithe.yml', content: 'right' });

    expect((await survey(bytes, { stripComponents: 1 })).entry?.name).toBe('staithe.yml');
  });

  test.each(['tar.gz', 'zip'] as const)(
    'is of the name that was given first, whatever the order in a %s',
    async (format) => {
      const pieces = [
        { name: 'staithe.yml', content: 'second' },
        { name: 'staithe.yaml', content: 'first' },
      ];
      const bytes = format === 'zip' ? zip(...pieces) : tarGz(...pieces);

      expect((await survey(bytes, { format })).entry?.bytes.toString()).toBe('first');
    },
  );

  test('is none when the tree has none', async () => {
    expect((await survey(tarGz({ name: 'a' }))).entry).toBeUndefined();
  });

  test('is refused when it is too large or a link', async () => {
    const large = tarGz({ name: 'staithe.yaml', content: 'x'.repeat(101) });
    const link = tarGz({ name: 'staithe.yaml', type: '2', linkName: 'a' });

    await expect(survey(large, { maxBytes: 100 })).rejects.toMatchObject({ code: 'too_large' });
    await expect(survey(link)).rejects.toMatchObject({ code: 'unsupported_entry' });
  });
});

describe("a tree's digest", () => {
  const digest = async (bytes: PackedBytes, options: Partial<ReadSurvey> = {}) =>
    (await survey(bytes, options)).treeSha256;
  const files = [
    { name: 'staithe.yaml', content: 'services: {}' },
    { name: 'src/a.js', content: 'a' },
    { name: 'bin/run', content: '#!/bin/sh', mode: 0o755 },
  ];

  test('is the same for an upload, a zip and the checkout of a git host, in any order and with folders', async () => {
    const upload = tarGz(...files);
    const zipped = zip(...files);
    const checkout = tarGz(
      { name: 'acme-hello-1234567/', type: '5' },
      ...files.toReversed().map((file) => ({ ...file, name: `acme-hello-1234567/${file.name}` })),
    );

    const first = await digest(upload);

    expect(await digest(zipped, { format: 'zip' })).toBe(first);
    expect(await digest(checkout, { stripComponents: 1 })).toBe(first);
  });

  test.each([
    ['a byte', { name: 'src/a.js', content: 'b' }],
    ['a name', { name: 'src/b.js', content: 'a' }],
    ['the right to be executed', { name: 'src/a.js', content: 'a', mode: 0o755 }],
    ['a link in its place', { name: 'src/a.js', type: '2', linkName: '../bin/run' }],
  ] as const)('is another one with %s changed', async (_, changed) => {
    const [manifest, , run] = files;
    if (manifest === undefined || run === undefined) throw new Error('The fixture has three files.');

    expect(await digest(tarGz(manifest, changed, run))).not.toBe(await digest(tarGz(...files)));
  });

  test('takes a hard link for what it is: the same file twice', async () => {
    const linked = tarGz({ name: 'a', content: 'x' }, { name: 'b', type: '1', linkName: 'a' });
    const copied = tarGz({ name: 'a', content: 'x' }, { name: 'b', content: 'x' });

    expect(await digest(linked)).toBe(await digest(copied));
  });

  test('is that of the set of files, whatever they are', async () => {
    const name = fc.stringMatching(/^[a-z]{1,6}(\/[a-z]{1,6}){0,2}\.[a-z]{1,3}$/);
    const tree = fc.uniqueArray(fc.record({ name, content: fc.string(), order: fc.nat() }), {
      selector: (file) => file.name,
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(tree, tree, async (one, other) => {
        const shuffled = one.toSorted((a, b) => a.order - b.order);
        const text = (files: typeof one) =>
          JSON.stringify(files.map((file) => [file.name, file.content]).sort());

        expect(await digest(tarGz(...shuffled))).toBe(await digest(tarGz(...one)));
        expect((await digest(tarGz(...one))) === (await digest(tarGz(...other)))).toBe(
          text(one) === text(other),
        );
      }),
      { numRuns: 200 },
    );
  });
});

test.each<[claim: string, names: string[], wrapper: string | undefined]>([
  ['is named when all lies below it', ['repo-1.0/staithe.yaml', 'repo-1.0/src/a'], 'repo-1.0'],
  ['is none when a file stands beside it', ['repo/a', 'README'], undefined],
  ['is none of two', ['a/x', 'b/x'], undefined],
  ['is none of nothing', [], undefined],
])('the single folder of an archive %s', async (_, files, wrapper) => {
  const pieces = files.map((name) => ({ name, content: 'x' }));

  const surveys = await Promise.all([survey(tarGz(...pieces)), survey(zip(...pieces), { format: 'zip' })]);

  expect(surveys.map((one) => one.wrapper)).toEqual([wrapper, wrapper]);
});
