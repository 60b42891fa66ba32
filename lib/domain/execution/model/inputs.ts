/** Named texts that reach commands, or that commands leave. */
import * as z from 'zod';
import { text } from '../../text.ts';

/** 16 KiB: each of a build's jobs carries them, and an item of the table may have 400 KB (docs: DynamoDB quotas). */
const INPUTS_MAX_BYTES = 16 * 1024;

/** Inputs reach every command as `STAITHE_INPUT_<NAME>`. */
export const Inputs = z
  .record(z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be a-z, 0-9 and _'), text(4096))
  .refine((inputs) => Object.keys(inputs).length <= 50, 'must have at most 50 entries')
  .refine(
    (inputs) => Buffer.byteLength(JSON.stringify(inputs)) <= INPUTS_MAX_BYTES,
    'must be at most 16 KiB in total',
  );
