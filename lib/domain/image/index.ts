/** Images of jobs: the credential that pushes one, and its record as the registry holds it. */
import type { Actor } from '../access/actor.ts';
import { StaitheError } from '../error.ts';
import { requireClaimed } from '../execution/agent.ts';
import * as Artifact from '../execution/artifacts.ts';
import { asStaitheError, openRegistry, type RegistryPorts } from './registry.ts';
import { type RecordedImage, type RecordImage, type RegistryToken, tagOfJob } from './schema.ts';

/**
 * A credential for the repository of the job's image, and nothing else. Each call makes a new one; none is kept.
 * @throws StaitheError not_found | wrong_state | registry_forbidden | registry_misconfigured |
 * registry_credential_missing | registry_unavailable | registry_refused
 */
export async function registryToken(
  ports: RegistryPorts,
  actor: Actor,
  jobId: string,
): Promise<RegistryToken> {
  const { address, credential, remedy } = await openRegistry(
    ports,
    await requireClaimed(ports, actor, jobId),
  );
  const { username, password, expiresAt } = await credential();
  return {
    registry: address.host,
    repository: address.repository,
    username,
    password,
    expires_at: expiresAt.toISOString(),
    insecure: address.insecure,
    remedy,
  };
}

/**
 * Records an image that the job has pushed. The agent names a digest of the job's own repository; what is there under
 * it, the registry says. A repeat records nothing new.
 * @throws StaitheError not_found | wrong_state | image_unknown, and as for registryToken
 */
export async function record(
  ports: RegistryPorts,
  actor: Actor,
  jobId: string,
  { digest, tags }: RecordImage,
): Promise<RecordedImage> {
  const job = await requireClaimed(ports, actor, jobId);
  const { address, registry } = await openRegistry(ports, job);
  const repository = `${address.host}/${address.repository}`;
  const stored = await asStaitheError(() => registry.describe(address.repository, digest));
  if (stored === undefined)
    throw new StaitheError('image_unknown', `${repository} holds no image with the digest ${digest}.`);
  // An agent can name no tags but those that its job was to give; of those the registry knows which are there.
  const allowed = [...(job.spec.image?.tags ?? []), tagOfJob(job.id)];
  const named = tags.filter((tag) => allowed.includes(tag));
  const image = {
    repository,
    registry: typeof job.registry === 'object' ? ('own' as const) : ('native' as const),
    digest: stored.digest,
    sizeBytes: stored.sizeBytes,
    platforms: stored.platforms,
    mediaType: stored.mediaType,
    tags: stored.tags.length === 0 ? named : named.filter((tag) => stored.tags.includes(tag)),
  };
  return {
    artifact_id: await Artifact.recordImage(ports, job, image),
    ref: `${repository}@${stored.digest}`,
    platforms: [...stored.platforms],
    size_bytes: stored.sizeBytes,
  };
}
