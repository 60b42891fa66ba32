/** S3's events as EventBridge carries them ("EventBridge event message structure", S3 User Guide). */

import type { ObjectVersion } from './schema.ts';
import type { S3State } from './state.ts';

export type CreatedReason = 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload' | 'POST Object';

/** Who caused the event. */
export interface Cause {
  readonly requestId: string;
  /** Account id, or the AWS service that acted. */
  readonly requester: string;
}

/** Entries for the outbox: one, or none when the bucket does not send events. */
export function created(
  state: S3State,
  object: ObjectVersion,
  reason: CreatedReason,
  cause: Cause,
): readonly string[] {
  return entry(state, object, 'Object Created', cause, { size: object.size }, { reason });
}

export function deleted(
  state: S3State,
  object: ObjectVersion,
  reason: 'DeleteObject' | 'Lifecycle Expiration',
  cause: Cause,
): readonly string[] {
  const type = object.marker && object.latest ? 'Delete Marker Created' : 'Permanently Deleted';
  return entry(state, object, 'Object Deleted', cause, {}, { reason, 'deletion-type': type });
}

function entry(
  state: S3State,
  object: ObjectVersion,
  detailType: string,
  cause: Cause,
  more: Record<string, unknown>,
  about: Record<string, unknown>,
): readonly string[] {
  if (!state.buckets.find(object.bucket)?.eventBridge) return [];
  const detail = {
    version: '0',
    bucket: { name: object.bucket },
    object: {
      key: object.key,
      ...more,
      ...(object.etag === '' ? {} : { etag: object.etag }),
      ...(object.version === 'null' ? {} : { 'version-id': object.version }),
      // S3's sequencers are hexadecimal and compare as text within a key; 18 digits as S3 shows them.
      sequencer: object.sequence.toString(16).toUpperCase().padStart(18, '0'),
    },
    'request-id': cause.requestId,
    requester: cause.requester,
    'source-ip-address': '127.0.0.1',
    ...about,
  };
  return [
    JSON.stringify({
      Source: 'aws.s3',
      DetailType: detailType,
      Detail: JSON.stringify(detail),
      Resources: [`arn:${state.cloud.partition}:s3:::${object.bucket}`],
      // Seconds, as the timestamps of the JSON protocol.
      Time: object.modified / 1000,
    }),
  ];
}
