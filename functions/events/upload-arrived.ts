/** S3 has the bytes of an uploaded artifact: verify them and put them in place. */
import { s3Blobs } from '../../lib/aws/blobs.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock } from '../../lib/aws/world.ts';
import { objectCreated } from '../../lib/contract/events/aws.ts';
import { readDetail } from '../../lib/contract/events/event.ts';
import { verifyUpload } from '../../lib/domain/artifact/verify.ts';
import { uploadOfBlobKey } from '../../lib/domain/storage/keys.ts';

const ports = { table: dynamoTable(), blobs: s3Blobs(), clock };

export async function handler(event: unknown): Promise<void> {
  const upload = uploadOfBlobKey(readDetail(objectCreated, event).object.key);
  if (upload !== undefined) await verifyUpload(ports, upload.projectId, upload.artifactId);
}
