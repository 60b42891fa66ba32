/** Runs every minute: repairs what is overdue (lib/domain/sweep). */
import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { s3Blobs } from '../../lib/aws/blobs.ts';
import { codeBuild, codeBuildMachines } from '../../lib/aws/codebuild/index.ts';
import { ecrImageTags } from '../../lib/aws/image-tags.ts';
import { installation } from '../../lib/aws/installation.ts';
import { setting } from '../../lib/aws/settings.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { storedTrees } from '../../lib/aws/trees.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import * as Reconcile from '../../lib/domain/sweep/index.ts';

const logger = new Logger({ serviceName: 'sweep' });
const ports = {
  table: dynamoTable(),
  trees: storedTrees(s3Blobs()),
  workflows: stepFunctions(),
  machines: codeBuildMachines(),
  compute: codeBuild(),
  installation: installation(),
  imageTags: ecrImageTags(),
  runtimes: setting('STAITHE_FUNCTION_RUNTIMES').split(','),
  runsProcesses: setting('STAITHE_PROCESSES') === 'allow',
  clock,
  randomness,
};

/** What a page of runs may take; a sweep that has less left leaves the rest to the next one. */
const RESERVE_MS = 10_000;

export async function handler(_: unknown, context: Context): Promise<Reconcile.Sweep> {
  const done = await Reconcile.sweep(ports, () => context.getRemainingTimeInMillis() > RESERVE_MS);
  if (done.repairs.length > 0) logger.warn('Repaired overdue runs', { repairs: done.repairs });
  if (done.deployments.length > 0)
    logger.warn('Started deployments that were still waiting for it', { deployments: done.deployments });
  // Whoever watches the function's errors learns of it; the next sweep tries again by itself.
  if (done.failures.length > 0)
    throw new Error(
      `Could not check ${done.failures.length} runs or deployments: ${JSON.stringify(done.failures.slice(0, 5))}`,
    );
  return done;
}
