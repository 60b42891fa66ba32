/** The registry's credential on this machine: there while an image is pushed, and at no other time. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RegistryToken } from '../../domain/image/schema.ts';

/** Docker Hub's entry has its old address for a name (docker/cli, cli/config/credentials). */
const DOCKER_HUB = 'https://index.docker.io/v1/';

/**
 * Writes the credential as `docker login` and `buildah login` do, into a folder of its own that only this user may
 * read and no variable of a command names. The job's commands and the Dockerfile's have all ended by then.
 *
 * @param act gets the folder, which is gone when it has settled
 */
export async function withLogin<Result>(
  token: RegistryToken,
  act: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'staithe-login-')); // mode 0700 (POSIX: mkdtemp)
  try {
    const { registry, username, password } = token;
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    const auths = username === '' ? {} : { [isDockerHub(registry) ? DOCKER_HUB : registry]: { auth } };
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }), { mode: 0o600, flag: 'wx' });
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function isDockerHub(registry: string): boolean {
  return registry === 'docker.io' || registry === 'index.docker.io';
}
