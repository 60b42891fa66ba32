/** From a file to a stored artifact: announced, sent whole or in parts, verified. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../api.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import type { Artifact } from '../resources.ts';
import { withRetries } from '../retry.ts';
import { isSystemError, saidOf } from '../system-error.ts';
import { bytes } from '../terminal/format.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { meter } from './meter.ts';
import { type PartsSent, sendParts } from './parts.ts';
import { putFile, UploadInterrupted } from './put.ts';
import { forgetUpload, keepUpload, readUpload, type UploadKey } from './state.ts';

/** 100 MB: below it a broken upload is sent again within seconds. */
export const MULTIPART_FROM_BYTES = 100_000_000;

/** 20 minutes: the function that verifies may take 15 (lib/infrastructure/uploads.ts), and is told of the upload within a few. */
const VERIFIED_WITHIN_MS = 20 * 60_000;

/** Half a second: the digest of 100 MB takes about as long. */
const ASK_AGAIN_MS = 500;

export interface FileToSend {
  readonly path: string;
  readonly sizeBytes: number;
  readonly key: UploadKey;
}

export interface Uploaded {
  readonly artifact: Artifact;
  /** False when the project had the bytes. */
  readonly uploaded: boolean;
  /** Of an upload in parts. */
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
        detail: `The upload broke off: ${error.message}.`,
        remedy: 'Run the command again; large files go on where they were.',
      },
      { cause: error },
    );
  }
}

const announce = (api: Api<'createArtifact'>, { sizeBytes, key }: FileToSend) =>
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
  terminal.onInterrupt(['the upload was interrupted', 'next: run the same command to start again']);
  const attempt = async (): Promise<Uploaded> => {
    const { upload, multipart: _, ...artifact } = await announce(api, file);
    if (upload === null) return { artifact, uploaded: false, parts: null };
    const { path, sizeBytes } = file;
    await putFile(path, { start: 0, length: sizeBytes }, upload, meter(terminal, 'uploading', sizeBytes));
    terminal.done();
    return { artifact: await finish(api, terminal, artifact.id), uploaded: true, parts: null };
  };
  return withRetries(
    attempt,
    (error) => error instanceof UploadInterrupted,
    () => terminal.note('the upload broke off; trying again'),
  ).finally(() => terminal.onInterrupt([]));
}

async function sendInParts(
  api: Api<Calls>,
  terminal: Terminal,
  file: FileToSend,
  parallel: number,
): Promise<Uploaded> {
  const artifact = (await begun(api, file)) ?? (await announce(api, file));
  if (artifact.status === 'stored') {
    forgetUpload(process.env, file.key);
    return { artifact: await read(api, artifact.id), uploaded: false, parts: null };
  }
  const isKept = keep(terminal, file.key, artifact.id);
  terminal.onInterrupt([
    `the upload of ${bytes(file.sizeBytes)} was interrupted${isKept ? '; what was sent is kept for a week' : ''}`,
    isKept ? 'next: run the same command to resume' : 'next: run the same command to start again',
  ]);
  const parts =
    artifact.status === 'pending' ? await sendParts(api, terminal, artifact.id, file, parallel) : null;
  const stored = await finish(api, terminal, artifact.id).finally(() => forgetUpload(process.env, file.key));
  terminal.onInterrupt([]);
  return { artifact: stored, uploaded: true, parts };
}

/** Notes which upload is under way. Without the note it works as well; only going on after an interruption does not. */
function keep(terminal: Terminal, key: UploadKey, artifact: string): boolean {
  try {
    keepUpload(process.env, key, artifact);
    return true;
  } catch (error) {
    if (!(error instanceof Failure) && !isSystemError(error)) throw error;
    const reason = isSystemError(error) ? saidOf(error) : error.message;
    terminal.note(`warning: this upload cannot be resumed if it is interrupted: ${reason}`);
    return false;
  }
}

const read = (api: Api<'getArtifact'>, artifact: string) => api.call('getArtifact', { params: { artifact } });

/** The artifact of an earlier command, while it can still be gone on with. */
async function begun(api: Api<'getArtifact'>, file: FileToSend): Promise<Artifact | undefined> {
  const id = readUpload(process.env, file.key);
  if (id === undefined) return undefined;
  const { ApiError } = await import('../../contract/client.ts');
  const artifact = await read(api, id).catch((error: unknown) => {
    if (error instanceof ApiError && error.problem.status === 404) return undefined;
    throw error;
  });
  return artifact?.status === 'rejected' ? undefined : artifact;
}

/** Waits until what was sent is verified. @throws Failure when it is not what was declared */
async function finish(
  api: Api<'completeArtifact' | 'getArtifact'>,
  terminal: Terminal,
  id: string,
): Promise<Artifact> {
  const deadline = Date.now() + VERIFIED_WITHIN_MS;
  let artifact = await api.call('completeArtifact', { params: { artifact: id } });
  while (artifact.status === 'verifying' || artifact.status === 'pending') {
    if (Date.now() > deadline)
      throw new Failure(EXIT.conflict, {
        code: 'not_verified',
        detail: `Artifact ${id} was sent, and is not verified after 20 minutes.`,
        remedy: `Look at it with \`staithe artifact show ${id}\`; if that does not change, run the command again.`,
      });
    terminal.progress('verifying');
    await delay(ASK_AGAIN_MS);
    artifact = await read(api, id);
  }
  terminal.done();
  if (artifact.status === 'stored') return artifact;
  throw new Failure(EXIT.conflict, {
    code: artifact.error?.code ?? 'rejected',
    detail: artifact.error?.message ?? `Artifact ${id} was rejected.`,
    remedy: 'The file has perhaps changed while it was sent. Run the command again.',
  });
}
