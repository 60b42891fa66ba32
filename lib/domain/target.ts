/** What releases are deployed to. */
import * as z from 'zod';
import { RUNTIMES } from './runtimes.ts';
import { line } from './text.ts';

/** A Lambda function behind an alias that deployments move. Limits: docs, "Lambda quotas". */
export const LambdaTarget = z.strictObject({
  kind: z.literal('lambda'),
  function_name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, - or _')
    .meta({ examples: ['hello-test'] }),
  /** Which there are, the installation knows (runtimes.ts). */
  runtime: line(64)
    .default('nodejs24.x')
    .meta({ examples: [...RUNTIMES] }),
  handler: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable characters without spaces')
    .default('index.handler'),
  architecture: z.enum(['arm64', 'x86_64']).default('arm64'),
  memory_mb: z.int().min(128).max(10240).default(256),
  timeout_seconds: z.int().min(1).max(900).default(10),
});
export type LambdaTarget = z.infer<typeof LambdaTarget>;
