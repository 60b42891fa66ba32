import { beforeEach, describe, expect, test } from 'vitest';
import * as Cache from '../../lib/domain/cache/index.ts';
import { confirm, restore, save } from '../../lib/domain/cache/job-caches.ts';
import { SaveCaches } from '../../lib/domain/cache/schema.ts';
import { Build } from '../../lib/domain/execution/model/build.ts';
import { builds } from '../../lib/domain/execution/model/build-record.ts';
import { jobs } from '../../lib/domain/execution/model/job-record.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { type RunningJob, runningJob } from './execution/running-job.ts';
import { ADMIN, refusal, sha256Of, ULID, type World, world } from './world.ts';

const DAY = 24 * 3600 * 1000;
const PATHS = ['node_modules'];
const KEY = sha256Of('the lock file');
const OTHER_KEY = sha256Of('another lock file');
let place: World;
beforeEach(async () => {
  place = await world();
});

const spec = { caches: [{ key: ['package-lock.json'], paths: PATHS }] };
type Facts = NonNullable<Parameters<typeof runningJob>[2]>;
const job = (facts: Facts = {}) => runningJob(place.ports, place.project, { branch: 'main', spec, ...facts });
/** A job of a pull request of a fork. */
async function fork(gitRef: string | undefined, facts: Facts = {}): Promise<RunningJob> {
  const ulid = place.ports.randomness.ulid(place.ports.clock.now().getTime());
  const build = Build.parse({
    id: `bld_${ulid}`,
    project_id: place.project.id,
    source_id: `src_${ULID}`,
    git_ref: gitRef,
    inputs: {},
    trust: 'fork',
    created_at: '2026-11-21T09:30:00.000Z',
    created_by: 'x',
  });
  await builds.create(place.ports.table, build);
  return job({ trust: 'fork', branch: undefined, build_id: build.id, ...facts });
}
const wanted = (key = KEY) => ({ paths: PATHS, key, platform: 'linux-arm64' });
const look = async ({ actor }: RunningJob, key = KEY) => {
  const { caches } = await restore(place.ports, actor, actor.job_id, { caches: [wanted(key)] });
  const [found] = caches;
  if (found === undefined) throw new Error('One answer was expected.');
  return found;
};
const bytesOf = async (one: RunningJob, key = KEY) => {
  const { download } = await look(one, key);
  return download === null ? undefined : place.ports.blobs.fetch(download.url).bytes?.toString();
};
/** What an agent does to leave a cache. */
async function leave({ actor }: RunningJob, text: string, key = KEY): Promise<void> {
  const packed = { ...wanted(key), sha256: sha256Of(text), size_bytes: Buffer.byteLength(text) };
  const { uploads } = await save(place.ports, actor, actor.job_id, { caches: [packed] });
  for (const upload of uploads)
    expect(place.ports.blobs.put(upload.url, upload.headers, Buffer.from(text))).toBe(200);
  await confirm(place.ports, actor, actor.job_id, { caches: [packed] });
}

