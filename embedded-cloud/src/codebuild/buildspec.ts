/** Buildspecs, version 0.2 (CodeBuild user guide, "Build specification reference"). */
import { parse } from 'yaml';
import { z } from 'zod';

export const COMMAND_PHASES = ['install', 'pre_build', 'build', 'post_build'] as const;
export type CommandPhase = (typeof COMMAND_PHASES)[number];

const commands = z
  .array(z.union([z.string(), z.number(), z.boolean()]).transform(String))
  .nullish()
  .transform((list) => list ?? []);
const phase = z.looseObject({
  commands,
  finally: commands,
  'on-failure': z.enum(['ABORT', 'CONTINUE']).default('ABORT'),
});
const variables = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
  .nullish()
  .transform((map) => map ?? {});

const buildspec = z.looseObject({
  version: z.union([z.literal(0.2), z.literal('0.2')]),
  env: z
    .looseObject({
      shell: z.enum(['bash', '/bin/sh', 'sh', '/bin/bash']).default('sh'),
      variables,
      'parameter-store': variables,
      'secrets-manager': variables,
    })
    .nullish()
    .transform((env) => env ?? undefined),
  phases: z.strictObject({
    install: phase.nullish(),
    pre_build: phase.nullish(),
    build: phase.nullish(),
    post_build: phase.nullish(),
  }),
});
export type Buildspec = z.infer<typeof buildspec>;

/** A buildspec that cannot be used; the message is for the phase's context. */
export class BuildspecError extends Error {}

/** @throws BuildspecError */
export function parseBuildspec(text: string): Buildspec {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new BuildspecError(`YAML_FILE_ERROR: ${error instanceof Error ? error.message : 'not YAML'}`);
  }
  const parsed = buildspec.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new BuildspecError(`invalid buildspec at '${issue?.path.join('.') || 'root'}': ${issue?.message}`);
}

/** Whether a project's buildspec is the document itself, and not the path of a file in the source. */
export function isInline(buildspec: string): boolean {
  return buildspec.includes('\n') || buildspec.trimStart().startsWith('{');
}
