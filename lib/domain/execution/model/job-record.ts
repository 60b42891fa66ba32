import * as z from 'zod';
import { Registry } from '../../manifest/schema.ts';
import { collection } from '../../storage/collection.ts';
import { Keys } from '../../storage/keys.ts';
import { SourceFormat } from '../../upload.ts';
import { Sha256, Timestamp } from '../../values.ts';
import { Job } from './job.ts';

/** A job as it is kept: with what only the control plane may know. */
const JobRecord = Job.extend({
  /** sha256 of the present attempt's ticket. */
  ticket_hash: z.string(),
  /** Which agent used it. */
  claim_id: z.string().optional(),
  /** Where the source's bytes lie, so that a claim needs no second read. */
  source: z.object({
    key: z.string(),
    sha256: Sha256,
    size_bytes: z.int().positive(),
    format: SourceFormat,
    strip_components: z.int().min(0).max(1),
    /** Absent from jobs of an older version. */
    time_seconds: z.int().optional(),
  }),
  /** Where its image goes, when it is one. */
  registry: Registry.optional(),
  /** The name that the manifest gives the image, in place of the derived one. */
  image_name: z.string().optional(),
  /** When its run's time is over. */
  deadline_at: Timestamp.optional(),
  /** Whether it takes a place of its project's queue. */
  limited: z.boolean().optional(),
  /** How to wake the workflow that waits for its turn. */
  turn_token: z.string().optional(),
  /** When its agent was last heard of. */
  heard_at: Timestamp.optional(),
  /** Log streams of the attempts so far, oldest first. */
  log_streams: z.array(z.string()),
  /** Which attempt wrote a log stream, by its name: an attempt that was lost before it had one leaves none. */
  log_attempts: z.record(z.string(), z.int().positive()).optional(),
});
export type JobRecord = z.infer<typeof JobRecord>;

/** Jobs of an older version have no name of their own. */
const withName = (item: unknown): unknown =>
  typeof item === 'object' && item !== null && !('name' in item) && 'service' in item
    ? { ...item, name: item.service }
    : item;

export const jobs = collection({
  kind: 'job',
  schema: z.preprocess(withName, JobRecord),
  key: (job) => Keys.job(job.id),
});
