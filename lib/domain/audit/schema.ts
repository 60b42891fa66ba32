/** Entries of the audit log, and the links that chain them by their hashes. */
import * as z from 'zod';
import { Role } from '../access/role.ts';
import { Id } from '../id.ts';
import { Digest, Timestamp } from '../values.ts';

/** The log of what belongs to no project: projects themselves, tokens and users. Ids of projects name the others. */
export const INSTALLATION = 'installation';

/** The entity of an entry that waits to be chained, by which the reader of the table's stream knows it. */
export const PENDING_ENTITY = 'audit_pending';

export const AuditActor = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('token'),
    token_id: Id.token,
    token_name: z.string().optional(),
    user: z.object({ id: z.string(), name: z.string() }).optional().describe('the person whose token it is'),
    role: Role.optional().describe('the role that the caller had there'),
  }),
  z.object({ kind: z.literal('system'), name: z.string() }),
]);
export type AuditActor = z.infer<typeof AuditActor>;

/** The most digests of one entry: 7 KB, so that a page of 100 entries stays far below the 6 MB of a Lambda's answer. */
export const MAX_DIGESTS = 100;

export const AuditEntry = z.object({
  id: Id.entry,
  at: Timestamp,
  action: z
    .string()
    .describe('the operation id of a request, such as createDeployment, or the name of an event')
    .meta({ examples: ['createDeployment'] }),
  actor: AuditActor,
  project_id: Id.project.optional(),
  subject: z
    .record(z.string(), z.string())
    .describe('names and ids of what the action was about')
    .meta({ examples: [{ environment: 'production', release: 'rel_01JZX3V5N8Q2R4T6W8Y0A1B2C3' }] }),
  digests: z.array(Digest).describe(`digests that the action was about, at most ${MAX_DIGESTS}`),
  digests_omitted: z.int().positive().optional().describe('the number of further digests'),
  reason: z.string().optional().describe('the reason that the caller specified'),
  on_behalf_of: z
    .string()
    .optional()
    .describe('of an action of Staithe itself: who created what it was about'),
  status: z.int().optional().describe('the HTTP status of a request; 403 for a refused one'),
  source_ip: z.string().optional(),
  user_agent: z.string().optional(),
  request_id: z.string().optional(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/**
 * One link of a chain. The entry is kept as it was read: whoever checks its hash must see also what no version of
 * Staithe has written. It is null when it is gone.
 */
export const AuditLink = z.object({
  chain: z.string().meta({ examples: ['prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3'] }),
  seq: z.int().describe('the position in the chain, from 1'),
  prev_hash: z.string().describe('the hash of the link before; zeros for the first one'),
  hash: z.string().describe('SHA-256 of the canonical JSON of chain, entry, prev_hash and seq'),
  entry: z.record(z.string(), z.unknown()).nullable(),
});
export type AuditLink = z.infer<typeof AuditLink>;

/** The newest link of a chain: whoever knows it can tell later that nothing up to it was changed. */
export const AuditHead = z.object({ seq: z.int(), hash: z.string() });
export type AuditHead = z.infer<typeof AuditHead>;

export const AuditChain = z.object({
  chain: z.string().meta({ examples: ['prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3'] }),
  items: z.array(AuditLink),
  head: AuditHead.nullable().describe('null: the chain has no entry yet'),
});
export type AuditChain = z.infer<typeof AuditChain>;
