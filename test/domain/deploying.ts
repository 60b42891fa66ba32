/** A project with an environment, and what is released and deployed to it. */
import * as Deployment from '../../lib/domain/deployment/index.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../lib/domain/environment/schema.ts';
import * as Release from '../../lib/domain/release/index.ts';
import { runDeployment } from '../workflows/deployment.ts';
import { ADMIN, completedBuild, ONE_SERVICE, world } from './world.ts';

export const TARGET = { kind: 'lambda', function_name: 'hello' };

/** The environment is `test`. */
export async function deployable() {
  const place = await world();
  let versions = 0;
  const scene = {
    place,
    put: (input: unknown, name = 'test') =>
      Environment.put(place.ports, place.project, name, PutEnvironment.parse(input)),
    environment: async () => (await Environment.read(place.ports, place.project, 'test')).value,
    async release(text: string, manifest = ONE_SERVICE) {
      const { build } = await completedBuild(place, manifest, text);
      return Release.create(place.ports, ADMIN, place.project, {
        build_id: build.id,
        version: `1.0.${versions++}`,
      });
    },
    deploy: (ref: string, seed?: string) =>
      Deployment.create(place.ports, ADMIN, place.project, 'test', { release: ref }, seed),
    show: (id: string) => Deployment.get(place.ports, ADMIN, id),
    /** Releases and deploys an artifact of this text. */
    async deployed(text: string) {
      const release = await scene.release(text);
      const { id } = await scene.deploy(release.id);
      await runDeployment(place.ports, id);
      return { release, deployment: await scene.show(id) };
    },
  };
  await scene.put({ target: TARGET });
  return scene;
}

export async function readyToDeploy() {
  const scene = await deployable();
  const release = await scene.release('built');
  return { ...scene, release, deploy: (seed?: string) => scene.deploy(release.id, seed) };
}
