/**
 * What a composite checksum needs of its parts: each brings its own when it is uploaded, and the completion names it again
 * (CompleteMultipartUpload reference; "Checking object integrity", S3 User Guide). A checksum of the full object needs
 * neither: S3 makes it of the parts' bytes.
 */
import type { ChecksumAlgorithm } from './checksum.ts';
import { s3Error } from './errors.ts';
import type { Upload } from './upload-table.ts';

/**
 * Parts of an upload that named no algorithm may bring any; SDKs add a CRC-32 unasked.
 * @param declared what the part comes with
 * @throws InvalidRequest for another algorithm than the upload's, or none where there must be one
 */
export function assertSameAlgorithm(
  { algorithm, checksumType }: Upload,
  declared: ChecksumAlgorithm | undefined,
): void {
  if (algorithm === undefined || declared === algorithm) return;
  if (declared === undefined && checksumType === 'FULL_OBJECT') return;
  throw s3Error(
    'InvalidRequest',
    `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: ${declared?.toLowerCase() ?? 'null'}`,
  );
}

/** @throws InvalidRequest when a completion leaves a checksum out that S3 makes the object's of */
export function assertPartChecksum(
  { algorithm, checksumType }: Upload,
  number: number,
  declared: string | undefined,
): void {
  if (algorithm === undefined || checksumType !== 'COMPOSITE' || declared !== undefined) return;
  throw s3Error(
    'InvalidRequest',
    `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
  );
}

/** @throws InvalidRequest when a completion names another type of checksum than the upload */
export function assertSameType({ checksumType }: Upload, headers: Readonly<Record<string, string>>): void {
  const declared = headers['x-amz-checksum-type'];
  if (checksumType === undefined || declared === undefined || declared === checksumType) return;
  throw s3Error(
    'InvalidRequest',
    `The upload was created using the ${checksumType} checksum mode. The complete request must use the same checksum mode.`,
  );
}
