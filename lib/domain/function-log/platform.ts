/** The lines in which Lambda speaks of itself, between those of the function. */
import * as z from 'zod';

/** Text format (docs: Lambda, "Working with Lambda function logs"). */
const TEXT =
  /^(?:START|END|REPORT) RequestId: |^(?:INIT_START|INIT_REPORT|RESTORE_START|RESTORE_REPORT) |^EXTENSION\t/;
/** Of an invocation that took too long there is a line beside its report; of a start there is none. */
const TIMED_OUT_START = /^INIT_REPORT .*\bStatus: timeout\b/;
/** A phase that ended: nothing more of it is to come. */
const TEXT_REPORT = /^(?:REPORT RequestId: |INIT_REPORT )/;

/** JSON format: `{"time": …, "type": "platform.report", "record": {…, "status": "timeout"}}`. */
const Platform = z.object({
  type: z.string().startsWith('platform.'),
  record: z.object({ status: z.string().optional() }).optional(),
});

function platformOf(message: string): z.infer<typeof Platform> | undefined {
  if (!message.startsWith('{') || !message.includes('"platform.')) return undefined;
  try {
    return Platform.safeParse(JSON.parse(message)).data;
  } catch {
    return undefined; // a line of the function that only looks like it
  }
}

/** Whether Lambda says only what it does. That a phase failed is told in JSON by its report alone, so that one is not. */
export function isPlatform(message: string): boolean {
  if (TEXT.test(message)) return !TIMED_OUT_START.test(message);
  const line = platformOf(message);
  return line !== undefined && (line.record?.status ?? 'success') === 'success';
}

/** Whether it is the last line of an invocation, or of a start that failed. */
export function isReport(message: string): boolean {
  return (
    TEXT_REPORT.test(message) || /^platform\.(?:report|initReport)$/.test(platformOf(message)?.type ?? '')
  );
}
