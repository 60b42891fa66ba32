/** The steps of the deployment workflow (stepfunctions/deployment.asl.yaml). */

import { codeBuild } from '../../lib/aws/codebuild/index.ts';
import { cloudWatchFunctionLogs } from '../../lib/aws/function-logs.ts';
import { lambdaFunctions } from '../../lib/aws/functions/index.ts';
import { httpProbe } from '../../lib/aws/probe.ts';
import { embeddedProcesses } from '../../lib/aws/processes/index.ts';
import { embeddedProcessLogs } from '../../lib/aws/processes/logs.ts';
import { cloudFrontSites } from '../../lib/aws/sites/index.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { deploymentSteps } from '../../stepfunctions/deployment.ts';

export const handler = deploymentSteps({
  table: dynamoTable(),
  functions: lambdaFunctions(),
  sites: cloudFrontSites(),
  processes: embeddedProcesses(),
  functionLogs: cloudWatchFunctionLogs(),
  processLogs: embeddedProcessLogs(),
  probe: httpProbe(),
  workflows: stepFunctions(),
  compute: codeBuild(),
  clock,
  randomness,
});
