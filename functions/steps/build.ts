/** The steps of the build workflow (stepfunctions/build.asl.yaml). */
import { codeBuild } from '../../lib/aws/codebuild/index.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { buildSteps } from '../../stepfunctions/build.ts';

export const handler = buildSteps({
  table: dynamoTable(),
  workflows: stepFunctions(),
  compute: codeBuild(),
  clock,
  randomness,
});
