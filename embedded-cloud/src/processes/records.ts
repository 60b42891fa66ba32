/** What is kept of process groups: what was asked for, and which versions get traffic. */
import { z } from 'zod';

const weight = z.object({ version: z.number().int(), percent: z.number() });

const versionSchema = z.object({
  number: z.number().int(),
  /** Line of a shell. */
  command: z.string(),
  /** SHA-256 of the archive, in hexadecimal. */
  sha256: z.string(),
  environment: z.record(z.string(), z.string()),
  replicas: z.number().int(),
  memoryMb: z.number().int().optional(),
  /** Epoch milliseconds. */
  created: z.number(),
  /** Why it was given up before it ever served. */
  failure: z.string().optional(),
});

export const groupSchema = z.object({
  name: z.string(),
  /** `web` has a port and takes requests; a `worker` has none. */
  type: z.enum(['web', 'worker']),
  tags: z.record(z.string(), z.string()),
  created: z.number(),
  versions: z.array(versionSchema),
  /** The number of the next version: a number is never used twice. */
  next: z.number().int(),
  /** Versions that have traffic (a worker's: that run), together 100 %, or none. */
  traffic: z.array(weight),
  /** What shall become the traffic as soon as its versions are ready. */
  wanted: z.array(weight).optional(),
  /** The version that runs without traffic. */
  candidate: z.number().int().optional(),
});

export type Weight = z.infer<typeof weight>;
export type VersionRecord = z.infer<typeof versionSchema>;
export type GroupRecord = z.infer<typeof groupSchema>;

export const versionsOf = (weights: readonly Weight[] = []): number[] =>
  weights.map(({ version }) => version);

/** The versions that run: those with traffic, those that shall have it, and the candidate. */
export function runningVersions({ traffic, wanted, candidate }: GroupRecord): Set<number> {
  const others = candidate === undefined ? [] : [candidate];
  return new Set([...versionsOf(traffic), ...versionsOf(wanted), ...others]);
}
