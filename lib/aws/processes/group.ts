/** Process groups, as the service shows them, and which of their versions a release is. */
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { OWNER_TAG } from '../../domain/owner-tag.ts';
import { TargetError, type TargetRelease } from '../../domain/ports/targets.ts';
import type { ProcessTarget } from '../../domain/target/process.ts';
import { hexOf } from '../../domain/values.ts';
import { type ProcessCall, ProcessError } from './client.ts';

export type ProcessRelease = TargetRelease<ProcessTarget>;

const Weights = z.array(z.object({ Version: z.number(), Percent: z.number() }));

const Version = z.object({
  Version: z.number(),
  Command: z.string(),
  Sha256: z.string(),
  Environment: z.record(z.string(), z.string()),
  Replicas: z.number(),
  MemoryMb: z.number().optional(),
  State: z.enum(['starting', 'ready', 'degraded', 'failed', 'stopped']),
  Failure: z.string().optional(),
  Exits: z.array(z.object({ At: z.number(), Replica: z.number(), Reason: z.string() })),
  Answers: z.array(z.object({ Minute: z.number(), Total: z.number(), ServerErrors: z.number() })),
});
export type Version = z.infer<typeof Version>;

const Group = z.object({
  Type: z.string(),
  Tags: z.record(z.string(), z.string()),
  Url: z.string().optional(),
  Traffic: Weights,
  Wanted: Weights.optional(),
  Versions: z.array(Version),
});
export type Group = z.infer<typeof Group>;
export const Described = z.object({ Group });

/** @returns undefined when there is no such group */
export async function groupNamed(call: ProcessCall, name: string): Promise<Group | undefined> {
  try {
    return (await call('DescribeGroup', { GroupName: name }, Described)).Group;
  } catch (error) {
    if (error instanceof ProcessError && error.code === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** What a version is made from, beside its code. */
export const settingsOf = ({ target, variables }: ProcessRelease) => ({
  Command: target.command,
  Environment: { ...variables },
  Replicas: target.replicas,
  ...(target.memory_mb !== undefined && { MemoryMb: target.memory_mb }),
});

/** Whether a version is just the release. */
export function isOf(release: ProcessRelease, version: Version): boolean {
  const { Command, Environment, Replicas, MemoryMb, Sha256 } = version;
  const settings = { Command, Environment, Replicas, ...(MemoryMb !== undefined && { MemoryMb }) };
  return Sha256 === hexOf(release.artifact.digest) && isDeepStrictEqual(settings, settingsOf(release));
}

/** @throws TargetError when the group is another project's, or takes requests where the target does not, or the other way around */
export function assertUsable({ Type, Tags }: Group, { projectId, target }: ProcessRelease): void {
  if (Tags[OWNER_TAG] !== projectId)
    throw new TargetError(
      `The process group ${target.name} belongs to another project. Choose another name.`,
    );
  if (Type !== target.process_type)
    throw new TargetError(
      `The process group ${target.name} is of type ${Type}, and stays so. Choose another name, or set process_type to ${Type}.`,
    );
}
