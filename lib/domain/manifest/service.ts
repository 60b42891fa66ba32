/** One service of a manifest: how it is built and what it leaves behind. */
import * as z from 'zod';
import { Name, Variables } from '../values.ts';
import { CachePath, Duration, Matrix, oneOrMore, SecretName, Toolchain, TreePath } from './values.ts';

/** 15 minutes when a service says nothing: long for most builds, short enough that a hanging one costs cents. */
export const DEFAULT_TIMEOUT_SECONDS = 15 * 60;

/** What a service leaves behind: files below `root` that match the globs, packed as one archive (or kept as one file). */
export const ArtifactSpec = z.object({
  name: Name.optional(),
  paths: z.array(z.string()),
  root: z.string(),
  format: z.enum(['zip', 'tar.gz', 'file']),
});
export type ArtifactSpec = z.infer<typeof ArtifactSpec>;

/** As people write it: one glob or several, below the context and as a zip unless they say otherwise. */
const WrittenArtifact = z.strictObject({
  name: Name.optional(),
  paths: oneOrMore(TreePath, 100),
  root: TreePath.default('.'),
  format: z.enum(['zip', 'tar.gz', 'file']).default('zip'),
});

/** Folders that are kept from one build to the next, for as long as the files named in `key` have the same content. */
export const CacheSpec = z.object({ key: z.array(z.string()), paths: z.array(z.string()) });
export type CacheSpec = z.infer<typeof CacheSpec>;

const WrittenCache = z.strictObject({
  key: oneOrMore(TreePath, 20),
  paths: oneOrMore(CachePath, 20),
});

/** A secret that a service needs, and the branches whose builds get it (exact names); all own branches when none is named. */
const ServiceSecret = z.union([
  SecretName.transform((name) => ({ name, branches: undefined })),
  z.strictObject({
    name: SecretName,
    branches: z.array(z.string().min(1).max(255)).min(1).max(50).optional(),
  }),
]);

/** Names of compute types; the installation says which of them it offers. */
export const ComputeName = z
  .string()
  .regex(
    /^(small|medium|large|xlarge|2xlarge|lambda-(1|2|4|8|10)gb|fleet:[a-z0-9][a-z0-9-]{0,62})$/,
    'must be small, medium, large, xlarge, 2xlarge, lambda-1gb to lambda-10gb, or fleet:<name>',
  )
  .meta({ examples: ['small'] });
export const Architecture = z.enum(['arm64', 'x86_64']);
export type Architecture = z.infer<typeof Architecture>;

/** An image's name: host and path as registries write them, without tag and digest (OCI distribution-spec, "Pulling manifests"). */
export const ImageName = z
  .string()
  .max(255)
  .regex(
    /^([a-z0-9.-]+(:\d{1,5})?\/)?[a-z0-9]+(([._-]|__)[a-z0-9]+)*(\/[a-z0-9]+(([._-]|__)[a-z0-9]+)*)*$/,
    'must be an image name in lower case, without tag and digest',
  )
  .meta({ examples: ['registry.example.com/acme/api'] });

export const Service = z.strictObject({
  /** The service's folder; commands run there, and paths below begin there. */
  context: TreePath.default('.'),
  commands: z.array(z.string().min(1).max(8192)).max(50).default([]),
  artifacts: z
    .union([
      TreePath.transform((path) => [{ paths: [path], root: '.', format: 'zip' as const }]),
      z.array(WrittenArtifact).min(1).max(20),
    ])
    .optional(),
  /** Makes the service a container image: a Dockerfile below the context. */
  dockerfile: TreePath.optional(),
  /** Where the image goes; derived from the registry and the service's name when absent. */
  image: ImageName.optional(),
  build_args: Variables.default({}),
  toolchain: oneOrMore(Toolchain, 10, 0).default([]),
  matrix: Matrix.default({}),
  env: Variables.default({}),
  secrets: z
    .array(ServiceSecret)
    .max(50)
    .refine(
      (secrets) => new Set(secrets.map(({ name }) => name)).size === secrets.length,
      'may name each secret once',
    )
    .default([]),
  cache: oneOrMore(WrittenCache, 10, 0).default([]),
  timeout: Duration.default(DEFAULT_TIMEOUT_SECONDS),
  resources: z
    .strictObject({ compute: ComputeName.optional(), architecture: Architecture.optional() })
    .default({}),
});
export type Service = z.infer<typeof Service>;
