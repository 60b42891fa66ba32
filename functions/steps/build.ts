/** The steps of the build workflow (stepfunctions/build.asl.yaml). */
import { s3Blobs } from '../../lib/aws/blobs.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { storedTrees } from '../../lib/aws/trees.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { finish, settle } from '../../lib/domain/run/finish.ts';
import { plan } from '../../lib/domain/run/plan.ts';
import { BuildStep } from '../../stepfunctions/build.ts';

const ports = { table: dynamoTable(), trees: storedTrees(s3Blobs()), clock, randomness };

export async function handler(event: unknown): Promise<unknown> {
  const step = BuildStep.parse(event);
  switch (step.task) {
    case 'plan':
      return plan(ports, step.run_id);
    case 'settle':
      return settle(ports, step.job_id, step.caught);
    case 'finish':
      return finish(ports, step.run_id);
  }
}
