import type { ClaimedJob } from '../domain/execution/model/job.ts';
import type { JobApi } from './api.ts';
import { JobFailure } from './failure.ts';
import { retry } from './retry.ts';
import { download, isTransient, TransferError, WrongBytesError } from './transfer.ts';

export type Source = NonNullable<ClaimedJob['source']>;

/** About 15 seconds of waits in all. */
const ATTEMPTS = 7;
/** Wrong bytes may be a proxy's page or a broken line; the third time they are what is stored. */
const WRONG_BYTES = 3;

/** Fetches the source's archive and proves it by its digest. @throws JobFailure source_error, or a network error */
export async function fetchSource(
  api: JobApi,
  claimed: Source,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  let source = claimed;
  let wrong = 0;
  const fetchOnce = async () => {
    const came = await download(source.url, file, source.size_bytes, signal).catch(async (error: unknown) => {
      // The URL may have expired, if the job waited long: a repeated claim gives a fresh one.
      if (error instanceof TransferError && !isTransient(error))
        source = (await api.claim(signal)).source ?? source;
      throw error;
    });
    if (came.sizeBytes !== source.size_bytes || came.sha256 !== source.sha256)
      throw new WrongBytesError(
        `${came.sizeBytes} bytes with sha256 ${came.sha256} came, and ${source.size_bytes} bytes with sha256 ${source.sha256} were announced`,
      );
  };
  try {
    await retry(fetchOnce, {
      attempts: ATTEMPTS,
      signal,
      helps: (error) => !(error instanceof WrongBytesError) || ++wrong < WRONG_BYTES,
    });
  } catch (error) {
    if (!(error instanceof WrongBytesError) && !(error instanceof TransferError)) throw error;
    const refused = error instanceof TransferError && error.status >= 500;
    throw new JobFailure({
      code: refused ? 'internal_error' : 'source_error',
      message: `The source could not be fetched: ${error.message}.`,
      hint: refused ? 'Rerun the build in a moment.' : 'Upload the source again and build from it.',
      step: 'fetch source',
    });
  }
}
