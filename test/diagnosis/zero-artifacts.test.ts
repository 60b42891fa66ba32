import { describe, expect, test } from 'vitest';
import { type LookedAt, zeroArtifacts } from '../../lib/domain/diagnosis/zero-artifacts.ts';

const LOOKED: LookedAt = {
  glob: 'dist/**',
  matches: 0,
  folder: 'dist',
  exists: false,
  nearest: '.',
  names: ['package.json', 'src/'],
};

const said = (looked: Partial<LookedAt>, root = '.') =>
  zeroArtifacts({
    service: 'web',
    context: 'apps/web',
    commands: 2,
    artifacts: [{ kind: 'nothing', root, looked: [{ ...LOOKED, ...looked }] }],
  });

describe('a build that left nothing to keep', () => {
  test('is told with its service, context, commands, and what each glob matched', () => {
    const { message, hint } = said({});

    expect(message).toBe(
      "The build of web left nothing to keep in its context 'apps/web', after 2 commands: 'dist/**' matches no file ('dist' does not exist).",
    );
    expect(hint).toContain("The service's folder has: package.json, src/.");
    expect(hint).toContain("change 'artifacts' in staithe.yaml");
  });

  test.each([
    ['another output folder', { names: ['build/', 'src/'] }, 'build/**'],
    [
      'a name that was mistyped',
      { glob: 'dits/*.js', folder: 'dits', names: ['dist/', 'src/'] },
      'dist/*.js',
    ],
    [
      'a folder further down',
      { glob: 'out/rel/*.tgz', folder: 'out/rel', nearest: 'out', names: ['rels/'] },
      'out/rels/*.tgz',
    ],
    ['a file that was mistyped', { glob: 'pakage.json', folder: 'pakage.json' }, 'package.json'],
  ])('suggests %s', (_, looked, meant) => {
    expect(said(looked).hint).toContain(`Did you mean '${meant}'?`);
  });

  test('suggests nothing when no name is near', () => {
    expect(said({ glob: 'reports/*.xml', folder: 'reports' }).hint).not.toContain('Did you mean');
  });

  test('counts what lies outside the root, and says how paths begin', () => {
    const { message, hint } = said(
      { glob: 'src/*.js', matches: 3, folder: 'src', exists: true, nearest: 'src' },
      'out',
    );

    expect(message).toContain("'src/*.js' matches 3 files, none below the root 'out'");
    expect(hint).toContain("did you mean 'out/src/*.js'?");
  });

  test('knows files that were written at the root of the source', () => {
    expect(said({ atSourceRoot: true }).hint).toContain("use the context 'apps/web'");
  });

  test('names the artifacts that were found beside it', () => {
    const { message } = zeroArtifacts({
      service: 'web',
      context: '.',
      commands: 1,
      artifacts: [
        { kind: 'packed', name: 'web.zip', files: 1 },
        { kind: 'nothing', root: '.', looked: [LOOKED] },
      ],
    });

    expect(message).toContain('web.zip was packed (1 file)');
  });

  test('says what to declare when nothing was', () => {
    const { message, hint } = zeroArtifacts({ service: 'web', context: '.', commands: 0, artifacts: [] });

    expect(message).toContain('declares no artifacts');
    expect(hint).toContain("artifacts: 'dist/**'");
  });
});
