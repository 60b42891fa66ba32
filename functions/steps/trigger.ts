/** The steps of the trigger workflow (stepfunctions/trigger.asl.yaml). */
import { s3Blobs } from '../../lib/aws/blobs.ts';
import { codeBuild } from '../../lib/aws/codebuild/index.ts';
import { githubArchives } from '../../lib/aws/git-host.ts';
import { ecrImageTags } from '../../lib/aws/image-tags.ts';
import { installation } from '../../lib/aws/installation.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { storedTrees } from '../../lib/aws/trees.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import * as Trigger from '../../lib/domain/delivery/trigger.ts';
import { messageOfCause } from '../../stepfunctions/cause.ts';
import { TEMPORARY, TriggerStep } from '../../stepfunctions/trigger.ts';

const blobs = s3Blobs();
const ports = {
  table: dynamoTable(),
  blobs,
  workflows: stepFunctions(),
  gitHost: githubArchives(),
  trees: storedTrees(blobs),
  compute: codeBuild(),
  installation: installation(),
  imageTags: ecrImageTags(),
  clock,
  randomness,
};

export async function handler(event: unknown): Promise<unknown> {
  const step = TriggerStep.parse(event);
  switch (step.task) {
    case 'decide':
      return Trigger.decide(ports, step.delivery_id);
    case 'build':
      return Trigger.build(ports, step.delivery_id, step.project_id, step.waits).catch((error: unknown) => {
        // The workflow tries again by the error's name.
        if (Trigger.isTemporary(error) && error instanceof Error) error.name = TEMPORARY;
        throw error;
      });
    case 'give_up':
      return Trigger.recordFailure(
        ports,
        step.delivery_id,
        step.project_id,
        messageOfCause(step.reason, 'The build could not be started.'),
      );
  }
}
