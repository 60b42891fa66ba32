import * as z from 'zod';
import { Id } from '../id.ts';
import { Digest, Timestamp } from '../values.ts';

/** A tag (OCI distribution-spec, "Pulling manifests"). */
const Tag = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'must be a tag')
  .meta({ examples: ['sha-0f0d3c1'] });

/**
 * The tag that is a job's own. Its image is pushed under it when all the tags it was to get belong to other images, so
 * that its digest has a name in the registry.
 */
export const tagOfJob = (jobId: string): string => jobId.toLowerCase().replace('_', '-');

/** Where a job's image goes, and a credential for just that. */
export const RegistryToken = z.object({
  /** The host, with its port where it is not the scheme's own. */
  registry: z.string().meta({ examples: ['123456789012.dkr.ecr.eu-west-1.amazonaws.com'] }),
  /** The full name below the host, without tag. */
  repository: z.string().meta({ examples: ['staithe/hello/web'] }),
  /** Empty when the registry asks for no credential. */
  username: z.string(),
  password: z.string(),
  expires_at: Timestamp,
  /** The registry speaks plain HTTP; only ever on loopback. */
  insecure: z.boolean(),
  /** What to do when the registry refuses the credential. */
  remedy: z.string(),
});
export type RegistryToken = z.infer<typeof RegistryToken>;

/** What opens the installation's registry to pull the images of one project. */
export const PullToken = z.object({
  registry: z.string().meta({ examples: ['123456789012.dkr.ecr.eu-west-1.amazonaws.com'] }),
  /** The folder below the host that all repositories of the project are in. */
  repositories: z.string().meta({ examples: ['staithe/hello'] }),
  username: z.string(),
  password: z.string(),
  expires_at: Timestamp,
  /** The registry speaks plain HTTP; only ever on loopback. */
  insecure: z.boolean(),
});
export type PullToken = z.infer<typeof PullToken>;

/** What the agent says of the image that it pushed. All else the control plane asks the registry. */
export const RecordImage = z.strictObject({
  digest: Digest,
  /** Those that point at the digest now. */
  tags: z.array(Tag).min(1).max(20),
});
export type RecordImage = z.infer<typeof RecordImage>;

export const RecordedImage = z.object({
  artifact_id: Id.artifact,
  /** `host/repository@sha256:…`. */
  ref: z.string(),
  platforms: z.array(z.string()).meta({ examples: [['linux/arm64']] }),
  size_bytes: z.int().min(0),
});
export type RecordedImage = z.infer<typeof RecordedImage>;
