/** A release before it is recorded: what it holds is chosen, looked at, and frozen. */
import { type Actor, nameOf } from '../access/actor.ts';
import { StaitheError } from '../error.ts';
import { cellName } from '../matrix.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import type { builtBy } from './build.ts';
import type { NamedImage } from './images.ts';
import { assertPresent } from './present.ts';
import type { Chosen, Content } from './record.ts';
import { type CreateRelease, Release } from './schema.ts';

/** What a release is to hold: a named file or image stands for those of the build for the same service. */
export interface Parts {
  readonly built?: Awaited<ReturnType<typeof builtBy>> | undefined;
  readonly files?: readonly Chosen[];
  readonly images?: readonly NamedImage[];
}

export interface Draft {
  readonly release: Release;
  readonly content: Content;
}

/** @throws StaitheError nothing_to_release (also for too much) | artifact_not_stored | image_unknown | registry_unavailable | registry_refused */
export async function drafted(
  ports: Pick<Ports, 'blobs' | 'images'>,
  { id, at, actor, project }: { id: string; at: Date; actor: Actor; project: Project },
  { built, files = [], images = [] }: Parts,
  names: Pick<CreateRelease, 'version' | 'tag' | 'notes' | 'hotfix'> = {},
): Promise<Draft> {
  const named = [...files, ...images.map(({ chosen }) => chosen)];
  const services = new Set(named.map(({ service }) => service));
  const chosen = [...(built?.artifacts ?? []).filter(({ service }) => !services.has(service)), ...named];
  assertFits(chosen, names.notes);
  // The images that are named by their digests were found in the registry a moment ago.
  await assertPresent(
    ports,
    project,
    chosen.filter(({ origin }) => origin !== 'registry'),
  );
  const release: Release = {
    id,
    project_id: project.id,
    build_id: built?.build.id,
    run_id: built?.run.id,
    version: names.version,
    tag: names.tag,
    notes: names.notes,
    hotfix: names.hotfix ?? false,
    git_sha: built?.build.git_sha,
    manifest_hash: built?.run.manifest_hash,
    artifacts: chosen
      .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
      .map(({ origin: _, image: __, ...artifact }) => artifact),
    created_at: at.toISOString(),
    created_by: nameOf(actor),
  };
  return {
    release: Release.parse(release),
    content: { chosen, images: images.map(({ artifact }) => artifact) },
  };
}

const orderOf = ({ service, matrix = {}, name }: Chosen): string => `${cellName(service, matrix)}\n${name}`;

/** 1,000: a release holds of each some 370 bytes, beside its cell of the matrix, in an item of 400 KB (docs: DynamoDB quotas). */
const MAX_ARTIFACTS = 1000;
/** As JSON, which takes more than an item does. Cells of long names may reach it before the count does. */
const MAX_BYTES = 380 * 1024;

function assertFits(artifacts: readonly Chosen[], notes: string | undefined): void {
  const { length } = artifacts;
  const bytes = Buffer.byteLength(JSON.stringify([artifacts, notes]));
  if (length > 0 && length <= MAX_ARTIFACTS && bytes <= MAX_BYTES) return;
  if (length === 0) throw new StaitheError('nothing_to_release', 'The build has left no artifacts.');
  throw new StaitheError(
    'nothing_to_release',
    length > MAX_ARTIFACTS
      ? `The build has left ${length} artifacts; a release may have ${MAX_ARTIFACTS}.`
      : `The ${length} artifacts take ${Math.ceil(bytes / 1024)} KB of a release, with their names, matrix cells and the notes; it may have ${MAX_BYTES / 1024} KB.`,
    {
      remedy: 'Make its services pack their files into fewer artifacts, or build fewer of them (--service).',
    },
  );
}
