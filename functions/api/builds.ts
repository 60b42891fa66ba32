import { s3Blobs } from '../../lib/aws/blobs.ts';
import { codeBuild } from '../../lib/aws/codebuild/index.ts';
import { ecrImageTags } from '../../lib/aws/image-tags.ts';
import { installation } from '../../lib/aws/installation.ts';
import { setting } from '../../lib/aws/settings.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { storedTrees } from '../../lib/aws/trees.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { BUILD_ROUTES } from '../../lib/contract/routes/builds.ts';
import * as Build from '../../lib/domain/builds/index.ts';
import * as Artifact from '../../lib/domain/execution/artifacts.ts';
import { answerable } from '../../lib/domain/execution/model/size.ts';
import { withProgress } from '../../lib/domain/execution/progress.ts';
import * as Run from '../../lib/domain/execution/runs.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { serve } from '../../lib/http/serve.ts';

const blobs = s3Blobs();
const ports = {
  table: dynamoTable(),
  blobs,
  workflows: stepFunctions(),
  trees: storedTrees(blobs),
  compute: codeBuild(),
  installation: installation(),
  imageTags: ecrImageTags(),
  runtimes: setting('STAITHE_FUNCTION_RUNTIMES').split(','),
  runsProcesses: setting('STAITHE_PROCESSES') === 'allow',
  clock,
  randomness,
};

export const handler = serve(
  'builds',
  BUILD_ROUTES,
  {
    createBuild: async ({ actor, params, body, seed }) =>
      Build.create(ports, actor, await Project.resolve(ports, actor, params.project), body, seed),
    listBuilds: async ({ actor, params, query }) =>
      Build.list(ports, await Project.listed(ports, actor, params.project), query),
    listAllBuilds: async ({ actor, query }) => Build.list(ports, await Project.listed(ports, actor), query),
    getBuild: async ({ actor, params }) => {
      const build = await Build.show(ports, actor, params.build);
      return { ...build, latest_run: build.latest_run && (await withProgress(ports, build.latest_run)) };
    },
    createRun: async ({ actor, params, body, seed }) =>
      Run.rerun(ports, actor, await Build.get(ports, actor, params.build), { ...body, seed }),
    listRuns: async ({ actor, params, query }) =>
      Run.list(ports, await Build.get(ports, actor, params.build), query),
    listBuildArtifacts: async ({ actor, params, query }) => {
      const run = await Build.runOf(ports, actor, params.build, query.run);
      return { items: run === undefined ? [] : await Artifact.ofRun(ports, run) };
    },
    cancelBuild: async ({ actor, params }) =>
      Run.cancelLatest(ports, actor, await Build.get(ports, actor, params.build)),
    getRun: async ({ actor, params }) => withProgress(ports, await Run.get(ports, actor, params.run)),
    listJobs: async ({ actor, params }) => ({
      items: answerable(await Run.jobsOf(ports, await Run.get(ports, actor, params.run))),
    }),
    cancelRun: ({ actor, params }) => Run.cancel(ports, actor, params.run),
  },
  ports,
);
