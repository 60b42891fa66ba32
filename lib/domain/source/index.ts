/** Sources: announce and find them. What is in them is read by `survey.ts`. */

import { type Actor, nameOf } from '../access/actor.ts';
import { notFound, StaitheError } from '../error.ts';
import { idFrom } from '../id.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import { createIn } from '../project/create-in.ts';
import type { Project } from '../project/schema.ts';
import { BlobKeys, Keys } from '../storage/keys.ts';
import { readVisible } from '../storage/visible.ts';
import { SOURCE_TYPES, UPLOAD_EXPIRES_SECONDS } from '../upload.ts';
import { type SourceRecord, sources } from './record.ts';
import type { CreateSource, Source, SourceWithUpload } from './schema.ts';

/**
 * Announces an archive. The same bytes in the same project are the same source, and are uploaded once.
 * @throws StaitheError not_found | validation_failed when the same bytes were announced with another size or format
 */
export async function create(
  ports: Pick<Ports, 'table' | 'blobs' | 'clock' | 'randomness'>,
  actor: Actor,
  project: Project,
  input: CreateSource,
  id?: string,
): Promise<SourceWithUpload> {
  const source = await createOnce(ports, project, {
    ...input,
    strip_components: 0,
    created_by: nameOf(actor),
    id,
  });
  return { ...source, upload: source.status === 'stored' ? null : await presign(ports.blobs, source) };
}

type NewSource = Pick<
  Source,
  'sha256' | 'size_bytes' | 'format' | 'strip_components' | 'git' | 'created_by'
> & { id?: string | undefined };

async function createOnce(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  project: Project,
  input: NewSource,
): Promise<Source> {
  const now = ports.clock.now();
  const source: Source = {
    ...input,
    id: input.id ?? idFrom('source', ports.randomness.ulid(now.getTime())),
    project_id: project.id,
    status: 'pending',
    created_at: now.toISOString(),
  };
  const claim = {
    ...Keys.sourceBySha(project.id, source.sha256),
    entity: 'source_claim',
    revision: 1,
    source_id: source.id,
  };
  try {
    await createIn(ports.table, project.id, [
      { put: claim, when: { absent: true } },
      sources.creation(source),
    ]);
    return source;
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    const existing = await findBySha(ports, project.id, source.sha256);
    if (existing === undefined) throw error;
    if (existing.size_bytes !== source.size_bytes || existing.format !== source.format)
      throw new StaitheError(
        'validation_failed',
        `This digest is already registered as ${existing.format} of ${existing.size_bytes} bytes.`,
        {
          fields: [
            {
              field: 'sha256',
              message: `is the digest of a ${existing.format} of ${existing.size_bytes} bytes`,
            },
          ],
        },
      );
    return existing;
  }
}

const presign = (blobs: Ports['blobs'], source: Source) =>
  blobs.presignUpload({
    key: BlobKeys.source(source.project_id, source.sha256),
    sha256: source.sha256,
    sizeBytes: source.size_bytes,
    contentType: SOURCE_TYPES[source.format],
    expiresSeconds: UPLOAD_EXPIRES_SECONDS,
  });

async function findBySha(
  ports: Pick<Ports, 'table'>,
  projectId: string,
  sha256: string,
): Promise<SourceRecord | undefined> {
  const claim = await ports.table.get(Keys.sourceBySha(projectId, sha256));
  if (typeof claim?.source_id !== 'string') return undefined;
  return (await sources.get(ports.table, Keys.source(claim.source_id)))?.value;
}

/** @throws StaitheError not_found */
export async function get(ports: Pick<Ports, 'table'>, actor: Actor, id: string): Promise<Source> {
  return readVisible(ports.table, sources, Keys.source, actor, id);
}

/**
 * The source, once its bytes are in place. Storage's event may still be on its way: then its status is `pending`.
 * @throws StaitheError not_found | source_not_uploaded | source_mismatch
 */
export async function requireUploaded(
  ports: Pick<Ports, 'table' | 'blobs'>,
  actor: Actor,
  project: Project,
  id: string,
): Promise<SourceRecord> {
  const source = await readVisible(ports.table, sources, Keys.source, actor, id);
  if (source.project_id !== project.id) throw notFound('source', id);
  if (source.status === 'pending') await assertUploaded(ports, source);
  return source;
}

/** Compares the stored bytes with those announced. @throws StaitheError source_not_uploaded | source_mismatch */
async function assertUploaded(ports: Pick<Ports, 'blobs'>, source: Source): Promise<void> {
  const blob = await ports.blobs.head(BlobKeys.source(source.project_id, source.sha256));
  if (blob === undefined)
    throw new StaitheError(
      'source_not_uploaded',
      `The ${source.size_bytes} bytes of source ${source.id} have not been uploaded.`,
    );
  if (blob.size_bytes !== source.size_bytes || blob.sha256 !== source.sha256)
    throw new StaitheError(
      'source_mismatch',
      `What was stored for source ${source.id} has ${blob.size_bytes} bytes and sha256 ${blob.sha256 ?? 'unknown'}.`,
    );
}

/**
 * The source that an object in storage belongs to, with its bytes checked; undefined when it belongs to none, as after
 * its project was deleted.
 * @throws StaitheError source_mismatch
 */
export async function sourceOfUpload(
  ports: Pick<Ports, 'table' | 'blobs'>,
  projectId: string,
  sha256: string,
): Promise<SourceRecord | undefined> {
  const source = await findBySha(ports, projectId, sha256);
  if (source?.status === 'pending') await assertUploaded(ports, source);
  return source;
}

/**
 * Keeps the archive of a commit as a source, fetched by the control plane: no git credential reaches a build. Storage's
 * event marks it as stored, as with any upload.
 */
export async function storeCommit(
  ports: Pick<Ports, 'table' | 'blobs' | 'clock' | 'randomness' | 'gitHost'>,
  project: Project,
  git: { repository: string; ref: string; sha: string },
): Promise<Source> {
  const archive = await ports.gitHost.archive(git.repository, git.sha);
  try {
    const { sha256, sizeBytes } = archive;
    const announced = await createOnce(ports, project, {
      sha256,
      size_bytes: sizeBytes,
      format: 'tar.gz',
      strip_components: 1,
      git,
      created_by: 'webhook',
    });
    if (announced.status === 'pending')
      await ports.blobs.storeFile({
        key: BlobKeys.source(project.id, sha256),
        file: archive.file,
        sha256,
        sizeBytes,
        contentType: SOURCE_TYPES['tar.gz'],
      });
    return announced;
  } finally {
    await archive.remove();
  }
}
