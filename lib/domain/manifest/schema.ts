import * as z from 'zod';
import { Name, Variables } from '../values.ts';

/** Where the manifest stands in a tree. */
export const MANIFEST_FILES = ['staithe.yaml', 'staithe.yml'] as const;
/** 256 KiB: a manifest is written by people. */
export const MANIFEST_MAX_BYTES = 256 * 1024;
/**
 * 320 KiB with aliases written out and in JSON, which escapes: a service's job carries its part, with inputs of 16 KiB,
 * in an item of at most 400 KB (docs: DynamoDB quotas), and the list of a run's jobs carries all (docs: Lambda, 6 MB).
 */
const EXPANDED_MAX_BYTES = 320 * 1024;
/** 15 minutes when a service says nothing: long for most builds, short enough that a hanging one costs cents. */
export const DEFAULT_TIMEOUT_SECONDS = 15 * 60;
/** 8 hours, CodeBuild's own limit is 36 (docs: CodeBuild quotas). */
export const MAX_TIMEOUT_SECONDS = 8 * 3600;

/** A path inside the tree: relative, forward slashes, no `..`. */
const TreePath = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (path) => !path.startsWith('/') && !path.includes('\\') && !path.split('/').includes('..'),
    'must be a path inside the tree, without ..',
  );

/** `90s`, `15m`, `2h`, or a number of seconds. */
const Duration = z
  .union([
    z.int().positive(),
    z
      .string()
      .regex(/^\d{1,5}(s|m|h)$/, 'must be a number of seconds or such as 90s, 15m, 2h')
      .transform((text) => Number.parseInt(text, 10) * ({ s: 1, m: 60, h: 3600 }[text.at(-1) ?? 's'] ?? 1)),
  ])
  .pipe(z.int().positive().max(MAX_TIMEOUT_SECONDS, 'may be 8 hours at most'));

/** What a service leaves behind: files below `root` that match the globs, packed as one archive (or kept as one file). */
export const ArtifactSpec = z.strictObject({
  name: Name.optional(),
  paths: z.array(TreePath).min(1).max(100),
  root: TreePath,
  format: z.enum(['zip', 'tar.gz', 'file']),
});
export type ArtifactSpec = z.infer<typeof ArtifactSpec>;

/** As people write it: one glob or several, below the context and as a zip unless they say otherwise. */
const WrittenArtifact = ArtifactSpec.extend({
  paths: z
    .union([TreePath, z.array(TreePath).min(1).max(100)])
    .transform((paths) => (typeof paths === 'string' ? [paths] : paths)),
  root: TreePath.default('.'),
  format: z.enum(['zip', 'tar.gz', 'file']).default('zip'),
});

export const Service = z.strictObject({
  context: TreePath.default('.'),
  commands: z.array(z.string().min(1).max(8192)).max(50).default([]),
  artifacts: z
    .union([
      TreePath.transform((path) => [{ paths: [path], root: '.', format: 'zip' as const }]),
      z.array(WrittenArtifact).min(1).max(20),
    ])
    .optional(),
  env: Variables.default({}),
  timeout: Duration.default(DEFAULT_TIMEOUT_SECONDS),
});
export type Service = z.infer<typeof Service>;

/** `staithe.yaml`: what a project's services are and how each is built. */
export const Manifest = z
  .strictObject({
    services: z.record(Name, Service).refine((services) => {
      const count = Object.keys(services).length;
      return count >= 1 && count <= 50;
    }, 'must name 1 to 50 services'),
  })
  .refine(
    (manifest) => Buffer.byteLength(JSON.stringify(manifest)) <= EXPANDED_MAX_BYTES,
    'may have 320 KiB with its aliases written out',
  );
export type Manifest = z.infer<typeof Manifest>;
