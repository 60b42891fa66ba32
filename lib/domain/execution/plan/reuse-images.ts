/** Images of a build that is reused: they get the tags that building again would have given them. */
import { artifacts } from '../../artifact/record.ts';
import type { Artifact } from '../../artifact/schema.ts';
import type { Ports } from '../../ports/index.ts';
import { RegistryError } from '../../ports/registry.ts';
import { Keys } from '../../storage/keys.ts';
import type { Build } from '../model/build.ts';
import { type JobRecord, jobs } from '../model/job-record.ts';
import { PlanFailure } from '../model/plan-failure.ts';
import { tagsOf, versionTagOf } from './job-of.ts';

/** An image, with the tags that this build gives it and that it does not have. */
interface Untagged {
  readonly artifact: Artifact;
  readonly job: JobRecord;
  readonly tags: readonly string[];
}

/** What of the earlier run's images lacks tags of this build; mostly nothing. */
export async function untagged(
  ports: Pick<Ports, 'table'>,
  build: Build,
  found: readonly Artifact[],
): Promise<Untagged[]> {
  const images = found.filter(({ image, job_id }) => image !== undefined && job_id !== undefined);
  if (images.length === 0) return [];
  const makers = await jobs.getMany(
    ports.table,
    [...new Set(images.map(({ job_id }) => job_id ?? ''))].map(Keys.job),
  );
  return images.flatMap((artifact) => {
    const job = makers.find(({ id }) => id === artifact.job_id);
    const tags = job === undefined ? [] : tagsOf(build, job.matrix);
    const missing = tags.filter((tag) => !artifact.image?.tags.includes(tag));
    return job === undefined || missing.length === 0 ? [] : [{ artifact, job, tags: missing }];
  });
}

/** Only to the installation's own registry has the control plane a key of its own. */
export const canTag = ({ job }: Untagged): boolean => (job.registry ?? 'native') === 'native';

/**
 * Puts the tags on the same digests; a repeat changes nothing. A commit's tag that is another image's stays there, as it
 * does after a build; a version's is what somebody asked for.
 * @returns false when an image is gone @throws PlanFailure registry_error when a version belongs to another image
 */
export async function tagImages(
  ports: Pick<Ports, 'table' | 'imageTags'>,
  build: Build,
  images: readonly Untagged[],
): Promise<boolean> {
  for (const { artifact, job, tags } of images) {
    const [, repository = '', digest = ''] =
      /^[^/]+\/(.+)@(sha256:.+)$/.exec(artifact.image?.ref ?? '') ?? [];
    const added: string[] = [];
    for (const tag of tags) {
      const outcome = await asked(() => ports.imageTags.tag(repository, digest, tag));
      if (outcome === 'absent') return false;
      if (outcome === 'tagged') added.push(tag);
      else if (tag === versionTagOf(build, job.matrix)) throw taken(tag, repository, digest);
    }
    await artifacts.update(ports.table, Keys.artifact(artifact.id), (value) =>
      value.image === undefined
        ? undefined
        : { ...value, image: { ...value.image, tags: [...new Set([...value.image.tags, ...added])].sort() } },
    );
  }
  return true;
}

async function asked<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RegistryError) || error.temporary) throw error;
    throw new PlanFailure({
      code: 'registry_error',
      message: error.message,
      hint: 'Rerun the build (`staithe build run`), which builds and pushes the image.',
    });
  }
}

const taken = (tag: string, repository: string, digest: string): PlanFailure =>
  new PlanFailure({
    code: 'registry_error',
    message: `The tag ${tag} of ${repository} already belongs to another image, and not to ${digest}, which this build reuses. Version tags never move.`,
    hint: 'Choose another version, or delete the tag in the registry if it is not in use.',
  });
