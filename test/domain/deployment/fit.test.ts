import { describe, expect, test } from 'vitest';
import { Artifact } from '../../../lib/domain/artifact/schema.ts';
import { assertFits } from '../../../lib/domain/deployment/fit.ts';
import { Target } from '../../../lib/domain/target/index.ts';
import { ULID } from '../world.ts';

const artifact = (more: object) =>
  Artifact.parse({
    id: `art_${ULID}`,
    project_id: `prj_${ULID}`,
    name: 'web',
    kind: 'file',
    content_type: 'application/zip',
    status: 'stored',
    created_at: '2026-11-30T00:00:00.000Z',
    ...more,
  });
const image = (more: object = {}) =>
  artifact({
    kind: 'image',
    content_type: 'application/vnd.oci.image.manifest.v1+json',
    image: {
      ref: `registry.example.com/hello/web@sha256:${'0'.repeat(64)}`,
      tags: [],
      registry: 'native',
      platforms: ['linux/arm64/v8'],
      media_type: 'application/vnd.oci.image.manifest.v1+json',
      ...more,
    },
  });
const ZIP = artifact({});
const TEXT = artifact({ content_type: 'text/plain' });

const fn = (more: object = {}) => Target.parse({ kind: 'lambda', function_name: 'hello', ...more });
const OF_IMAGE = fn({ package: 'image' });
const PROCESS = Target.parse({ kind: 'process', name: 'hello', command: 'node server.js' });

describe('an artifact fits', () => {
  test.each([
    ['a zip', ZIP, fn()],
    ['an image of the architecture', image(), OF_IMAGE],
    ['a program', TEXT, PROCESS],
  ])('%s', (_, one, target) => {
    expect(() => assertFits(one, target)).not.toThrow();
  });

  test.each([
    ['a zip where an image is wanted', ZIP, OF_IMAGE, /package of the environment is image/],
    ['an image where a zip is wanted', image(), fn(), /deployed from a zip/],
    ['text', TEXT, fn(), /is text\/plain; a Lambda function is deployed from a zip/],
    ["an image of one's own registry", image({ registry: 'own' }), OF_IMAGE, /registry of the project/],
    [
      'an image of another architecture',
      image({ platforms: ['linux/amd64'] }),
      OF_IMAGE,
      /linux\/arm64 for arm64/,
    ],
    ['an image of two', image({ platforms: ['linux/amd64', 'linux/arm64'] }), OF_IMAGE, /of one platform/],
    [
      'an index, even of one',
      image({ media_type: 'application/vnd.oci.image.index.v1+json' }),
      OF_IMAGE,
      /of one platform/,
    ],
    ['an image as a process', image(), PROCESS, /a process is deployed from a file/],
  ])('not: %s', (_, one, target, message) => {
    expect(() => assertFits(one, target)).toThrow(message);
  });

  test('an image has neither runtime nor handler, as it says itself what runs', () => {
    const said = Target.safeParse({
      kind: 'lambda',
      function_name: 'a',
      package: 'image',
      runtime: 'nodejs24.x',
    });

    expect(said.error?.issues[0]).toMatchObject({ code: 'unrecognized_keys', keys: ['runtime'] });
  });
});
