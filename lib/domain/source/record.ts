import * as z from 'zod';
import { Id } from '../id.ts';
import { collection } from '../storage/collection.ts';
import { Keys } from '../storage/keys.ts';
import { Source } from './schema.ts';

/** A source as it is kept: with what only the control plane needs to know. */
const SourceRecord = Source.extend({
  /** The folder that the whole tree lies below, when there is one. */
  wrapper: z.string().optional(),
  /** Runs to plan once the tree is surveyed. */
  waiting_run_ids: z.array(Id.run).optional(),
});
export type SourceRecord = z.infer<typeof SourceRecord>;

export const sources = collection({
  kind: 'source',
  schema: SourceRecord,
  key: (source) => Keys.source(source.id),
});
