/** `staithe.yaml`: what a project's services are and how each is built; identified by the hash of its canonical form. */
import * as z from 'zod';
import { Name, Variables } from '../values.ts';
import { contradictionsBetween } from './contradictions.ts';
import { Service } from './service.ts';
import { SecretName } from './values.ts';

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
export const OwnRegistry = z.strictObject({
  host: z
    .string()
    .max(255)
    .regex(
      /^[a-z0-9.-]+(:\d{1,5})?(\/[a-z0-9._/-]+)?$/,
      'must be a host, as docker.io or registry.example.com:5000',
    )
    .describe('A host with its port, and a path when the registry has one: public.ecr.aws/w7c4v0w3'),
  namespace: z
    .string()
    .max(128)
    .regex(/^[a-z0-9]+([._/-][a-z0-9]+)*$/, 'must be a path in lower case')
    .optional()
    .describe("The path before the image's name: an organisation or a user."),
  auth: z
    .strictObject({
      username_secret: SecretName.default('REGISTRY_USERNAME').describe(
        'The secret that holds the user name.',
      ),
      token_secret: SecretName.default('REGISTRY_PASSWORD').describe(
        'The secret that holds the password or token.',
      ),
    })
    .default({ username_secret: 'REGISTRY_USERNAME', token_secret: 'REGISTRY_PASSWORD' })
    .describe('Names of the project secrets that open the registry.'),
});
export type OwnRegistry = z.infer<typeof OwnRegistry>;

/** Where images go: the installation's own registry, one of the project's, or nowhere. */
export const Registry = z.union([z.enum(['native', 'none']), OwnRegistry]);
export type Registry = z.infer<typeof Registry>;

/** An environment as the manifest describes it. Read and kept; deployments take theirs from the API. */
const ManifestEnvironment = z.strictObject({
  target: z
    .record(z.string(), z.json())
    .optional()
    .describe('What is deployed to, as `staithe environment set` takes it.'),
  variables: Variables.default({}).describe('Environment variables of what is deployed.'),
  promotes_from: Name.optional().describe('The environment that a release must have been in before.'),
  approvals: z.int().min(0).max(10).default(0).describe('How many people must approve a deployment.'),
});

const ActionStep = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('build'),
    services: z.array(Name).min(1).optional().describe('The services to build; all when absent.'),
  }),
  z.strictObject({
    type: z.literal('release'),
    version: z.string().max(128).optional().describe('The version of the release.'),
  }),
  z.strictObject({
    type: z.literal('deploy'),
    environment: Name.describe('The environment to deploy to.'),
  }),
]);

const PipelineStep = z.strictObject({
  name: Name.describe('The name of the step, by which later steps wait for it.'),
  depends_on: z.array(Name).max(50).default([]).describe('Earlier steps that must have succeeded.'),
  action: ActionStep.describe('What the step does: build, release or deploy.'),
});

/** A pipeline's steps; each may wait for others. */
const Pipeline = z
  .strictObject({ steps: z.array(PipelineStep).min(1).max(50).describe('The steps, in order.') })
  .superRefine(({ steps }, context) => {
    const before = new Set<string>();
    for (const [index, step] of steps.entries()) {
      if (before.has(step.name))
        context.addIssue({
          code: 'custom',
          path: ['steps', index, 'name'],
          message: `'${step.name}' is the name of an earlier step`,
        });
      for (const [at, needed] of step.depends_on.entries())
        if (!before.has(needed))
          context.addIssue({
            code: 'custom',
            path: ['steps', index, 'depends_on', at],
            message: `there is no earlier step '${needed}'`,
          });
      before.add(step.name);
    }
  });

/** 100: what a run may have of jobs in all (its list of ids is kept in one item). */
export const MAX_PARALLEL = 100;

/** Fields of a manifest, before what they say is compared with each other. */
const Fields = z.strictObject({
  services: z
    .record(Name, Service)
    .refine((services) => {
      const count = Object.keys(services).length;
      return count >= 1 && count <= 50;
    }, 'must name 1 to 50 services')
    .describe('What is built, by name; every service becomes a job.'),
  registry: Registry.default('native').describe(
    "Where images go: native (the installation's own registry), none, or a registry of your own.",
  ),
  max_parallel: z
    .int()
    .min(1)
    .max(MAX_PARALLEL)
    .optional()
    .describe('How many jobs of a run may work at once.'),
  fail_fast: z.boolean().default(false).describe('Whether the first failing job ends the others.'),
  environments: z
    .record(Name, ManifestEnvironment)
    .default({})
    .describe('Places to deploy to, by name. Read and kept for later.'),
  pipelines: z
    .record(Name, Pipeline)
    .default({})
    .describe('Builds, releases and deployments that run as one thing, by name. Read and kept for later.'),
});

export const Manifest = Fields.superRefine((manifest, context) => {
  for (const { path, message } of contradictionsBetween(manifest))
    context.addIssue({ code: 'custom', path: [...path], message });
}).refine(
  (manifest) => Buffer.byteLength(JSON.stringify(manifest)) <= EXPANDED_MAX_BYTES,
  'may have 320 KiB with its aliases written out',
);
export type Manifest = z.infer<typeof Manifest>;
