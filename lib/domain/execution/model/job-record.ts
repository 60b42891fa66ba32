import * as z from 'zod';
import { Registry } from '../../manifest/schema.ts';
import { collection } from '../../storage/collection.ts';
import { Keys } from '../../storage/keys.ts';
import { Sha256, Timestamp } from '../../values.ts';
import { InputFormat, Job } from './job.ts';

/** A job as it is stored: with what only the control plane may know. */
const JobRecord = Job.extend({
  /** SHA-256 of the current attempt's ticket. */
  ticket_hash: z.string(),
  /** The agent that used it. */
  claim_id: z.string().optional(),
  /** Where the source's bytes are, so that a claim needs no second read. */
  source: z
    .object({
      key: z.string(),
      sha256: Sha256,
      size_bytes: z.int().positive(),
      format: InputFormat,
      name: z.string().optional(),
      strip_components: z.int().min(0).max(1),
      /** Absent from jobs of an older version. */
      time_seconds: z.int().optional(),
    })
    .optional(),
  /** The task token of the deployment that waits for the job's end. */
  end_token: z.string().optional(),
  /** Where its image goes, when it is one. */
  registry: Registry.optional(),
  /** The name that the manifest gives the image, in place of the derived one. */
  image_name: z.string().optional(),
  /** When its run times out. */
  deadline_at: Timestamp.optional(),
  /** Whether its project limits concurrent jobs: then it goes through the queue. */
  limited: z.boolean().optional(),
  /** The task token of the workflow that waits for the job's turn. */
  turn_token: z.string().optional(),
  /** When its agent last made a call. */
  last_heartbeat_at: Timestamp.optional(),
  /** The former name, for a sweep of the version before that still runs; removed with the next version. */
  heard_at: Timestamp.optional(),
  /** Whether its end is its agent's word: the last line of its log has a mark (lib/domain/log/marks.ts). */
  reported: z.boolean().optional(),
  /** Log streams of the attempts so far, oldest first. */
  log_streams: z.array(z.string()),
  /** The attempt of each log stream, by the stream's name. An attempt that was lost before it had a stream has none. */
  log_attempts: z.record(z.string(), z.int().positive()).optional(),
});
export type JobRecord = z.infer<typeof JobRecord>;

const Lost = z
  .looseObject({ said: z.string() })
  .transform(({ said, ...lost }) => ({ detail: said, said, ...lost }));

/** Jobs of an older version have no name, and other names of the last heartbeat and of a lost attempt's message. */
function upgraded(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  const lost = 'lost_attempts' in item && Array.isArray(item.lost_attempts) ? item.lost_attempts : [];
  return {
    ...('service' in item && { name: item.service }),
    ...('heard_at' in item && { last_heartbeat_at: item.heard_at }),
    ...item,
    ...(lost.length > 0 && { lost_attempts: lost.map((one) => Lost.safeParse(one).data ?? one) }),
  };
}

export const jobs = collection({
  kind: 'job',
  // Listeners of builds hear nothing of it.
  entity: ({ deployment_id: id }) => (id === undefined ? 'job' : 'deployment_job'),
  schema: z.preprocess(upgraded, JobRecord),
  key: (job) => Keys.job(job.id),
});
