import { describe, expect, test } from 'vitest';
import { hashOf, parse } from '../../lib/domain/manifest/index.ts';
import * as Manifests from '../../lib/domain/manifest/synced.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { ADMIN, refusal, sha256Of, world } from '../domain/world.ts';

const ONE = 'services:\n  web:\n    commands: [make]\n    timeout: 15m # the default\n';
const TWO = 'services:\n  api: {}\n  web: {}\n';

async function synced(...texts: string[]) {
  const { ports, project } = await world();
  const answers = [];
  for (const manifest of texts) {
    ports.clock.advance(1000);
    answers.push(await Manifests.sync(ports, ADMIN, project, { manifest, file: 'staithe.yaml' }));
  }
  return { ports, project, answers };
}

describe('a synced manifest', () => {
  test('is answered in its canonical form, of which the hash is', async () => {
    const { answers } = await synced(ONE);

    expect(answers[0]).toMatchObject({
      manifest_hash: parse(ONE).hash,
      manifest: { services: { web: { commands: ['make'] } } },
      services: ['web'],
      synced_by: ADMIN.token_id,
    });
    expect(`sha256:${sha256Of(JSON.stringify(answers[0]?.manifest))}`).toBe(answers[0]?.manifest_hash);
  });

  test('is found by its hash as it was parsed, also when a newer one was synced', async () => {
    const { ports, project } = await synced(ONE, TWO);

    expect(await Manifests.byHash(ports, project.id, parse(ONE).hash)).toEqual(parse(ONE));
    expect(await Manifests.latest(ports, project.id)).toEqual(parse(TWO));
    expect((await Manifests.get(ports, project)).services).toEqual(['api', 'web']);
    expect((await Manifests.get(ports, project, parse(ONE).hash)).services).toEqual(['web']);
  });

  test('that is synced again is the newest again', async () => {
    const { ports, project, answers } = await synced(ONE, TWO, ONE);

    expect((await Manifests.latest(ports, project.id))?.hash).toBe(answers[0]?.manifest_hash);
  });

  test('is of its project alone', async () => {
    const { ports } = await synced(ONE);

    expect(await Manifests.latest(ports, 'prj_another')).toBeUndefined();
    expect(await Manifests.byHash(ports, 'prj_another', parse(ONE).hash)).toBeUndefined();
  });

  test('is not there before the first, nor under a hash that nobody synced', async () => {
    const { ports, project } = await world();

    expect(await refusal(Manifests.get(ports, project))).toBe('not_found');
    expect(await refusal(Manifests.get(ports, project, hashOf(parse(ONE).manifest)))).toBe('not_found');
    expect(await Manifests.latest(ports, project.id)).toBeUndefined();
  });

  test('with a mistake is refused, and changes nothing', async () => {
    const { ports, project } = await synced(ONE);

    const code = await refusal(
      Manifests.sync(ports, ADMIN, project, { manifest: 'services: {web: {comands: []}}', file: 'a.yaml' }),
    );

    expect(code).toBe('manifest_invalid');
    expect((await Manifests.latest(ports, project.id))?.hash).toBe(parse(ONE).hash);
  });

  test('of an earlier version that this one refuses says so to whoever builds it', async () => {
    const { ports, project, answers } = await synced(ONE);
    const key = Keys.manifest(project.id, answers[0]?.manifest_hash ?? '');
    const kept = await ports.table.get(key);
    const canonical = JSON.stringify({ ...JSON.parse(String(kept?.canonical)), max_parallel: 100 });
    await ports.table.write({
      put: { ...key, ...kept, entity: 'manifest', revision: 1, canonical },
      when: { any: true },
    });

    expect(await refusal(Manifests.latest(ports, project.id))).toBe('manifest_invalid');
    expect(await Manifests.latestHash(ports, project.id)).toBe(answers[0]?.manifest_hash);
  });
});
