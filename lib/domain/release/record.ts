/** How a release lies in the table: with its names and entries, and with the claims on the uploads that it has. */
import { artifacts } from '../artifact/record.ts';
import type { Artifact } from '../artifact/schema.ts';
import { claims } from '../artifact/use.ts';
import { StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed, type Key, type Write } from '../ports/table.ts';
import { createIn } from '../project/create-in.ts';
import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { entryWrites } from './entries.ts';
import { Release, type ReleaseArtifact } from './schema.ts';

export const releases = collection({
  kind: 'release',
  schema: Release,
  key: (release) => Keys.release(release.id),
  index: (release) => ({ gsi1pk: Partitions.releases(release.project_id), gsi1sk: release.id }),
  second: (release) => {
    const origin = originOf(release);
    if (origin === undefined) return undefined;
    return { gsi2pk: Partitions.releases(release.project_id), gsi2sk: `${origin}#${release.id}` };
  },
});

/** What releases are looked for by: the commit, or the build of a source that names none. */
export const originOf = (of: { git_sha?: string | undefined; build_id?: string | undefined }) =>
  of.git_sha ?? of.build_id;

/** An artifact of the release-to-be, where it came from, and where it lies as an image. */
export type Chosen = ReleaseArtifact & Pick<Artifact, 'origin' | 'image'>;

const claim = (key: Key, release: Release): Write => ({
  put: { ...key, entity: 'release_name', revision: 1, release_id: release.id },
  when: { absent: true },
});

/** Others may claim the same uploads for their releases at the same moment: then the claims are read again. */
const CLAIM_TRIES = 5;

export interface Content {
  readonly chosen: readonly Chosen[];
  /** Artifacts that come to be with the release. */
  readonly images: readonly Artifact[];
  /** Of what there is to be one such release, whoever records it at the same time. */
  readonly madeOf?: string;
}

/**
 * @returns the release, or the one that others have made of `madeOf`
 * @throws StaitheError not_found | version_taken | tag_taken
 */
export async function record(
  ports: Pick<Ports, 'table'>,
  release: Release,
  { chosen, images, madeOf }: Content,
): Promise<Release> {
  const { id, project_id: projectId, version, tag } = release;
  const names: { write: Write; taken: () => StaitheError }[] = [];
  const claimName = (name: string, code: 'version_taken' | 'tag_taken') =>
    names.push({
      write: claim(Keys.releaseByName(projectId, name), release),
      taken: () => new StaitheError(code, `There is a release with the version or tag '${name}' already.`),
    });
  if (version !== undefined) claimName(version, 'version_taken');
  if (tag !== undefined && tag !== version) claimName(tag, 'tag_taken');
  const made = madeOf === undefined ? undefined : Keys.madeRelease(projectId, madeOf);
  for (let attempt = 1; ; attempt++) {
    const writes = [
      ...names.map((name) => name.write),
      ...(made === undefined ? [] : [claim(made, release)]),
      releases.creation(release),
      ...entryWrites(release),
      ...images.map(artifacts.creation),
    ];
    const uploads = chosen.map(({ artifact_id, origin }) => ({ id: artifact_id, origin }));
    try {
      await createIn(ports.table, projectId, [...writes, ...(await claims(ports, id, uploads))]);
      return release;
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      if (error.index >= writes.length && attempt < CLAIM_TRIES) continue;
      // The repeat of a request whose answer was lost, or what others have made.
      const existing = (await releases.get(ports.table, Keys.release(id))) ?? (await madeBefore(ports, made));
      if (existing !== undefined) return existing.value;
      throw names[error.index]?.taken() ?? error;
    }
  }
}

async function madeBefore({ table }: Pick<Ports, 'table'>, made: Key | undefined) {
  const id = made === undefined ? undefined : (await table.get(made))?.release_id;
  return typeof id === 'string' ? releases.get(table, Keys.release(id)) : undefined;
}
