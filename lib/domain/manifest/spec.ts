/** What a service asks of its job, as the job's record has it: no shorthand, no default left open. */
import * as z from 'zod';
import { Name } from '../values.ts';

/** What a service leaves behind: files below `root` that match the globs, packed as one archive (or kept as one file). */
export const ArtifactSpec = z.object({
  name: Name.optional(),
  paths: z.array(z.string()),
  root: z.string(),
  format: z.enum(['zip', 'tar.gz', 'file']),
});
export type ArtifactSpec = z.infer<typeof ArtifactSpec>;

/** Folders that are kept from one build to the next, for as long as the files named in `key` have the same content. */
export const CacheSpec = z.object({ key: z.array(z.string()), paths: z.array(z.string()) });
export type CacheSpec = z.infer<typeof CacheSpec>;
