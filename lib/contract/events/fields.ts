/**
 * Fields of details. Each has a largest size, so that a detail stays within 64 KB, which EventBridge charges as one event
 * (pricing page), far below the 256 KB that it takes (PutEvents reference).
 */
import * as z from 'zod';
import { firstWithin } from '../../domain/answer.ts';
import { cut } from '../../domain/text.ts';
import { MatrixValues } from '../../domain/values.ts';

/** JSON Schema has no size in bytes: this key of a schema's metadata has it where no length tells it. */
export const MAX_BYTES = 'maxBytes';

/** Text of at most so many UTF-16 units; what is longer is cut. */
export const short = (max: number) =>
  z
    .string()
    .overwrite((text) => cut(text, max))
    .max(max);

/** What every detail has. */
export const COMMON = {
  version: z.int().positive().describe('version of the detail'),
  status: short(30).describe('the status that the event reports'),
  previous_status: short(30).optional().describe('absent on the first event'),
  revision: z
    .int()
    .positive()
    .describe(
      'the number of writes of the item: the same when an event is delivered twice, higher in a later event',
    ),
} as const;

/** Who did it, as `created_by` of the API: `user:<name>`, the id of a service's token, `webhook` and the like. */
export const Actor = short(300).describe(
  '`user:<name>` for a user, the id of a token for a service, or a part of Staithe such as `webhook`',
);

/** 5 axes of 31 and values of 64 characters (lib/domain/manifest/values.ts), with quotes and commas. */
export const Cell = MatrixValues.meta({ [MAX_BYTES]: 5 * 102 + 2 });

const LAST_LINES = 30;
/** 16 KiB: as much as the API shows of them. */
const LAST_LINES_MAX_BYTES = 16 * 1024;

/** The last lines that a failing step or function printed, secrets masked; of many the last that fit. */
export const LastLines = z
  .array(z.string())
  .overwrite((lines) => firstWithin(lines.slice(-LAST_LINES).reverse(), LAST_LINES_MAX_BYTES).reverse())
  .meta({ [MAX_BYTES]: LAST_LINES_MAX_BYTES + 2 })
  .describe(`at most ${LAST_LINES} and 16 KiB`);

/** Whole milliseconds. */
export const Milliseconds = z.int().min(0);
