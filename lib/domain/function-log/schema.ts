import * as z from 'zod';
import { Timestamp } from '../values.ts';

/** One line of the log of a deployed function. */
export const FunctionLogLine = z.object({
  timestamp: Timestamp,
  /** The version of the function that printed it. */
  version: z.string().meta({ examples: ['3'] }),
  message: z.string(),
});
export type FunctionLogLine = z.infer<typeof FunctionLogLine>;

/** Lines in order of time. There is always a next page: a function may go on printing as long as it is there. */
export const FunctionLogPage = z.object({ items: z.array(FunctionLogLine), next_cursor: z.string() });
export type FunctionLogPage = z.infer<typeof FunctionLogPage>;
