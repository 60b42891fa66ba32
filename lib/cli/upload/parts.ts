/** Sending a large file in parts, several at a time; what is there already is not sent again. */
import type { Api } from '../api.ts';
import { withRetries } from '../retry.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type Range, sha256Of } from './digest.ts';
import { meter } from './meter.ts';
import { putFile, UploadInterrupted } from './put.ts';

/** Four connections fill a line that one does not, and leave the disk in peace. */
export const PARALLEL_PARTS = 4;

export interface PartsSent {
  readonly count: number;
  /** Sent by this command; the others were there. */
  readonly sent: number;
}

/**
 * @param artifact an artifact that waits for its bytes
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
  const here = new Map(plan.parts.map((part) => [part.number, part.sha256]));
  const before = plan.parts.reduce((sum, part) => sum + part.size_bytes, 0);
  if (here.size > 0) terminal.note(`resuming: ${here.size} of ${plan.part_count} parts are there`);
  /** Bytes of each part that are there or sent. */
  const done = new Map(plan.parts.map((part) => [part.number, part.size_bytes]));
  const show = meter(terminal, 'uploading', file.sizeBytes, before);
  const note = (number: number, count: number) => {
    done.set(number, count);
    show([...done.values()].reduce((sum, part) => sum + part, 0));
  };
  let sent = 0;
  const send = async (number: number): Promise<void> => {
    const start = (number - 1) * plan.part_size_bytes;
    const range: Range = { start, length: Math.min(plan.part_size_bytes, file.sizeBytes - start) };
    const sha256 = await sha256Of(file.path, range);
    if (here.get(number) === sha256) return;
    await withRetries(
      async () => {
        // Signed anew each time: the URL of an earlier try may have expired.
        const { parts } = await api.call('signParts', { params, body: { parts: [{ number, sha256 }] } });
        for (const { upload } of parts)
          await putFile(file.path, range, upload, (count) => note(number, count));
      },
      (error) => error instanceof UploadInterrupted,
      () => terminal.note(`part ${number} broke off; trying again`),
    );
    sent += 1;
  };
  const waiting = Array.from({ length: plan.part_count }, (_, at) => at + 1);
  const work = async () => {
    for (let number = waiting.shift(); number !== undefined; number = waiting.shift())
      await send(number).catch((error: unknown) => {
        waiting.length = 0; // the others end with the part that they have at hand
        throw error;
      });
  };
  const ends = await Promise.allSettled(Array.from({ length: parallel }, work));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  terminal.done();
  return { count: plan.part_count, sent };
}
