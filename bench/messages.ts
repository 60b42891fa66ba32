/** What the benches and the server's process tell each other. */
import * as z from 'zod';

/** The server's first message. */
export const Ready = z.object({
  /** The API. */
  url: z.string(),
  token: z.string(),
  /** The AWS endpoint, and the administrator's key for it. */
  endpoint: z.string(),
  region: z.string(),
  operator: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  table: z.string(),
  bucket: z.string(),
});
export type Ready = z.infer<typeof Ready>;

const CapacityUse = z.object({
  action: z.string(),
  index: z.string().optional(),
  readUnits: z.number(),
  writeUnits: z.number(),
  principalArn: z.string(),
});
export type CapacityUse = z.infer<typeof CapacityUse>;

const CallCount = z.object({
  action: z.string(),
  resource: z.string(),
  /** ARN of the role, or the name of the service, that called. */
  principal: z.string(),
  count: z.number(),
});
export type CallCount = z.infer<typeof CallCount>;

export const Answer = z.object({
  uses: z.array(CapacityUse).optional(),
  calls: z.array(CallCount).optional(),
  peakBytes: z.number().optional(),
});
export type Answer = z.infer<typeof Answer>;
