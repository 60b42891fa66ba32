import { beforeEach, describe, expect, test } from 'vitest';
import { caching, OTHER_KEY } from './caching.ts';

let scene: Awaited<ReturnType<typeof caching>>;
beforeEach(async () => {
  scene = await caching();
});

describe('a pull request of a fork', () => {
  test('finds what the default branch has left', async () => {
    await scene.leave(await scene.job(), 'of main');

    expect(await scene.look(await scene.fork('refs/pull/7/head'))).toMatchObject({
      hit: 'exact',
      branch: 'main',
    });
  });

  test('finds its own caches first, and nobody else ever finds them', async () => {
    await scene.leave(await scene.job(), 'of main', OTHER_KEY);
    // As far as a fork may go: it calls its branch main.
    await scene.leave(await scene.fork('refs/pull/7/head', { branch: 'main' }), 'poison');

    const readers = [
      await scene.job(),
      await scene.job({ branch: 'feature' }),
      await scene.job({ branch: 'refs/pull/7/head' }),
      await scene.job({ branch: undefined }),
      await scene.fork('refs/pull/8/head'),
      await scene.fork(undefined),
    ];
    const [own, ...others] = await Promise.all([
      scene.bytesOf(await scene.fork('refs/pull/7/head')),
      ...readers.map((reader) => scene.bytesOf(reader)),
    ]);

    expect(own).toBe('poison');
    expect(others).not.toContain('poison');
  });

  test('that has no name shares its caches only with runs of the same build', async () => {
    const first = await scene.fork(undefined);
    await scene.leave(first, 'mine');

    const again = await scene.job({ trust: 'fork', branch: undefined, build_id: first.job.build_id });

    expect(await scene.bytesOf(again)).toBe('mine');
    expect((await scene.look(await scene.fork(undefined))).hit).toBe('none');
  });

  test('that is told by its branch alone shares them with no other fork of the same branch', async () => {
    await scene.leave(await scene.fork('refs/heads/main'), 'of the first fork');

    expect((await scene.look(await scene.fork('refs/heads/main'))).hit).toBe('none');
    expect((await scene.look(await scene.fork('main'))).hit).toBe('none');
  });
});
