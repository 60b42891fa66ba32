/** Uploading a file as an artifact: registered, sent whole or in parts, verified. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../api/api.ts';
import type { Artifact } from '../api/resources.ts';
import { withRetries } from '../api/retry.ts';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { isSystemError, messageOf } from '../failure/system-error.ts';
import { bytes } from '../terminal/format.ts';
import { meter } from '../terminal/meter.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type PartsSent, sendParts } from './parts.ts';
import { putFile, UploadInterrupted } from './put.ts';
import { deleteUnfinished, readUnfinished, saveUnfinished, type UploadKey } from './unfinished.ts';

/** 100 MB: a smaller file is sent again within seconds. */
export const MULTIPART_FROM_BYTES = 100_000_000;

/** 20 minutes: verification takes up to 15 (lib/infrastructure/uploads.ts), and starts within a few. */
const VERIFICATION_TIMEOUT_MS = 20 * 60_000;

/** Half a second: hashing 100 MB takes about as long. */
const POLL_MS = 500;

export interface FileToSend {
  readonly path: string;
  readonly sizeBytes: number;
  readonly key: UploadKey;
}

export interface Uploaded {
  readonly artifact: Artifact;
  /** False if the project already had the content. */
  readonly uploaded: boolean;
  /** For an upload in parts. */
  readonly parts: PartsSent | null;
}

type Calls = 'createArtifact' | 'getArtifact' | 'beginMultipart' | 'signParts' | 'completeArtifact';

/** @throws Failure | ApiError | UnreachableError */
export async function uploadArtifact(
  api: Api<Calls>,
  terminal: Terminal,
  file: FileToSend,
  parallel: number,
): Promise<Uploaded> {
  try {
    return file.sizeBytes <= MULTIPART_FROM_BYTES
      ? await sendWhole(api, terminal, file)
      : await sendInParts(api, terminal, file, parallel);
  } catch (error) {
    if (!(error instanceof UploadInterrupted)) throw error;
    throw new Failure(
      EXIT.unreachable,
      {
        code: 'upload_interrupted',
        detail: `The upload was interrupted: ${error.message}.`,
        remedy: 'Run the command again; the upload of a large file is resumed.',
      },
      { cause: error },
    );
  }
}

const register = (api: Api<'createArtifact'>, { sizeBytes, key }: FileToSend) =>
  api.call('createArtifact', {
    body: {
      ...(key.project !== undefined && { project: key.project }),
      name: key.name,
      content_type: key.contentType,
      sha256: key.sha256,
      size_bytes: sizeBytes,
    },
  });

async function sendWhole(api: Api<Calls>, terminal: Terminal, file: FileToSend): Promise<Uploaded> {
  terminal.onInterrupt(['Upload interrupted.', 'next: run the same command to upload again']);
  const attempt = async (): Promise<Uploaded> => {
    const { upload, multipart: _, ...artifact } = await register(api, file);
    if (upload === null) return { artifact, uploaded: false, parts: null };
    const { path, sizeBytes } = file;
    await putFile(path, { start: 0, length: sizeBytes }, upload, meter(terminal, 'Uploading', sizeBytes));
    terminal.done();
    return { artifact: await finish(api, terminal, artifact.id), uploaded: true, parts: null };
  };
  return withRetries(
    attempt,
    (error) => error instanceof UploadInterrupted,
    () => terminal.note('Upload interrupted; retrying.'),
  ).finally(() => terminal.onInterrupt([]));
}

async function sendInParts(
  api: Api<Calls>,
  terminal: Terminal,
  file: FileToSend,
  parallel: number,
): Promise<Uploaded> {
  const artifact = (await unfinishedArtifact(api, file)) ?? (await register(api, file));
  if (artifact.status === 'stored') {
    deleteUnfinished(process.env, file.key);
    return { artifact: await read(api, artifact.id), uploaded: false, parts: null };
  }
  const canResume = saveForResume(terminal, file.key, artifact.id);
  terminal.onInterrupt([
    `Upload of ${bytes(file.sizeBytes)} interrupted.${canResume ? ' The uploaded parts are kept for a week.' : ''}`,
    canResume ? 'next: run the same command to resume' : 'next: run the same command to upload again',
  ]);
  const parts =
    artifact.status === 'pending' ? await sendParts(api, terminal, artifact.id, file, parallel) : null;
  const stored = await finish(api, terminal, artifact.id).finally(() =>
    deleteUnfinished(process.env, file.key),
  );
  terminal.onInterrupt([]);
  return { artifact: stored, uploaded: true, parts };
}

/** Saves the id of the upload so that it can be resumed. The upload works without it. */
function saveForResume(terminal: Terminal, key: UploadKey, artifact: string): boolean {
  try {
    saveUnfinished(process.env, key, artifact);
    return true;
  } catch (error) {
    if (!(error instanceof Failure) && !isSystemError(error)) throw error;
    const reason = isSystemError(error) ? messageOf(error) : error.message;
    terminal.note(`warning: this upload cannot be resumed after an interruption: ${reason}`);
    return false;
  }
}

const read = (api: Api<'getArtifact'>, artifact: string) => api.call('getArtifact', { params: { artifact } });

/** The artifact of an earlier command whose upload can be resumed. */
async function unfinishedArtifact(api: Api<'getArtifact'>, file: FileToSend): Promise<Artifact | undefined> {
  const id = readUnfinished(process.env, file.key);
  if (id === undefined) return undefined;
  const { ApiError } = await import('../../contract/client.ts');
  const artifact = await read(api, id).catch((error: unknown) => {
    if (error instanceof ApiError && error.problem.status === 404) return undefined;
    throw error;
  });
  return artifact?.status === 'rejected' ? undefined : artifact;
}

/** Waits until the upload is verified. @throws Failure: the content differs from the declared digest, or timeout */
async function finish(
  api: Api<'completeArtifact' | 'getArtifact'>,
  terminal: Terminal,
  id: string,
): Promise<Artifact> {
  const deadline = Date.now() + VERIFICATION_TIMEOUT_MS;
  let artifact = await api.call('completeArtifact', { params: { artifact: id } });
  while (artifact.status === 'verifying' || artifact.status === 'pending') {
    if (Date.now() > deadline)
      throw new Failure(EXIT.conflict, {
        code: 'not_verified',
        detail: `Artifact ${id} was uploaded, but not verified within 20 minutes.`,
        remedy: `Check it with \`staithe artifact show ${id}\`. If its status does not change, run the command again.`,
      });
    terminal.progress('Verifying');
    await delay(POLL_MS);
    artifact = await read(api, id);
  }
  terminal.done();
  if (artifact.status === 'stored') return artifact;
  throw new Failure(EXIT.conflict, {
    code: artifact.error?.code ?? 'rejected',
    detail: artifact.error?.message ?? `Artifact ${id} was rejected.`,
    remedy: 'The file may have changed during the upload. Run the command again.',
  });
}
