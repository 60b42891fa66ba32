/** Whether what a release is to freeze exists: its digest is worth nothing once the bytes are gone. */
import { StaitheError } from '../error.ts';
import { asStaitheError } from '../image/registry.ts';
import { cellName } from '../matrix.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { BlobKeys } from '../storage/keys.ts';
import { hexOf } from '../values.ts';
import type { Chosen } from './record.ts';

/** As many looks at once as connections that the SDK keeps open to one host (docs: AWS SDK for JavaScript, maxSockets). */
const AT_ONCE = 50;
/** How many missing ones an error names. */
const NAMED = 5;

/**
 * Asks storage for every file, and the installation's registry for every image. Images of a project's own registry were
 * recorded as that registry described them; only a job has the secrets that open it.
 * @throws StaitheError artifact_not_stored | image_unknown | registry_unavailable | registry_refused
 */
export async function assertPresent(
  ports: Pick<Ports, 'blobs' | 'images'>,
  project: Project,
  chosen: readonly Chosen[],
): Promise<void> {
  const [files, images] = await Promise.all([
    missingFiles(ports, project.id, chosen),
    missingImages(ports, chosen),
  ]);
  if (files.length > 0)
    throw new StaitheError('artifact_not_stored', `Storage does not hold ${namesOf(files)}.`, {
      remedy: 'Build or upload it again, without reuse: staithe build create --force-rebuild',
    });
  if (images.length > 0)
    throw new StaitheError('image_unknown', `The registry does not hold ${namesOf(images)}.`, {
      remedy: 'The image has expired or was deleted. Build it again: staithe build create --force-rebuild',
    });
}

function namesOf(missing: readonly Chosen[]): string {
  const names = missing
    .slice(0, NAMED)
    .map(({ name, service, matrix = {}, digest }) => `${name} of ${cellName(service, matrix)} (${digest})`);
  const rest = missing.length - names.length;
  return `${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

async function missingFiles(
  { blobs }: Pick<Ports, 'blobs'>,
  projectId: string,
  chosen: readonly Chosen[],
): Promise<Chosen[]> {
  const left = chosen.filter(({ kind }) => kind === 'file');
  const missing: Chosen[] = [];
  const look = async (): Promise<void> => {
    for (let artifact = left.pop(); artifact !== undefined; artifact = left.pop()) {
      const blob = await blobs.head(BlobKeys.artifact(projectId, hexOf(artifact.digest)));
      if (blob?.sha256 !== hexOf(artifact.digest) || blob.size_bytes !== artifact.size_bytes)
        missing.push(artifact);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, left.length) }, look));
  return missing;
}

async function missingImages(
  { images }: Pick<Ports, 'images'>,
  chosen: readonly Chosen[],
): Promise<Chosen[]> {
  const native = chosen.filter(({ image }) => image?.registry === 'native');
  const byRepository = Map.groupBy(native, ({ image }) => repositoryOf(image?.ref ?? ''));
  const missing = await Promise.all(
    [...byRepository].map(async ([repository, some]) => {
      const digests = [...new Set(some.map(({ digest }) => digest))];
      const absent = new Set(await asStaitheError(() => images.missing(repository, digests)));
      return some.filter(({ digest }) => absent.has(digest));
    }),
  );
  return missing.flat();
}

/** `host/folder/name@sha256:…` → `folder/name` */
const repositoryOf = (ref: string): string => ref.slice(ref.indexOf('/') + 1, ref.lastIndexOf('@'));
