import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { idFrom } from '../../lib/domain/id.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), clock, randomness };

export const handler = serve(
  'projects',
  {
    createProject: ({ actor, body, seed }) =>
      Project.create(ports, actor, body, seed && idFrom('project', seed)),
    listProjects: ({ actor, query }) => Project.list(ports, actor, query),
    getProject: ({ actor, params }) => Project.resolve(ports, actor, params.project),
    updateProject: ({ actor, params, body }) => Project.update(ports, actor, params.project, body),
    deleteProject: async ({ actor, params }) => {
      await Project.remove(ports, actor, params.project);
      return undefined;
    },
  },
  ports,
);
