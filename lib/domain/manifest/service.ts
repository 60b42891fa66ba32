/** One service of a manifest: how it is built and what it leaves behind. */
import * as z from 'zod';
import { Architecture } from '../machine.ts';
import { Name, SecretName } from '../values.ts';
import { validateFields } from './cross-field.ts';
import {
  BuildVariables,
  CacheGlobs,
  Duration,
  KeyGlobs,
  LoneTreeGlob,
  Matrix,
  oneOrMore,
  Toolchain,
  TreeGlobs,
  TreePath,
} from './values.ts';

/** 15 minutes when a service says nothing: long for most builds, short enough that a hanging one costs cents. */
export const DEFAULT_TIMEOUT_SECONDS = 15 * 60;

/** As people write it: one glob or several, below the context and as a zip unless they say otherwise. */
const WrittenArtifact = z.strictObject({
  name: Name.optional().describe("The artifact's name, without extension. Default: the service's name."),
  paths: TreeGlobs(100).describe(
    "One or several globs for the files to keep, from the service's context. A glob with ! excludes files that the globs before it selected.",
  ),
  root: TreePath.default('.').describe(
    'The folder that names in the archive are relative to, from the context. Default: the context.',
  ),
  format: z
    .enum(['zip', 'tar.gz', 'file'])
    .default('zip')
    .describe('The format of the artifact; `file` keeps exactly one file as it is.'),
});

const WrittenCache = z.strictObject({
  key: KeyGlobs(20).describe(
    "Files of the source, such as lock files: the cache is used as long as they stay the same. Paths are relative to the context, or with / to the source's root.",
  ),
  paths: CacheGlobs(20).describe(
    "Folders to keep, below the context or, as ~/…, below the job's home folder. ! excludes a folder.",
  ),
});

/** A secret that a service needs, and the branches whose builds get it (exact names); all own branches when none is named. */
const ServiceSecret = z.union([
  SecretName.transform((name) => ({ name, branches: undefined })),
  z.strictObject({
    name: SecretName.describe(
      'The name of a secret of the project; commands get its value as the variable with this name.',
    ),
    branches: z
      .array(z.string().min(1).max(255))
      .min(1)
      .max(50)
      .optional()
      .describe('The branches whose builds get it, by exact name. Default: all branches.'),
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

/** An image's name: host and path as registries write them, without tag and digest (OCI distribution-spec, "Pulling manifests"). */
export const ImageName = z
  .string()
  .max(255)
  .regex(
    /^([a-z0-9.-]+(:\d{1,5})?\/)?[a-z0-9]+(([._-]|__)[a-z0-9]+)*(\/[a-z0-9]+(([._-]|__)[a-z0-9]+)*)*$/,
    'must be an image name in lower case, without tag and digest',
  )
  .meta({ examples: ['registry.example.com/acme/api'] });

const Resources = z.strictObject({
  compute: ComputeName.optional().describe(
    'The machine: small to 2xlarge, lambda-1gb to lambda-10gb, or fleet:<name>. Default: the fastest to start that can run the job.',
  ),
  architecture: Architecture.optional().describe('The processor. Default: arm64, which is cheaper.'),
});

export const Service = z
  .strictObject({
    context: TreePath.default('.').describe(
      "The service's folder: its commands run there, and its paths are relative to it. Default: the root of the source.",
    ),
    commands: z
      .array(z.string().min(1).max(8192))
      .max(50)
      .default([])
      .describe('Shell commands, run in order. The first one that fails ends the job.'),
    artifacts: z
      .union([
        LoneTreeGlob.transform((path) => [{ paths: [path], root: '.', format: 'zip' as const }]),
        z.array(WrittenArtifact).min(1).max(20),
      ])
      .optional()
      .describe(
        'What to keep: a glob, or a list of artifacts. Default: the whole context as one zip; for an image, nothing.',
      ),
    dockerfile: TreePath.optional().describe(
      'The path of a Dockerfile, from the context. It makes the service a container image.',
    ),
    image: ImageName.optional().describe(
      "The image's name, without tag. Default: made from the registry and the service's name.",
    ),
    build_args: BuildVariables.default({}).describe('Build arguments of the Dockerfile (ARG).'),
    toolchain: oneOrMore(Toolchain, 10, 0)
      .refine(
        (all) => new Set(all.map((each) => each.split('@', 1)[0])).size === all.length,
        'must not repeat a toolchain; several versions are an axis of matrix with its name',
      )
      .default([])
      .describe('Language runtimes that the commands need, as name@version; one or a list.'),
    matrix: Matrix.default({}).describe(
      'Axes and their values. Each combination becomes a job, which gets its values as STAITHE_MATRIX_<AXIS>.',
    ),
    env: BuildVariables.default({}).describe(
      'Environment variables of the commands. Do not put secrets here.',
    ),
    secrets: z
      .array(ServiceSecret)
      .max(50)
      .refine(
        (secrets) => new Set(secrets.map(({ name }) => name)).size === secrets.length,
        'must not repeat a secret',
      )
      .default([])
      .describe("Names of the project's secrets that the commands get as variables."),
    cache: oneOrMore(WrittenCache, 10, 0)
      .default([])
      .describe('Folders to keep between builds; one or a list.'),
    timeout: Duration.default(DEFAULT_TIMEOUT_SECONDS).describe(
      'The time limit of the job: a number of seconds, or a duration such as 90s, 15m, 2h; 8 hours at most. Default: 15m.',
    ),
    resources: Resources.default({}).describe('The machine that the job runs on.'),
  })
  .superRefine((service, context) => {
    for (const { path, message } of validateFields(service))
      context.addIssue({ code: 'custom', path: [...path], message });
  });
export type Service = z.infer<typeof Service>;
