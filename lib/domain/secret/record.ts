import * as z from 'zod';
import { collection } from '../storage/collection.ts';
import { Keys } from '../storage/keys.ts';
import { Secret, SecretRead } from './schema.ts';

/** 90 days, as long as the builds' logs: as long as somebody may ask who has seen a value that leaked. */
const READS_KEPT_SECONDS = 90 * 24 * 3600;

/** A secret as the table keeps it: everything but its value, and no hash of that either. */
const SecretRecord = Secret.extend({
  /** The change that made the present value: a repeat of it is none. */
  change: z.string(),
});
export type SecretRecord = z.infer<typeof SecretRecord>;

export const secrets = collection({
  kind: 'secret',
  schema: SecretRecord,
  key: (secret) => Keys.secret(secret.project_id, secret.name),
});

export const secretReads = collection({
  kind: 'secret_read',
  schema: SecretRead,
  key: (read) => Keys.secretRead(read.project_id, read.name, read.id),
  ttl: (read) => Math.floor(Date.parse(read.at) / 1000) + READS_KEPT_SECONDS,
});
