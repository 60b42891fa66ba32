/** `staithe.yaml`: what a project's services are and how each is built; identified by the hash of its canonical form. */
import * as z from 'zod';
import { Name, SecretName } from '../values.ts';
import { validateManifestFields } from './cross-field.ts';
import { ManifestEnvironments } from './environment.ts';
import { Service } from './service.ts';

export { ArtifactSpec } from './spec.ts';

/** Where the manifest stands in a tree. */
export const MANIFEST_FILES = ['staithe.yaml', 'staithe.yml'] as const;
/** 256 KiB: a manifest is written by people. */
export const MANIFEST_MAX_BYTES = 256 * 1024;
/**
 * 320 KiB with aliases written out and in JSON, which escapes: a service's job carries its part, with inputs of 16 KiB,
 * in an item of at most 400 KB (docs: DynamoDB quotas), and the list of a run's jobs carries all (docs: Lambda, 6 MB).
 */
const EXPANDED_MAX_BYTES = 320 * 1024;

/** A registry of one's own, with the names of the secrets that open it. */
export const ExternalRegistry = z.strictObject({
  host: z
    .string()
    .max(255)
    .regex(
      /^[a-z0-9.-]+(:\d{1,5})?(\/[a-z0-9._/-]+)?$/,
      'must be a host, such as docker.io or registry.example.com:5000',
    )
    .describe('The host with its port, and a path if the registry has one: public.ecr.aws/w7c4v0w3'),
  namespace: z
    .string()
    .max(128)
    .regex(/^[a-z0-9]+([._/-][a-z0-9]+)*$/, 'must be a path in lower case')
    .optional()
    .describe("The path before the image's name: an organisation or a user."),
  auth: z
    .strictObject({
      username_secret: SecretName.default('REGISTRY_USERNAME').describe('The secret with the user name.'),
      token_secret: SecretName.default('REGISTRY_PASSWORD').describe(
        'The secret with the password or token.',
      ),
    })
    .default({ username_secret: 'REGISTRY_USERNAME', token_secret: 'REGISTRY_PASSWORD' })
    .describe('Names of the project secrets with the credentials for the registry.'),
});
export type ExternalRegistry = z.infer<typeof ExternalRegistry>;

/** Where images go: the installation's own registry, one of the project's, or nowhere. */
export const Registry = z.union([z.enum(['native', 'none']), ExternalRegistry]);
export type Registry = z.infer<typeof Registry>;

/**
 * Fields that are planned and do nothing yet. They are refused, as somebody who writes `approvals: 2` counts on two: with
 * what to do instead.
 */
const NOT_YET = {
  pipelines:
    'start the steps individually: `staithe build create`, `staithe release create`, `staithe deploy`',
} as const;

function notYet(field: keyof typeof NOT_YET) {
  return z
    .never({ error: `is not supported yet, and would have no effect: remove it, and ${NOT_YET[field]}` })
    .optional()
    .describe(`Not supported yet. Until then ${NOT_YET[field].replaceAll('`', '')}.`);
}

/** The fields of a manifest that an earlier version kept although they did nothing. */
export function withoutIgnored(manifest: object): object {
  return Object.fromEntries(Object.entries(manifest).filter(([field]) => !Object.hasOwn(NOT_YET, field)));
}

/** 40: more iterations of an inline Map do not run at once (docs: Step Functions, "Map state processing modes"). */
export const MAX_PARALLEL = 40;

/** Fields of a manifest, before what they say is compared with each other. */
const Fields = z.strictObject({
  services: z
    .record(Name, Service)
    .refine((services) => {
      const count = Object.keys(services).length;
      return count >= 1 && count <= 50;
    }, 'must name 1 to 50 services')
    .describe('The services to build, by name. Each service becomes a job.'),
  registry: Registry.default('native').describe(
    "Where images are pushed: native (the installation's registry), none, or a registry of your own.",
  ),
  max_parallel: z
    .int()
    .min(1)
    .max(MAX_PARALLEL)
    .optional()
    .describe(`How many jobs of a run may run at once, 1 to ${MAX_PARALLEL}.`),
  fail_fast: z.boolean().default(false).describe('Whether the first failing job cancels the others.'),
  environments: ManifestEnvironments.optional().describe(
    'Environments of the project, by name, as a build of the default branch sets them.',
  ),
  pipelines: notYet('pipelines'),
});

export const Manifest = Fields.superRefine((manifest, context) => {
  for (const { path, message } of validateManifestFields(manifest))
    context.addIssue({ code: 'custom', path: [...path], message });
}).refine(
  (manifest) => Buffer.byteLength(JSON.stringify(manifest)) <= EXPANDED_MAX_BYTES,
  'must be at most 320 KiB with its aliases expanded',
);
export type Manifest = z.infer<typeof Manifest>;
