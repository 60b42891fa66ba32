/** A bucket's lifecycle rules as the template has them (AWS::S3::Bucket LifecycleConfiguration). */
import { z } from 'zod';

const days = z.coerce.number();
const lifecycleRule = z.looseObject({
  Status: z.string(),
  Prefix: z.string().default(''),
  TagFilters: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
  ObjectSizeGreaterThan: z.coerce.number().optional(),
  ObjectSizeLessThan: z.coerce.number().optional(),
  ExpirationInDays: days.optional(),
  ExpirationDate: z.coerce.date().optional(),
  ExpiredObjectDeleteMarker: z.union([z.boolean(), z.string()]).optional(),
  AbortIncompleteMultipartUpload: z.object({ DaysAfterInitiation: days }).optional(),
  NoncurrentVersionExpirationInDays: days.optional(),
  NoncurrentVersionExpiration: z
    .object({ NoncurrentDays: days, NewerNoncurrentVersions: z.coerce.number().default(0) })
    .optional(),
});
export type LifecycleRule = z.infer<typeof lifecycleRule>;
export const lifecycleConfiguration = z.looseObject({ Rules: z.array(lifecycleRule) });
