/** `staithe.yaml`: what a project's services are and how each is built; identified by the hash of its canonical form. */
import * as z from 'zod';
import { Name, Variables } from '../values.ts';
import { Service } from './service.ts';
import { SecretName } from './values.ts';

export { ArtifactSpec, CacheSpec, Service } from './service.ts';

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
  /** A host with its port, and a path when the registry has one: `public.ecr.aws/w7c4v0w3`. */
  host: z
    .string()
    .max(255)
    .regex(
      /^[a-z0-9.-]+(:\d{1,5})?(\/[a-z0-9._/-]+)?$/,
      'must be a host, as docker.io or registry.example.com:5000',
    ),
  namespace: z
    .string()
    .max(128)
    .regex(/^[a-z0-9]+([._/-][a-z0-9]+)*$/, 'must be a path in lower case')
    .optional(),
  auth: z
    .strictObject({
      username_secret: SecretName.default('REGISTRY_USERNAME'),
      token_secret: SecretName.default('REGISTRY_PASSWORD'),
    })
    .default({ username_secret: 'REGISTRY_USERNAME', token_secret: 'REGISTRY_PASSWORD' }),
});
export type OwnRegistry = z.infer<typeof OwnRegistry>;

/** Where images go: the installation's own registry, one of the project's, or nowhere. */
export const Registry = z.union([z.enum(['native', 'none']), OwnRegistry]);
export type Registry = z.infer<typeof Registry>;

/** An environment as the manifest describes it. Read and kept; deployments take theirs from the API. */
const ManifestEnvironment = z.strictObject({
  target: z.record(z.string(), z.unknown()).optional(),
  variables: Variables.default({}),
  promotes_from: Name.optional(),
  approvals: z.int().min(0).max(10).default(0),
});

const ActionStep = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('build'), services: z.array(Name).min(1).optional() }),
  z.strictObject({ type: z.literal('release'), version: z.string().max(128).optional() }),
  z.strictObject({ type: z.literal('deploy'), environment: Name }),
]);

/** A pipeline's steps; each may wait for others. */
const Pipeline = z
  .strictObject({
    steps: z
      .array(
        z.strictObject({ name: Name, depends_on: z.array(Name).max(50).default([]), action: ActionStep }),
      )
      .min(1)
      .max(50),
  })
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

/** 40: what the iterations of one inline Map state may do at once (docs: Step Functions, "Inline mode"). */
export const MAX_PARALLEL = 40;

export const Manifest = z
  .strictObject({
    services: z.record(Name, Service).refine((services) => {
      const count = Object.keys(services).length;
      return count >= 1 && count <= 50;
    }, 'must name 1 to 50 services'),
    registry: Registry.default('native'),
    /** How many jobs of a run may work at once. */
    max_parallel: z.int().min(1).max(MAX_PARALLEL).optional(),
    /** Whether the first failing job ends the others. */
    fail_fast: z.boolean().default(false),
    environments: z.record(Name, ManifestEnvironment).default({}),
    pipelines: z.record(Name, Pipeline).default({}),
  })
  .refine(
    (manifest) => Buffer.byteLength(JSON.stringify(manifest)) <= EXPANDED_MAX_BYTES,
    'may have 320 KiB with its aliases written out',
  );
export type Manifest = z.infer<typeof Manifest>;
