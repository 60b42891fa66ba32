import { s3Blobs } from '../../lib/aws/blobs.ts';
import { ecrImages } from '../../lib/aws/images.ts';
import { setting } from '../../lib/aws/settings.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { RELEASE_ROUTES } from '../../lib/contract/routes/releases.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Release from '../../lib/domain/release/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), blobs: s3Blobs(), images: ecrImages(), clock, randomness };

const filterOf = <Query extends { yanked?: 'true' | 'false' | undefined }>({ yanked, ...query }: Query) => ({
  ...query,
  yanked: yanked === undefined ? undefined : yanked === 'true',
});

export const handler = serve(
  'releases',
  RELEASE_ROUTES,
  {
    createRelease: async ({ actor, params, body, seed }) =>
      Release.create(ports, actor, await Project.resolve(ports, actor, params.project), body, seed),
    listReleases: async ({ actor, params, query }) =>
      Release.list(ports, actor, await Project.listed(ports, actor, params.project), filterOf(query)),
    listAllReleases: async ({ actor, query }) =>
      Release.list(ports, actor, await Project.listed(ports, actor), filterOf(query)),
    resolveRelease: async ({ actor, params }) =>
      Release.resolve(ports, actor, await Project.resolve(ports, actor, params.project), params.release),
    diffReleases: async ({ actor, params: { project, release, other } }) =>
      Release.diff(
        ports,
        actor,
        await Project.resolve(ports, actor, project),
        { from: release, to: other },
        setting('STAITHE_GIT_HOST_URL'),
      ),
    getRelease: ({ actor, params }) => Release.get(ports, actor, params.release),
    yankRelease: ({ actor, params, body }) => Release.yank(ports, actor, params.release, body),
    unyankRelease: ({ actor, params }) => Release.unyank(ports, actor, params.release),
  },
  ports,
);
