/** A project with a release and an environment. */
import * as Deployment from '../../lib/domain/deployment/index.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../lib/domain/environment/schema.ts';
import * as Release from '../../lib/domain/release/index.ts';
import { ADMIN, completedBuild, world } from './world.ts';

export async function readyToDeploy() {
  const place = await world();
  const input = PutEnvironment.parse({ target: { kind: 'lambda', function_name: 'hello' } });
  await Environment.put(place.ports, place.project, 'test', input);
  const { build } = await completedBuild(place);
  const release = await Release.create(place.ports, ADMIN, place.project, {
    build_id: build.id,
    version: '1.0.0',
  });
  return {
    place,
    release,
    deploy: (seed?: string) =>
      Deployment.create(place.ports, ADMIN, place.project, 'test', { release: release.id }, seed),
    show: (id: string) => Deployment.get(place.ports, ADMIN, id),
    environment: async () => (await Environment.read(place.ports, place.project, 'test')).value,
  };
}
