/** The steps of the trigger workflow (stepfunctions/trigger.asl.yaml). */
import { s3Blobs } from '../../lib/aws/blobs.ts';
import { codeBuild } from '../../lib/aws/codebuild/index.ts';
import { githubArchives } from '../../lib/aws/git-host.ts';
import { ecrImageTags } from '../../lib/aws/image-tags.ts';
import { installation } from '../../lib/aws/installation.ts';
import { setting } from '../../lib/aws/settings.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { storedTrees } from '../../lib/aws/trees.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { triggerSteps } from '../../stepfunctions/trigger.ts';

const blobs = s3Blobs();
export const handler = triggerSteps({
  table: dynamoTable(),
  blobs,
  workflows: stepFunctions(),
  gitHost: githubArchives(),
  trees: storedTrees(blobs),
  compute: codeBuild(),
  installation: installation(),
  imageTags: ecrImageTags(),
  runtimes: setting('STAITHE_FUNCTION_RUNTIMES').split(','),
  runsProcesses: setting('STAITHE_PROCESSES') === 'allow',
  clock,
  randomness,
});
