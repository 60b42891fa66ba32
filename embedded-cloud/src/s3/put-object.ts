/** PutObject. */
import type { HttpResponse } from '../service.ts';
import { checksumHeaders } from './checksum.ts';
import { created } from './events.ts';
import { metadataFrom, versionHeader } from './metadata.ts';
import { authorizeObject, requestTags } from './permissions.ts';
import { writePrecondition } from './preconditions.ts';
import { receive } from './receive.ts';
import type { BucketRequest, S3State } from './state.ts';

export async function putObject(state: S3State, request: BucketRequest): Promise<HttpResponse> {
  const { target, key, headers } = request;
  const metadata = metadataFrom(headers, target);
  authorizeObject(state, request, 'PutObject', { values: requestTags(metadata.tags) });
  if (headers['x-amz-tagging'] !== undefined) {
    authorizeObject(state, request, 'PutObjectTagging', { values: requestTags(metadata.tags) });
  }
  const check = writePrecondition(headers);
  // Once before the bytes, so that a refused client need not send them all, and once with the write.
  const before = state.objects.latest(target.name, key);
  check(before?.marker ? undefined : before);
  // Without a checksum of the client S3 makes a CRC-64/NVME.
  const received = await receive(state, request, 'CRC64NVME');
  const { file, size, md5, checksum } = received;
  try {
    const { version, files } = state.objects.put(
      {
        ...metadata,
        bucket: target.name,
        key,
        size,
        etag: md5,
        pieces: [{ file, size }],
        multipart: false,
        checksum,
      },
      target.versioning,
      (object) => created(state, object, 'PutObject', causeOf(state, request)),
      check,
    );
    state.blobs.remove(files);
    return {
      status: 200,
      headers: {
        etag: `"${version.etag}"`,
        ...version.encryption,
        ...checksumHeaders(checksum),
        ...versionHeader(version),
      },
    };
  } catch (error) {
    state.blobs.remove([file]);
    throw error;
  }
}

/** Who an event names. */
export function causeOf(state: S3State, request: BucketRequest): { requestId: string; requester: string } {
  const { kind, arn } = request.call.principal;
  return { requestId: request.call.requestId, requester: kind === 'service' ? arn : state.cloud.accountId };
}
