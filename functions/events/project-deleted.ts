/** A project was deleted, or some minutes have passed: what is left of deleted projects is removed (lib/domain/deletion). */
import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { s3Blobs } from '../../lib/aws/blobs.ts';
import { managedProjectSecrets } from '../../lib/aws/project-secrets.ts';
import { ecrRepositories } from '../../lib/aws/repositories.ts';
import { parameterSecrets } from '../../lib/aws/subscription-secrets.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { clock } from '../../lib/aws/world.ts';
import * as Deletion from '../../lib/domain/deletion/index.ts';

const logger = new Logger({ serviceName: 'deletion' });
const ports = {
  table: dynamoTable(),
  blobs: s3Blobs(),
  workflows: stepFunctions(),
  projectSecrets: managedProjectSecrets(),
  subscriptionSecrets: parameterSecrets(),
  registry: ecrRepositories(),
  clock,
};

/** What a deletion may still take when another is begun; one that is cut off goes on with the next sweep. */
const RESERVE_MS = 60_000;

export async function handler(_: unknown, context: Context): Promise<Deletion.DeletionSweep> {
  const done = await Deletion.sweep(ports, () => context.getRemainingTimeInMillis() > RESERVE_MS);
  if (done.gone.length > 0) logger.info('Removed everything of deleted projects', { projects: done.gone });
  // Whoever watches the function's errors learns of it; the next sweep tries again by itself.
  if (done.failures.length > 0)
    throw new Error(
      `Could not remove all of ${done.failures.length} projects: ${JSON.stringify(done.failures.slice(0, 5))}`,
    );
  return done;
}