describe('a cache', () => {
  test('that one job leaves is found by the next with the same key, and is not saved again', async () => {
    const before = await look(await job());
    await leave(await job(), 'modules');

    const after = await look(await job());

    expect(before).toEqual({ hit: 'none', branch: null, download: null, save: true });
    expect(after).toMatchObject({ hit: 'exact', branch: 'main', save: false });
    expect(after.download).toMatchObject({ sha256: sha256Of('modules'), size_bytes: 7 });
    expect(await bytesOf(await job())).toBe('modules');
  });

  test('of another key is found as the newest of the same paths, and the job saves its own', async () => {
    await leave(await job(), 'oldest', sha256Of('1'));
    place.ports.clock.advance(1000);
    await leave(await job(), 'newest', sha256Of('2'));

    const found = await look(await job(), OTHER_KEY);

    expect(found).toMatchObject({ hit: 'newest', save: true });
    expect(await bytesOf(await job(), OTHER_KEY)).toBe('newest');
  });

  test('of the own branch comes before one of the default branch, an exact one of either before newer ones', async () => {
    await leave(await job({ branch: 'main' }), 'of main');
    await leave(await job({ branch: 'feature' }), 'of feature', OTHER_KEY);

    const [exact, newest] = [
      await bytesOf(await job({ branch: 'feature' })),
      await bytesOf(await job({ branch: 'feature' }), sha256Of('third')),
    ];

    expect([exact, newest]).toEqual(['of main', 'of feature']);
  });

  test('of a branch is not found by the default branch, nor by another', async () => {
    await leave(await job({ branch: 'feature' }), 'of feature');
    await leave(await job({ branch: undefined }), 'of an upload');

    const found = await Promise.all(
      ['main', 'other'].map(async (branch) => (await look(await job({ branch }))).hit),
    );

    expect(found).toEqual(['none', 'none']);
    expect(await bytesOf(await job({ branch: undefined }))).toBe('of an upload');
  });

  test('that is found exactly on the default branch is not saved by another branch', async () => {
    await leave(await job(), 'of main');
    place.ports.clock.advance(10 * DAY);

    expect(await look(await job({ branch: 'feature' }))).toMatchObject({ hit: 'exact', save: false });
  });

  test('of another service, cell of the matrix, toolchain or machine is not found', async () => {
    await leave(await job(), 'modules');
    const others: Facts[] = [
      { service: 'api' },
      { matrix: { node: '22' } },
      { spec: { ...spec, env: { STAITHE_TOOLCHAIN: 'node@22' } } },
    ];

    const hits = await Promise.all(others.map(async (facts) => (await look(await job(facts))).hit));
    const { actor } = await job();
    const elsewhere = await restore(place.ports, actor, actor.job_id, {
      caches: [{ ...wanted(), platform: 'linux-x64' }],
    });

    expect(hits).toEqual(['none', 'none', 'none']);
    expect(elsewhere.caches[0]?.hit).toBe('none');
  });

  test('of another project is not found, though it has the same bytes', async () => {
    await leave(await job(), 'modules');
    const other = await Project.create(place.ports, ADMIN, { slug: 'other' });
    const stranger = await runningJob(place.ports, other, { branch: 'main', spec });

    expect((await look(stranger)).hit).toBe('none');
    expect((await Cache.list(place.ports, other, { limit: 10 })).items).toEqual([]);
  });
});

describe('a pull request of a fork', () => {
  test('finds what the default branch has left', async () => {
    await leave(await job(), 'of main');

    expect(await look(await fork('refs/pull/7/head'))).toMatchObject({ hit: 'exact', branch: 'main' });
  });

  test('finds its own caches first, and nobody else ever finds them', async () => {
    await leave(await job(), 'of main', OTHER_KEY);
    // As far as a fork may go: it calls its branch main.
    await leave(await fork('refs/pull/7/head', { branch: 'main' }), 'poison');

    const readers = [
      await job(),
      await job({ branch: 'feature' }),
      await job({ branch: 'refs/pull/7/head' }),
      await job({ branch: undefined }),
      await fork('refs/pull/8/head'),
      await fork(undefined),
    ];
    const [own, ...others] = await Promise.all([
      bytesOf(await fork('refs/pull/7/head')),
      ...readers.map((reader) => bytesOf(reader)),
    ]);

    expect(own).toBe('poison');
    expect(others).not.toContain('poison');
  });

  test('that has no name shares its caches only with runs of the same build', async () => {
    const first = await fork(undefined);
    await leave(first, 'mine');

    const again = await job({ trust: 'fork', branch: undefined, build_id: first.job.build_id });

    expect(await bytesOf(again)).toBe('mine');
    expect((await look(await fork(undefined))).hit).toBe('none');
  });

  test('that is told by its branch alone shares them with no other fork of the same branch', async () => {
    await leave(await fork('refs/heads/main'), 'of the first fork');

    expect((await look(await fork('refs/heads/main'))).hit).toBe('none');
    expect((await look(await fork('main'))).hit).toBe('none');
  });
});

