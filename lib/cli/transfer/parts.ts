/** Uploading a large file in parts, several at a time; uploaded parts are skipped. */
import type { Api } from '../api/api.ts';
import { withRetries } from '../api/retry.ts';
import { meter } from '../terminal/meter.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type Range, sha256Of } from './digest.ts';
import { putFile, UploadInterrupted } from './put.ts';

/** Four connections use the bandwidth that one leaves, without competing for the disk. */
export const PARALLEL_PARTS = 4;

export interface PartsSent {
  readonly count: number;
  /** Uploaded by this command; an earlier one uploaded the others. */
  readonly sent: number;
}

/**
 * @param artifact id of an artifact with status pending
 * @throws UploadInterrupted | Failure (the storage refused) | ApiError | UnreachableError
 */
export async function sendParts(
  api: Api<'beginMultipart' | 'signParts'>,
  terminal: Terminal,
  artifact: string,
  file: { readonly path: string; readonly sizeBytes: number },
  parallel: number,
): Promise<PartsSent> {
  const params = { artifact };
  const plan = await api.call('beginMultipart', { params });
  const uploaded = new Map(plan.parts.map((part) => [part.number, part.sha256]));
  const before = plan.parts.reduce((sum, part) => sum + part.size_bytes, 0);
  if (uploaded.size > 0)
    terminal.note(`Resuming: ${uploaded.size} of ${plan.part_count} parts already uploaded.`);
  /** Uploaded bytes of each part. */
  const done = new Map(plan.parts.map((part) => [part.number, part.size_bytes]));
  const show = meter(terminal, 'Uploading', file.sizeBytes, before);
  const note = (number: number, count: number) => {
    done.set(number, count);
    show([...done.values()].reduce((sum, part) => sum + part, 0));
  };
  let sent = 0;
  const send = async (number: number): Promise<void> => {
    const start = (number - 1) * plan.part_size_bytes;
    const range: Range = { start, length: Math.min(plan.part_size_bytes, file.sizeBytes - start) };
    const sha256 = await sha256Of(file.path, range);
    if (uploaded.get(number) === sha256) return;
    await withRetries(
      async () => {
        // Signed for each attempt: the URL of an earlier one may have expired.
        const { parts } = await api.call('signParts', { params, body: { parts: [{ number, sha256 }] } });
        for (const { upload } of parts)
          await putFile(file.path, range, upload, (count) => note(number, count));
      },
      (error) => error instanceof UploadInterrupted,
      () => terminal.note(`Upload of part ${number} interrupted; retrying.`),
    );
    sent += 1;
  };
  const queue = Array.from({ length: plan.part_count }, (_, at) => at + 1);
  const work = async () => {
    for (let number = queue.shift(); number !== undefined; number = queue.shift())
      await send(number).catch((error: unknown) => {
        queue.length = 0; // the other workers end with their current part
        throw error;
      });
  };
  const results = await Promise.allSettled(Array.from({ length: parallel }, work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  terminal.done();
  return { count: plan.part_count, sent };
}
