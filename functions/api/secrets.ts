import { managedProjectSecrets } from '../../lib/aws/project-secrets.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { SECRET_ROUTES } from '../../lib/contract/routes/secrets.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Secret from '../../lib/domain/secret/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), projectSecrets: managedProjectSecrets(), clock, randomness };

export const handler = serve(
  'secrets',
  SECRET_ROUTES,
  {
    putSecret: async ({ actor, params, body, seed }) =>
      Secret.put(ports, actor, await Project.resolve(ports, actor, params.project), params.name, body, seed),
    listSecrets: async ({ actor, params, query }) =>
      Secret.list(ports, await Project.resolve(ports, actor, params.project), query),
    getSecret: async ({ actor, params }) =>
      Secret.get(ports, await Project.resolve(ports, actor, params.project), params.name),
    deleteSecret: async ({ actor, params }) => {
      const project = await Project.resolve(ports, actor, params.project);
      await Secret.remove(ports, project, params.name);
      return { project_id: project.id };
    },
    listSecretReads: async ({ actor, params, query }) =>
      Secret.reads(ports, await Project.resolve(ports, actor, params.project), params.name, query),
  },
  ports,
);
