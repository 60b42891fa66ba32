/** S3 has a new object: if it is a source, it is stored, and read for what runs need to know of it. */
import { s3Blobs } from '../../lib/aws/blobs.ts';
import { codeBuild } from '../../lib/aws/codebuild/index.ts';
import { ecrImageTags } from '../../lib/aws/image-tags.ts';
import { installation } from '../../lib/aws/installation.ts';
import { setting } from '../../lib/aws/settings.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { storedTrees } from '../../lib/aws/trees.ts';
import { stepFunctions } from '../../lib/aws/workflows.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { objectCreated } from '../../lib/contract/events/aws.ts';
import { readDetail } from '../../lib/contract/events/event.ts';
import { sourceArrived } from '../../lib/domain/execution/begin.ts';
import { sourceOfUpload } from '../../lib/domain/source/index.ts';
import { sourceOfBlobKey } from '../../lib/domain/storage/keys.ts';

const blobs = s3Blobs();
const ports = {
  table: dynamoTable(),
  blobs,
  trees: storedTrees(blobs),
  workflows: stepFunctions(),
  compute: codeBuild(),
  installation: installation(),
  imageTags: ecrImageTags(),
  runtimes: setting('STAITHE_FUNCTION_RUNTIMES').split(','),
  runsProcesses: setting('STAITHE_PROCESSES') === 'allow',
  clock,
  randomness,
};

export async function handler(event: unknown): Promise<void> {
  const key = sourceOfBlobKey(readDetail(objectCreated, event).object.key);
  const source = key && (await sourceOfUpload(ports, key.projectId, key.sha256));
  if (source !== undefined) await sourceArrived(ports, source);
}