describe('the life of a cache', () => {
  test('begins anew when it is used after a week, and ends when it is not for 21 days', async () => {
    await leave(await job(), 'modules');

    place.ports.clock.advance(7 * DAY);
    const young = await look(await job());
    place.ports.clock.advance(1);
    const old = await look(await job());
    place.ports.clock.advance(14 * DAY - 1);
    const expired = await look(await job());

    expect([young.save, old.save, expired.hit]).toEqual([false, true, 'none']);
  });

  test('saved again, it lives on from there', async () => {
    await leave(await job(), 'modules');
    place.ports.clock.advance(20 * DAY);
    await leave(await job(), 'modules');
    place.ports.clock.advance(20 * DAY);

    expect((await look(await job())).hit).toBe('exact');
    expect((await Cache.list(place.ports, place.project, { limit: 10 })).items).toHaveLength(1);
  });
});

describe('saving', () => {
  const packed = { ...wanted(), sha256: sha256Of('modules'), size_bytes: 7 };

  test('counts only once storage holds the bytes that were declared', async () => {
    const { actor } = await job();
    await save(place.ports, actor, actor.job_id, { caches: [packed] });

    expect(await refusal(confirm(place.ports, actor, actor.job_id, { caches: [packed] }))).toBe(
      'cache_not_stored',
    );
    expect((await look(await job())).hit).toBe('none');
  });

  test('with bytes of another length is refused', async () => {
    await leave(await job(), 'modules');
    const { actor } = await job();
    const liar = { ...packed, size_bytes: 8 };

    expect(await refusal(confirm(place.ports, actor, actor.job_id, { caches: [liar] }))).toBe(
      'cache_not_stored',
    );
  });

  test('is for paths that the job names, in whatever order, and no others', async () => {
    const { actor } = await job({ spec: { caches: [{ key: ['a'], paths: ['a', 'b'] }] } });
    const ask = (paths: string[]) =>
      save(place.ports, actor, actor.job_id, { caches: [{ ...packed, paths }] });

    expect((await ask(['b', 'a'])).uploads).toHaveLength(1);
    expect(await refusal(ask(['a']))).toBe('validation_failed');
    expect(await refusal(ask(['a', 'b', 'c']))).toBe('validation_failed');
  });

  test('is for a job that runs, and for the agent that has it', async () => {
    const { actor } = await job();
    const stranger = { ...actor, claim_id: '7f1d1b5e-0a52-4c8e-9d2f-3b1c7a9e4d21' };
    const input = { caches: [packed] };
    const all = (who: typeof actor) => [
      restore(place.ports, who, actor.job_id, { caches: [wanted()] }),
      save(place.ports, who, actor.job_id, input),
      confirm(place.ports, who, actor.job_id, input),
    ];

    const refused = await Promise.all(all(stranger).map(refusal));
    await jobs.update(place.ports.table, Keys.job(actor.job_id), (value) => ({
      ...value,
      status: 'completed',
    }));
    const late = await Promise.all(all(actor).map(refusal));

    expect([...refused, ...late]).toEqual(Array.from({ length: 6 }, () => 'wrong_state'));
  });

  test.each([
    ['more than 2 GiB', { size_bytes: 2 * 1024 ** 3 + 1 }],
    ['no bytes', { size_bytes: 0 }],
    ['no digest', { sha256: 'abc' }],
    ['no paths', { paths: [] }],
    ['a key that is no hash', { key: 'package-lock.json' }],
    ['a machine that is none', { platform: '../x' }],
  ])('takes no cache with %s', (_, wrong) => {
    expect(SaveCaches.safeParse({ caches: [{ ...packed, ...wrong }] }).success).toBe(false);
  });
});

describe('a project', () => {
  test('lists its caches by service and branch, page after page', async () => {
    for (const [service, branch] of [
      ['web', 'main'],
      ['api', 'main'],
      ['api', 'feature'],
    ] as const)
      await leave(await job({ service, branch }), `${service} ${branch}`);

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
          await leave(await job({ service, branch }), `${service} ${branch} ${n}`, sha256Of(String(n)));

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
    expect((await look(await job({ service: 'api' }), sha256Of('1'))).hit).toBe('none');
  });
});
