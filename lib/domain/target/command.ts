/** Commands that deploy a release, or test what is deployed: a job on a build machine. */
import * as z from 'zod';
import { Architecture } from '../machine.ts';
import { line, text } from '../text.ts';
import { SecretName } from '../values.ts';

/** 2 hours: the largest stacks and clusters take one; a test that takes longer is better a build of its own. */
export const MAX_JOB_SECONDS = 2 * 3600;

export const JobSettings = z.strictObject({
  /** Run one after the other with `sh -e`; the first that fails fails the job. */
  commands: z
    .array(text(8192).min(1))
    .min(1)
    .max(50)
    .meta({ examples: [['helm upgrade --install shop ./chart']] }),
  /** The names of the project's secrets that commands get as variables. */
  secrets: z
    .array(SecretName)
    .max(50)
    .default([])
    .meta({ examples: [['KUBE_CONFIG']] }),
  /** The machine, as a manifest names it. */
  compute: line(70)
    .min(1)
    .optional()
    .meta({ examples: ['small'] }),
  architecture: Architecture.optional(),
  /** All commands together. */
  timeout_seconds: z.int().min(1).max(MAX_JOB_SECONDS).default(1800),
});
export type JobSettings = z.infer<typeof JobSettings>;

/** Helm, Terraform, `cdk deploy`, `npm publish`, or anything else. */
export const CommandTarget = z.strictObject({ kind: z.literal('command'), ...JobSettings.shape });
export type CommandTarget = z.infer<typeof CommandTarget>;
