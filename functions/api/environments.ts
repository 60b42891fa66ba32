import { s3Blobs } from '../../lib/aws/blobs.ts';
import { codeBuild } from '../../lib/aws/codebuild/index.ts';
import { ecrImages } from '../../lib/aws/images.ts';
import { httpProbe } from '../../lib/aws/probe.ts';
import { setting } from '../../lib/aws/settings.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { DEPLOYMENT_ROUTES } from '../../lib/contract/routes/deployments.ts';
import { ENVIRONMENT_ROUTES } from '../../lib/contract/routes/environments.ts';
import { listApprovals } from '../../lib/domain/deployment/approvals.ts';
import { approve, reject } from '../../lib/domain/deployment/approve.ts';
import { beginAll, beginNext } from '../../lib/domain/deployment/begin-next.ts';
import { board } from '../../lib/domain/deployment/board.ts';
import { cancel } from '../../lib/domain/deployment/cancel.ts';
import * as Deployment from '../../lib/domain/deployment/index.ts';
import { changesOf, plan } from '../../lib/domain/deployment/plan.ts';
import { rollBackTo } from '../../lib/domain/deployment/restore.ts';
import { verifyServing } from '../../lib/domain/deployment/verify-serving.ts';
import { hold, resume } from '../../lib/domain/environment/hold.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Line from '../../lib/domain/project/line.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = {
  table: dynamoTable(),
  blobs: s3Blobs(),
  images: ecrImages(),
  workflows: stepFunctions(),
  probe: httpProbe(),
  compute: codeBuild(),
  runtimes: setting('STAITHE_FUNCTION_RUNTIMES').split(','),
  runsProcesses: setting('STAITHE_PROCESSES') === 'allow',
  clock,
  randomness,
};

export const handler = serve(
  'environments',
  { ...ENVIRONMENT_ROUTES, ...DEPLOYMENT_ROUTES },
  {
    putEnvironment: async ({ actor, params, body }) => {
      const project = await Project.resolve(ports, actor, params.project);
      const environment = await Environment.put(ports, project, params.environment, body, actor);
      // Other rules may let begin what waits.
      if (environment.waiting_deployment_ids.length > 0) await beginNext(ports, project.id, environment.name);
      return environment;
    },
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
    holdEnvironment: async ({ actor, params, body }) =>
      hold(
        ports,
        actor,
        await Project.resolve(ports, actor, params.project),
        params.environment,
        body.reason,
      ),
    resumeEnvironment: async ({ actor, params }) => {
      const project = await Project.resolve(ports, actor, params.project);
      const environment = await resume(ports, project, params.environment);
      await beginNext(ports, project.id, environment.name);
      return environment;
    },
    createDeployment: async ({ actor, params, body, seed }) => {
      const project = await Project.resolve(ports, actor, params.project);
      return Deployment.create(ports, actor, project, params.environment, body, seed);
    },
    getDeploymentChanges: ({ actor, params }) => changesOf(ports, actor, params.deployment),
    planDeployment: async ({ actor, params, body }) => {
      const project = await Project.resolve(ports, actor, params.project);
      return plan(ports, actor, project, params.environment, body);
    },
    rollBackEnvironment: async ({ actor, params, body, seed }) => {
      const project = await Project.resolve(ports, actor, params.project);
      return rollBackTo(ports, actor, project, params.environment, body, seed);
    },
    listDeployments: async ({ actor, params, query }) =>
      Deployment.list(ports, await Project.listed(ports, actor, params.project), {
        ...query,
        environment: params.environment,
      }),
    listAllDeployments: async ({ actor, query }) =>
      Deployment.list(ports, await Project.listed(ports, actor, query.project), query),
    getDeployment: ({ actor, params }) => Deployment.get(ports, actor, params.deployment),
    approveDeployment: ({ actor, params, body }) => approve(ports, actor, params.deployment, body),
    rejectDeployment: ({ actor, params, body }) => reject(ports, actor, params.deployment, body.reason),
    verifyDeployment: ({ actor, params }) => verifyServing(ports, actor, params.deployment),
    cancelDeployment: ({ actor, params, body }) => cancel(ports, actor, params.deployment, body.reason),
    listApprovals: async ({ actor, query }) =>
      listApprovals(ports, actor, await Project.listed(ports, actor, query.project), query.of),
    getBoard: async ({ actor, params }) => board(ports, await Project.resolve(ports, actor, params.project)),
    stopProject: async ({ actor, params, body }) =>
      Line.stop(ports, actor, await Project.resolve(ports, actor, params.project), body.reason),
    resumeProject: async ({ actor, params }) => {
      const project = await Line.resume(ports, await Project.resolve(ports, actor, params.project));
      await beginAll(ports, project);
      return project;
    },
  },
  ports,
);
