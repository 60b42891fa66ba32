/** What a log store gives at once, and how many may ask it at once: the limits of CloudWatch Logs. */

/** CloudWatch Logs gives 10,000 lines or 1 MB at a time (API reference: GetLogEvents). */
export const MOST_LINES = 10_000;
/** Looks at the same time: CloudWatch Logs answers 25 a second for the whole account (CloudWatch Logs quotas). */
const PARALLEL = 8;

/** Looks at streams side by side, a few at a time. @returns what was found, in the order of the streams */
export async function inParallel<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, worker));
  return results;
}
