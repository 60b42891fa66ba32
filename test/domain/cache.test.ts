import { beforeEach, describe, expect, test } from 'vitest';
import * as Cache from '../../lib/domain/cache/index.ts';
import { restore } from '../../lib/domain/cache/job-caches.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { caching, DAY, type Facts, OTHER_KEY, spec, wanted } from './caching.ts';
import { runningJob } from './execution/running-job.ts';
import { ADMIN, sha256Of, type World } from './world.ts';

let place: World;
let scene: Awaited<ReturnType<typeof caching>>;
beforeEach(async () => {
  scene = await caching();
  ({ place } = scene);
});

describe('a cache', () => {
  test('that one job leaves is found by the next with the same key, and is not saved again', async () => {
    const before = await scene.look(await scene.job());
    await scene.leave(await scene.job(), 'modules');

    const after = await scene.look(await scene.job());

    expect(before).toEqual({ hit: 'none', branch: null, download: null, save: true });
    expect(after).toMatchObject({ hit: 'exact', branch: 'main', save: false });
    expect(after.download).toMatchObject({ sha256: sha256Of('modules'), size_bytes: 7 });
    expect(await scene.bytesOf(await scene.job())).toBe('modules');
  });

  test('of another key is found as the newest of the same paths, and the job saves its own', async () => {
    await scene.leave(await scene.job(), 'oldest', sha256Of('1'));
    place.ports.clock.advance(1000);
    await scene.leave(await scene.job(), 'newest', sha256Of('2'));

    const found = await scene.look(await scene.job(), OTHER_KEY);

    expect(found).toMatchObject({ hit: 'newest', save: true });
    expect(await scene.bytesOf(await scene.job(), OTHER_KEY)).toBe('newest');
  });

  test('of the own branch comes before one of the default branch, an exact one of either before newer ones', async () => {
    await scene.leave(await scene.job({ branch: 'main' }), 'of main');
    await scene.leave(await scene.job({ branch: 'feature' }), 'of feature', OTHER_KEY);

    const [exact, newest] = [
      await scene.bytesOf(await scene.job({ branch: 'feature' })),
      await scene.bytesOf(await scene.job({ branch: 'feature' }), sha256Of('third')),
    ];

    expect([exact, newest]).toEqual(['of main', 'of feature']);
  });

  test('of a branch is not found by the default branch, nor by another', async () => {
    await scene.leave(await scene.job({ branch: 'feature' }), 'of feature');
    await scene.leave(await scene.job({ branch: undefined }), 'of an upload');

    const found = await Promise.all(
      ['main', 'other'].map(async (branch) => (await scene.look(await scene.job({ branch }))).hit),
    );

    expect(found).toEqual(['none', 'none']);
    expect(await scene.bytesOf(await scene.job({ branch: undefined }))).toBe('of an upload');
  });

  test('that is found exactly on the default branch is not saved by another branch', async () => {
    await scene.leave(await scene.job(), 'of main');
    place.ports.clock.advance(10 * DAY);

    expect(await scene.look(await scene.job({ branch: 'feature' }))).toMatchObject({
      hit: 'exact',
      save: false,
    });
  });

  test('of another service, cell of the matrix, toolchain or machine is not found', async () => {
    await scene.leave(await scene.job(), 'modules');
    const others: Facts[] = [
      { service: 'api' },
      { matrix: { node: '22' } },
      { spec: { ...spec, env: { STAITHE_TOOLCHAIN: 'node@22' } } },
    ];

    const hits = await Promise.all(
      others.map(async (facts) => (await scene.look(await scene.job(facts))).hit),
    );
    const { actor } = await scene.job();
    const elsewhere = await restore(place.ports, actor, actor.job_id, {
      caches: [{ ...wanted(), platform: 'linux-x64' }],
    });

    expect(hits).toEqual(['none', 'none', 'none']);
    expect(elsewhere.caches[0]?.hit).toBe('none');
  });

  test('of another project is not found, though it has the same bytes', async () => {
    await scene.leave(await scene.job(), 'modules');
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });
    const stranger = await runningJob(place.ports, other, { branch: 'main', spec });

    expect((await scene.look(stranger)).hit).toBe('none');
    expect((await Cache.list(place.ports, other, { limit: 10 })).items).toEqual([]);
  });
});

describe('the life of a cache', () => {
  test('begins anew when it is used after a week, and ends when it is not for 21 days', async () => {
    await scene.leave(await scene.job(), 'modules');

    place.ports.clock.advance(7 * DAY);
    const young = await scene.look(await scene.job());
    place.ports.clock.advance(1);
    const old = await scene.look(await scene.job());
    place.ports.clock.advance(14 * DAY - 1);
    const expired = await scene.look(await scene.job());

    expect([young.save, old.save, expired.hit]).toEqual([false, true, 'none']);
  });

  test('saved again, it lives on from there', async () => {
    await scene.leave(await scene.job(), 'modules');
    place.ports.clock.advance(20 * DAY);
    await scene.leave(await scene.job(), 'modules');
    place.ports.clock.advance(20 * DAY);

    expect((await scene.look(await scene.job())).hit).toBe('exact');
    expect((await Cache.list(place.ports, place.project, { limit: 10 })).items).toHaveLength(1);
  });
});

describe('a project', () => {
  test('lists its caches by service and branch, page after page', async () => {
    for (const [service, branch] of [
      ['web', 'main'],
      ['api', 'main'],
      ['api', 'feature'],
    ] as const)
      await scene.leave(await scene.job({ service, branch }), `${service} ${branch}`);

    const first = await Cache.list(place.ports, place.project, { limit: 2 });
    const second = await Cache.list(place.ports, place.project, {
      limit: 2,
      cursor: first.next_cursor ?? undefined,
    });

    expect([...first.items, ...second.items].map(({ service, branch }) => [service, branch])).toEqual([
      ['api', 'feature'],
      ['api', 'main'],
      ['web', 'main'],
    ]);
  });

  test('forgets all of them, or those of a branch or a service, and builds find them no more', async () => {
    for (const service of ['web', 'api'])
      for (const branch of ['main', 'feature', 'other'])
        for (let n = 0; n < 12; n += 1)
          await scene.leave(
            await scene.job({ service, branch }),
            `${service} ${branch} ${n}`,
            sha256Of(String(n)),
          );

    const counts = [
      await Cache.purge(place.ports, place.project, { branch: 'feature', service: 'web' }),
      await Cache.purge(place.ports, place.project, { branch: 'feature' }),
      await Cache.purge(place.ports, place.project, { service: 'web' }),
      await Cache.purge(place.ports, place.project, { branch: 'none' }),
    ];
    const left = await Cache.list(place.ports, place.project, { limit: 100 });
    const rest = await Cache.purge(place.ports, place.project, {});

    expect(counts.map(({ purged }) => purged)).toEqual([12, 12, 24, 0]);
    expect(new Set(left.items.map(({ service, branch }) => `${service} ${branch}`))).toEqual(
      new Set(['api main', 'api other']),
    );
    expect(rest.purged).toBe(24);
    expect((await scene.look(await scene.job({ service: 'api' }), sha256Of('1'))).hit).toBe('none');
  });
});
