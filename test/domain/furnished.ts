/** A project with a bit of everything in it, and all that can be made in a project. */

import * as Upload from '../../lib/domain/artifact/upload.ts';
import * as Build from '../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../lib/domain/builds/schema.ts';
import * as Deployment from '../../lib/domain/deployment/index.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../lib/domain/environment/schema.ts';
import * as Job from '../../lib/domain/execution/agent.ts';
import { finish } from '../../lib/domain/execution/end/index.ts';
import type { ClaimedJob } from '../../lib/domain/execution/model/job.ts';
import * as Run from '../../lib/domain/execution/runs.ts';
import * as Image from '../../lib/domain/image/index.ts';
import * as Manifests from '../../lib/domain/manifest/synced.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Release from '../../lib/domain/release/index.ts';
import * as Secret from '../../lib/domain/secret/index.ts';
import * as Source from '../../lib/domain/source/index.ts';
import { authenticate } from '../../lib/domain/token/authenticate.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { CreateToken } from '../../lib/domain/token/schema.ts';
import { type ObservedTable, observedTable } from './execution/observed.ts';
import {
  ADMIN,
  agentOf,
  claimed,
  completedBuild,
  knownAdmin,
  plannedJob,
  planRun,
  sha256Of,
  startedBuild,
  uploadedArtifact,
  type World,
  world,
} from './world.ts';

const IMAGE = 'services:\n  web:\n    dockerfile: Dockerfile\n';

export interface Scene extends World {
  readonly table: ObservedTable;
  readonly source: string;
  readonly built: string;
  readonly work: ClaimedJob;
  readonly artifact: string;
  /** A run that was recorded and not yet planned. */
  readonly waiting: string;
}

/** A project with a bit of everything in it. */
export async function furnished(): Promise<Scene> {
  const table = observedTable();
  const made = await world({ table });
  await knownAdmin(made.ports);
  const project = await Project.update(made.ports, ADMIN, 'hello', { max_concurrent_jobs: 2 });
  const place = { ...made, project };
  const { ports } = place;
  const { build } = await completedBuild(place);
  await Release.create(ports, ADMIN, project, { build_id: build.id, version: '1.0.0' });
  const target = { kind: 'lambda', function_name: 'f' };
  await Environment.put(ports, project, 'prod', PutEnvironment.parse({ target }));
  await Secret.put(ports, ADMIN, project, 'NPM_TOKEN', { value: 'hunter2' });
  const { dispatch } = await plannedJob(place);
  const work = await claimed(place, dispatch);
  const artifact = await uploadedArtifact(place, work);
  const waiting = (await startedBuild(place, IMAGE)).run.id;
  return { ...place, table, source: build.source_id, built: build.id, work, artifact, waiting };
}

type Make = (scene: Scene) => Promise<unknown>;

export const MAKES: Readonly<Record<string, Make>> = {
  'a build': (s) => Build.create(s.ports, ADMIN, s.project, CreateBuild.parse({ source_id: s.source })),
  'a build that is not started': (s) =>
    Build.create(s.ports, ADMIN, s.project, CreateBuild.parse({ source_id: s.source, start: false })),
  'another run': async (s) => Run.rerun(s.ports, ADMIN, await Build.get(s.ports, ADMIN, s.built)),
  'the plan of a run': (s) => planRun(s, s.waiting),
  'a source': (s) =>
    Source.create(s.ports, ADMIN, s.project, { sha256: sha256Of('new'), size_bytes: 3, format: 'zip' }),
  'an upload': (s) =>
    Upload.create(s.ports, ADMIN, s.project, { name: 'a.zip', content_type: 'application/zip' }),
  'a secret': (s) => Secret.put(s.ports, ADMIN, s.project, 'NEW', { value: 'hunter3' }),
  'a secret’s new value': (s) => Secret.put(s.ports, ADMIN, s.project, 'NPM_TOKEN', { value: 'hunter4' }),
  'an environment': (s) =>
    Environment.put(
      s.ports,
      s.project,
      'test',
      PutEnvironment.parse({ target: { kind: 'lambda', function_name: 'g' } }),
    ),
  'a release': (s) => Release.create(s.ports, ADMIN, s.project, { build_id: s.built, version: '1.0.1' }),
  'a deployment': (s) => Deployment.create(s.ports, ADMIN, s.project, 'prod', { release: '1.0.0' }),
  'a token': (s) => Token.create(s.ports, ADMIN, CreateToken.parse({ role: 'admin', project: 'hello' })),
  'a token of one that is bound': async (s) => {
    const bound = await Token.create(
      s.ports,
      ADMIN,
      CreateToken.parse({ role: 'admin', project: s.project.id }),
    );
    const actor = await authenticate(s.ports, `Bearer ${bound.secret}`);
    return Token.create(s.ports, actor, CreateToken.parse({ role: 'viewer' }));
  },
  'a manifest': (s) =>
    Manifests.sync(s.ports, ADMIN, s.project, { manifest: 'services: {web: {}}', file: 'staithe.yaml' }),
  'a link to a repository': (s) => Project.update(s.ports, ADMIN, 'hello', { repository: 'acme/other' }),
  'a job’s artifact': (s) =>
    Job.createUpload(s.ports, agentOf(s.work), s.work.job.id, {
      name: 'b.zip',
      sha256: sha256Of('b'),
      size_bytes: 1,
      content_type: 'application/zip',
    }),
  'a job’s result': async (s) => {
    await Job.result(s.ports, agentOf(s.work), s.work.job.id, {
      status: 'completed',
      artifact_ids: [s.artifact],
    });
    return finish(s.ports, s.work.job.run_id);
  },
  'a repository of images': async (s) => {
    const [dispatch] = (await planRun(s, s.waiting)).jobs;
    if (dispatch === undefined) return undefined;
    const { job } = await claimed(s, dispatch);
    return Image.registryToken(s.ports, agentOf({ job }), job.id);
  },
};
