/** Uploads straight to storage, and the archives that may be uploaded as sources. */
import * as z from 'zod';
import { Timestamp } from './values.ts';

/** A presigned upload lives 15 minutes: 100 MiB at 1 Mbit/s, and no longer than needed. */
export const UPLOAD_EXPIRES_SECONDS = 15 * 60;

export const SourceFormat = z.enum(['tar.gz', 'zip']);
export type SourceFormat = z.infer<typeof SourceFormat>;

/** Their media types (RFC 6713, and the IANA registration of zip). */
export const SOURCE_TYPES = { 'tar.gz': 'application/gzip', zip: 'application/zip' } as const;

/** How to send bytes straight to storage: the request is bound to the declared digest, length and type. */
export const PresignedUpload = z.object({
  method: z.literal('PUT'),
  url: z.url(),
  headers: z.record(z.string(), z.string()),
  expires_at: Timestamp,
});
export type PresignedUpload = z.infer<typeof PresignedUpload>;
