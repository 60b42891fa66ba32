/** ECR of the embedded cloud: its API behind the gateway, and a real registry on a port of its own. */
import { join } from 'node:path';
import { openDatabase } from '../database.ts';
import { BlobStore } from '../s3/blobs.ts';
import type { Cloud, Service } from '../service.ts';
import { AuthorizationTokens } from './authorization-token.ts';
import { expireImages } from './expire.ts';
import { imageActions } from './image-actions.ts';
import { Layers } from './layers.ts';
import { parseManifest } from './manifest.ts';
import { policyActions } from './policy-actions.ts';
import { RegistryServer } from './registry/server.ts';
import { repositoryActions } from './repository-actions.ts';
import { SCHEMA } from './schema.ts';
import type { EcrState } from './state.ts';
import { RepositoryStore } from './store.ts';
import { provideRepository } from './template-repository.ts';

/** AWS expires images within a day of their time; an hour is soon enough here. */
const SWEEP_INTERVAL = 60 * 60 * 1000;

export function ecr(cloud: Cloud): Service {
  const folder = cloud.stateDir('ecr');
  const database = openDatabase(folder, SCHEMA, 'repositories and the list of their images');
  const now = () => cloud.now();
  const repositories = new RepositoryStore(database);
  const layers = new Layers(database, new BlobStore(join(folder, 'blobs'), 'the layers of all images'), now);
  const state: EcrState = {
    cloud,
    repositories,
    layers,
    tokens: new AuthorizationTokens(folder, now),
    registryHost: async () => `127.0.0.1:${await cloud.port('ecr')}`,
  };
  const server = new RegistryServer(state);

  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<unknown> = Promise.resolve();
  const sweep = () => {
    sweeping = sweeping
      .then(() => {
        if (stopped) return;
        expireImages(state);
        return layers.sweep(
          (repository) => layersNamed(repositories, repository),
          () => stopped,
        );
      })
      .catch((error: unknown) => cloud.log('ecr', `the sweep failed: ${String(error)}`));
  };

  return {
    name: 'ecr',
    actions: { ...repositoryActions(state), ...policyActions(state), ...imageActions(state) },
    resources: { 'AWS::ECR::Repository': (request) => provideRepository(state, request) },
    start: async () => {
      const port = await cloud.port('ecr');
      await server.listen(port);
      cloud.publishPort?.(port);
      sweep();
      timer = setInterval(sweep, SWEEP_INTERVAL).unref();
    },
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await server.close();
      await sweeping;
      database.close();
    },
  };
}

function layersNamed(repositories: RepositoryStore, repository: string): ReadonlySet<string> {
  return new Set(
    repositories
      .images(repository)
      .flatMap(({ manifest, media_type }) => parseManifest(manifest, media_type).layers)
      .map(({ digest }) => digest),
  );
}
