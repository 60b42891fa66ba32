import { dynamoTable } from '../../lib/aws/table.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { MANIFEST_ROUTES } from '../../lib/contract/routes/manifests.ts';
import { PROJECT_ROUTES } from '../../lib/contract/routes/projects.ts';
import * as Queue from '../../lib/domain/execution/queue/index.ts';
import { idFrom } from '../../lib/domain/id.ts';
import * as Manifests from '../../lib/domain/manifest/synced.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), workflows: stepFunctions(), clock, randomness };

export const handler = serve(
  'projects',
  { ...PROJECT_ROUTES, ...MANIFEST_ROUTES },
  {
    createProject: ({ actor, body, seed }) =>
      Project.create(ports, actor, body, seed && idFrom('project', seed)),
    listProjects: ({ actor, query }) => Project.list(ports, actor, query),
    getProject: ({ actor, params }) => Project.resolve(ports, actor, params.project),
    updateProject: async ({ actor, params, body }) => {
      const project = await Project.update(ports, actor, params.project, body);
      if (body.max_concurrent_jobs !== undefined)
        await Queue.setLimit(ports, project.id, project.max_concurrent_jobs);
      return project;
    },
    syncManifest: async ({ actor, params, body }) =>
      Manifests.sync(ports, actor, await Project.resolve(ports, actor, params.project), body),
    getManifest: async ({ actor, params, query }) =>
      Manifests.get(ports, await Project.resolve(ports, actor, params.project), query.hash),
    deleteProject: ({ actor, params, query }) =>
      Project.remove(ports, actor, params.project, { force: query.force === 'true' }),
  },
  ports,
);
