/** What is left of a deleted project until all that was in it is gone: what has to be removed, and who holds the name. */
import * as z from 'zod';
import { Id } from '../id.ts';
import type { Item, Key, Write } from '../ports/table.ts';
import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Name, Timestamp } from '../values.ts';

export const Deletion = z.object({
  project_id: Id.project,
  slug: Name,
  requested_at: Timestamp,
  requested_by: z.string(),
  /** Whether the name is still this project's: image repositories go by it, so nobody else may have it before they are gone. */
  holds_name: z.boolean(),
  /**
   * Whether images were pushed under the name, or a credential was given that pulls them: credentials for them may live
   * on when everything else is gone.
   */
  had_images: z.boolean().default(false),
  status: z.literal('requested').default('requested'),
});
export type Deletion = z.infer<typeof Deletion>;

export const deletions = collection({
  kind: 'deletion',
  schema: Deletion,
  key: ({ project_id }) => Keys.deletion(project_id),
  second: ({ project_id }) => ({ gsi2pk: Partitions.openDeletions, gsi2sk: project_id }),
});

export const deletionOf = (deletion: Omit<Deletion, 'status'>): Write =>
  deletions.creation({ ...deletion, status: 'requested' });

/** Stands where the project stood, and keeps its name. */
export const placeholderOf = (key: Key, projectId: string, revision: number): Item => ({
  ...key,
  entity: 'project_placeholder',
  revision,
  project_id: projectId,
});
