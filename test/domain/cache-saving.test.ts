import { beforeEach, describe, expect, test } from 'vitest';
import { confirm, restore, save } from '../../lib/domain/cache/job-caches.ts';
import { SaveCaches } from '../../lib/domain/cache/schema.ts';
import { jobs } from '../../lib/domain/execution/model/job-record.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { caching, wanted } from './caching.ts';
import { refusal, sha256Of, type World } from './world.ts';

let place: World;
let scene: Awaited<ReturnType<typeof caching>>;
beforeEach(async () => {
  scene = await caching();
  ({ place } = scene);
});

describe('saving', () => {
  const packed = { ...wanted(), sha256: sha256Of('modules'), size_bytes: 7 };

  test('counts only once storage holds the bytes that were declared', async () => {
    const { actor } = await scene.job();
    await save(place.ports, actor, actor.job_id, { caches: [packed] });

    expect(await refusal(confirm(place.ports, actor, actor.job_id, { caches: [packed] }))).toBe(
      'cache_not_stored',
    );
    expect((await scene.look(await scene.job())).hit).toBe('none');
  });

  test('with bytes of another length is refused', async () => {
    await scene.leave(await scene.job(), 'modules');
    const { actor } = await scene.job();
    const liar = { ...packed, size_bytes: 8 };

    expect(await refusal(confirm(place.ports, actor, actor.job_id, { caches: [liar] }))).toBe(
      'cache_not_stored',
    );
  });

  test('is for paths that the job names, in whatever order, and no others', async () => {
    const { actor } = await scene.job({ spec: { caches: [{ key: ['a'], paths: ['a', 'b'] }] } });
    const ask = (paths: string[]) =>
      save(place.ports, actor, actor.job_id, { caches: [{ ...packed, paths }] });

    expect((await ask(['b', 'a'])).uploads).toHaveLength(1);
    expect(await refusal(ask(['a']))).toBe('validation_failed');
    expect(await refusal(ask(['a', 'b', 'c']))).toBe('validation_failed');
  });

  test('is for a job that runs, and for the agent that has it', async () => {
    const { actor } = await scene.job();
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
