/** What a user says to bring an artifact of their own, and what they are told. */
import * as z from 'zod';
import { ProjectRef } from '../project/schema.ts';
import { FileName } from '../text.ts';
import { PresignedUpload } from '../upload.ts';
import { Sha256 } from '../values.ts';
import { Artifact } from './schema.ts';

/** 5 GiB: what S3 takes as one PUT and copies in one piece ("Amazon S3 quotas": objects; CopyObject). */
export const UPLOAD_MAX_BYTES = 5 * 1024 ** 3;

/**
 * 4 MiB: the largest body that may be posted straight to the API. Lambda takes 6 MiB (6,291,456 bytes) of event in a
 * synchronous call ("Lambda quotas"), and API Gateway puts a body that is not text into it as base64, 4 characters for
 * 3 bytes. An HTTP API takes 10,240 bytes of request line and headers ("HTTP API quotas"), which the event has up to
 * twice and escaped; 64 KiB are far more than they and the rest of the event need. So at most
 * (6,291,456 − 65,536) × 3 ⁄ 4 = 4,669,440 bytes get through; 4 MiB (4,194,304) is the round number below. What lies
 * between the two is refused with an upload to storage. What is larger API Gateway turns away itself, before any code
 * of ours is asked.
 */
export const RAW_UPLOAD_MAX_BYTES = 4 * 1024 ** 2;

/**
 * 16 MiB: 5 GiB are 320 parts of S3's 10,000, four at work fit into 64 MiB of memory, and a part is sent in a second
 * and a half at 100 Mbit/s, so that little is sent twice.
 */
export const PART_BYTES = 16 * 1024 ** 2;

/** Parts that are signed at once: their URLs are of about 1 KB each. */
const PARTS_PER_CALL = 100;

export const ContentType = z
  .string()
  .regex(/^[\w.+-]+\/[\w.+-]+$/, 'must be a media type without parameters')
  .max(127)
  .meta({ examples: ['application/zip'] });

export const CreateArtifact = z
  .strictObject({
    /** May be left out by a token that is bound to a project. */
    project: ProjectRef.optional(),
    name: FileName,
    content_type: ContentType.default('application/octet-stream'),
    sha256: Sha256.optional(),
    size_bytes: z
      .int()
      .min(0)
      .max(UPLOAD_MAX_BYTES)
      .optional()
      .meta({ examples: [2048] }),
  })
  .refine((input) => (input.sha256 === undefined) === (input.size_bytes === undefined), {
    message: 'sha256 and size_bytes must be specified together, or both omitted',
    path: ['sha256'],
  });
export type CreateArtifact = z.infer<typeof CreateArtifact>;

/** How a large file is cut: every part has `part_size_bytes` but the last, which has the rest. */
const MultipartPlan = z.object({
  part_size_bytes: z
    .int()
    .positive()
    .meta({ examples: [PART_BYTES] }),
  part_count: z
    .int()
    .positive()
    .meta({ examples: [16] }),
});

/**
 * `upload` is a PUT of the whole; null when the bytes are stored already. `multipart` says how a large file may be sent
 * in parts instead, which can be resumed.
 */
export const ArtifactWithUpload = Artifact.extend({
  upload: PresignedUpload.nullable(),
  multipart: MultipartPlan.nullable(),
});
export type ArtifactWithUpload = z.infer<typeof ArtifactWithUpload>;

const PartNumber = z
  .int()
  .min(1)
  .max(Math.ceil(UPLOAD_MAX_BYTES / PART_BYTES))
  .meta({ examples: [1] });

/** An upload in parts, and what of it has arrived. */
export const MultipartUpload = MultipartPlan.extend({
  parts: z.array(z.object({ number: PartNumber, size_bytes: z.int().min(0), sha256: Sha256 })),
});
export type MultipartUpload = z.infer<typeof MultipartUpload>;

export const SignParts = z.strictObject({
  parts: z
    .array(z.strictObject({ number: PartNumber, sha256: Sha256 }))
    .min(1)
    .max(PARTS_PER_CALL)
    .refine((parts) => new Set(parts.map(({ number }) => number)).size === parts.length, {
      message: 'must name each part once',
    }),
});
export type SignParts = z.infer<typeof SignParts>;

export const SignedParts = z.object({
  parts: z.array(z.object({ number: PartNumber, upload: PresignedUpload })),
});
export type SignedParts = z.infer<typeof SignedParts>;
