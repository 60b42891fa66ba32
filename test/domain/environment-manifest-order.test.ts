/** Which of several builds sets the environments of its manifest, and what is recorded of it. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as Environment from '../../lib/domain/environment/index.ts';
import { type ManifestBuilds, manifestBuilds, SHA, TARGET } from './manifest-builds.ts';

const OTHER = { kind: 'lambda', function_name: 'shop-other' };

let scene: ManifestBuilds;
beforeEach(async () => {
  scene = await manifestBuilds();
});

describe('a build of the default branch', () => {
  test('does so once: the rerun of the newest one brings back nothing that was deleted since', async () => {
    const { id } = await scene.built({ test: { target: TARGET } });
    await scene.put('test', { target: TARGET, owner: 'api' });
    await Environment.remove(scene.place.ports, scene.place.project, 'test');

    await scene.rerun(id);

    expect(await scene.names()).toEqual([]);
  });

  test('does not when a later push was built before it, nor gives back what that one left out', async () => {
    const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString();
    await scene.built({ test: { target: TARGET }, old: { target: OTHER } }, { input: { pushed_at: at(1) } });
    const newer = await scene.built({ test: { target: TARGET } }, { input: { pushed_at: at(3) } });
    const late = { test: { target: TARGET, variables: { A: 'b' } }, old: { target: OTHER } };
    await scene.put('test', { target: TARGET, owner: 'api' });
    await scene.put('test', { target: TARGET, owner: 'manifest' });

    await scene.built(late, { input: { pushed_at: at(2) } });

    expect(await scene.show('test')).toMatchObject({ owner: { kind: 'manifest' }, variables: {} });
    expect((await scene.show('old')).owner).toEqual({ kind: 'api' });
    expect(newer.latest_run?.status).not.toBe('failed');
  });

  test('has its way against an older one that is planned at the same time', async () => {
    const pushedAt = ['2026-01-01T12:00:00.000Z', '2026-01-01T12:01:00.000Z'] as const;
    const of = (A: string) => ({
      a: { target: TARGET, variables: { A } },
      b: { target: OTHER, variables: { A } },
    });
    await Promise.all([
      scene.built(of('newer'), { input: { pushed_at: pushedAt[1] } }),
      scene.built(of('older'), { input: { pushed_at: pushedAt[0] } }),
    ]);

    const all = await Environment.all(scene.place.ports, scene.place.project);
    expect(all.map(({ variables }) => variables)).toEqual([{ A: 'newer' }, { A: 'newer' }]);
  });

  test('sets all or none: what cannot be is found before the first is set', async () => {
    await scene.put('other', { target: OTHER });
    await scene.built({ first: { target: TARGET }, second: { target: OTHER, after: ['first'] } });

    expect(await scene.names()).toEqual(['other']);
  });

  test('moves a function from one environment to another', async () => {
    await scene.built({ a: { target: TARGET } });
    await scene.built({ a: { target: OTHER }, b: { target: TARGET } });

    expect((await scene.show('b')).target).toMatchObject(TARGET);
  });

  test('is in the audit log with what it changed, and not with what stayed', async () => {
    const { id, created_by: on_behalf_of } = await scene.built({
      test: { target: TARGET },
      same: { target: OTHER },
    });
    const changing = await scene.built({
      test: { target: TARGET, variables: { A: 'b' } },
      same: { target: OTHER },
    });
    const dropping = await scene.built({ test: { target: TARGET, variables: { A: 'b' } } });

    const common = { action: 'Environment Set', actor: { kind: 'system', name: 'staithe' }, on_behalf_of };
    const found = await scene.audited();
    expect(found).toHaveLength(4);
    expect(found).toEqual(
      expect.arrayContaining(
        [
          { environment: 'test', owner: 'manifest', build: id, commit: SHA },
          { environment: 'same', owner: 'manifest', build: id, commit: SHA },
          { environment: 'test', owner: 'manifest', build: changing.id, commit: SHA },
          { environment: 'same', owner: 'api', build: dropping.id, commit: SHA },
        ].map((subject) => expect.objectContaining({ ...common, subject })),
      ),
    );
  });
});
