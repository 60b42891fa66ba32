import { setting } from '../../lib/aws/settings.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { ENVIRONMENT_ROUTES } from '../../lib/contract/routes/environments.ts';
import * as Deployment from '../../lib/domain/deployment/index.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = {
  table: dynamoTable(),
  workflows: stepFunctions(),
  runtimes: setting('STAITHE_FUNCTION_RUNTIMES').split(','),
  clock,
  randomness,
};

export const handler = serve(
  'environments',
  ENVIRONMENT_ROUTES,
  {
    putEnvironment: async ({ actor, params, body }) =>
      Environment.put(
        ports,
        await Project.resolve(ports, actor, params.project),
        params.environment,
        body,
        actor,
      ),
    listEnvironments: async ({ actor, params, query }) =>
      Environment.list(ports, await Project.resolve(ports, actor, params.project), query),
    getEnvironment: async ({ actor, params }) => {
      const project = await Project.resolve(ports, actor, params.project);
      return (await Environment.read(ports, project, params.environment)).value;
    },
    deleteEnvironment: async ({ actor, params }) => {
      const project = await Project.resolve(ports, actor, params.project);
      await Environment.remove(ports, project, params.environment);
      return { project_id: project.id };
    },
    createDeployment: async ({ actor, params, body, seed }) => {
      const project = await Project.resolve(ports, actor, params.project);
      return Deployment.create(ports, actor, project, params.environment, body, seed);
    },
    listDeployments: async ({ actor, params, query }) =>
      Deployment.list(ports, await Project.listed(ports, actor, params.project), {
        ...query,
        environment: params.environment,
      }),
    listAllDeployments: async ({ actor, query }) =>
      Deployment.list(ports, await Project.listed(ports, actor, query.project), query),
    getDeployment: ({ actor, params }) => Deployment.get(ports, actor, params.deployment),
  },
  ports,
);
