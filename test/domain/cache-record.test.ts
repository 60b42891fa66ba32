/** Records that an earlier version wrote are read. */
import { expect, test } from 'vitest';
import { caches } from '../../lib/domain/cache/record.ts';

test('a cache of an earlier version, whose sort key is its `place`, is read', () => {
  const at = '2026-11-01T10:00:00.000Z';
  const cache = {
    project_id: 'prj_01K00000000000000000000000',
    service: 'web',
    matrix: {},
    trust: 'own',
    key: 'a'.repeat(64),
    paths: ['node_modules'],
    platform: 'linux-x64',
    sha256: 'b'.repeat(64),
    size_bytes: 10,
    job_id: 'job_01K00000000000000000000000',
    saved_at: at,
    expires_at: at,
    group: 'c'.repeat(64),
  };

  const { value } = caches.read({
    pk: '',
    sk: '',
    entity: 'cache',
    revision: 1,
    ...cache,
    place: 'web#main#1',
  });

  expect(value.sort_key).toBe('web#main#1');
});
