/** Rows of the tables in `store.ts`: to construct a schema takes much longer than to use it, so each is made once. */
import { z } from 'zod';

const groupRow = z.object({
  id: z.number(),
  name: z.string(),
  created: z.number(),
  retention: z.number().nullable(),
  tags: z.string(),
});
const streamRow = z.object({
  id: z.number(),
  group_id: z.number(),
  name: z.string(),
  created: z.number(),
  first_event: z.number().nullable(),
  last_event: z.number().nullable(),
  last_ingestion: z.number().nullable(),
  last_sequence: z.number(),
  stored_bytes: z.number(),
});
const eventRow = z.object({
  stream_id: z.number(),
  timestamp: z.number(),
  sequence: z.number(),
  ingestion: z.number(),
  message: z.string(),
});
const policyRow = z.object({ name: z.string(), document: z.string(), updated: z.number() });

export type Group = z.infer<typeof groupRow>;
export type Stream = z.infer<typeof streamRow>;
export type StoredEvent = z.infer<typeof eventRow>;
export type Policy = z.infer<typeof policyRow>;

export const maybeGroup = groupRow.optional();
export const groupRows = groupRow.array();
export const maybeStream = streamRow.optional();
export const streamRows = streamRow.array();
export const eventRows = eventRow.array();
export const policyRows = policyRow.array();
export const bytesRow = z.object({ bytes: z.number() });
export const nameRow = z.object({ name: z.string() });
export const sequenceRow = z.object({ last_sequence: z.number() });
