import * as z from 'zod';
import { Id } from '../id.ts';
import { Digest, Name, Timestamp } from '../values.ts';

/** What a job produced. The digest is its identity; the bytes never change. */
export const Artifact = z.object({
  id: Id.artifact,
  project_id: Id.project,
  build_id: Id.build,
  run_id: Id.run,
  job_id: Id.job,
  service: Name,
  name: z.string(),
  kind: z.literal('file'),
  content_type: z.string(),
  size_bytes: z.int().min(0),
  digest: Digest,
  status: z.enum(['pending', 'stored']),
  created_at: Timestamp,
  stored_at: Timestamp.optional(),
});
export type Artifact = z.infer<typeof Artifact>;
