import { describe, expect, test } from 'vitest';
import { RegistryError } from '../../lib/domain/ports/registry.ts';
import { registryContract } from '../domain/ports/registry.contract.ts';
import { memoryRegistries, memoryRegistry } from './registry.ts';
import { simulatedClock } from './world.ts';

const clock = simulatedClock();

describe('a registry in memory', () => {
  const registry = memoryRegistry(clock);
  registryContract(() => ({
    registry,
    tellsTags: true,
    putBlob: async ({ repository }, _, bytes) => registry.putBlob(repository, bytes),
    putManifest: async ({ repository }, _, { text, mediaType, reference }) =>
      registry.putManifest(repository, text, mediaType, reference.includes(':') ? [] : [reference]),
    now: () => clock.now().getTime(),
  }));

  test('fails when it is told to, and goes on afterwards', async () => {
    const target = { projectId: 'p', projectSlug: 's', service: 'w' };
    registry.failure = new RegistryError('away', true);

    await expect(registry.ensureRepository(target)).rejects.toThrow('away');
    registry.failure = undefined;
    await expect(registry.ensureRepository(target)).resolves.toBeDefined();
  });
});

test('own registries in memory hand on the credential they were opened with, and refuse a wrong one', async () => {
  const registries = memoryRegistries(clock);
  const access = { host: 'r.example.com', insecure: false, username: 'u', password: 'p' };

  expect(await registries(access).token('a/b')).toMatchObject({ username: 'u', password: 'p' });
  await expect(registries({ ...access, password: 'wrong' }).token('a/b')).rejects.toThrow(RegistryError);
});
