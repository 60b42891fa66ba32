/** Which change of an item is news for others, and what it is called: `staithe` events on the bus. */

export interface StaitheEvent {
  /** E.g. `Run Completed`: the kind and the status that it has now. */
  readonly type: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

type Image = Readonly<Record<string, unknown>> | undefined;

/** Kinds whose status is news, and where the status is. */
const STATUS_OF: Readonly<Record<string, (image: NonNullable<Image>) => unknown>> = {
  source: (source) => source.status,
  run: (run) => run.status,
  job: (job) => job.status,
  artifact: (artifact) => artifact.status,
  deployment: (deployment) => deployment.status,
  release: () => 'created',
  deletion: (deletion) => deletion.status,
  delivery: (delivery) =>
    typeof delivery.decision === 'object' && delivery.decision !== null
      ? Reflect.get(delivery.decision, 'kind')
      : undefined,
};

/** Kinds whose failure is told with them, with the last lines of the log: within 16 KB, as ten events have 256 KB. */
const FAILURES: Readonly<Record<string, readonly string[]>> = { deployment: ['error'] };

/** The kinds of items that can be news. */
export const EVENT_KINDS: readonly string[] = Object.keys(STATUS_OF);

const title = (word: string): string =>
  word.replace(/(^|_)([a-z])/g, (_, gap: string, letter: string) => (gap ? ' ' : '') + letter.toUpperCase());

/** The event of one change in the table; most changes are none. */
export function eventOf(before: Image, after: Image): StaitheEvent | undefined {
  const kind = String(after?.entity);
  const statusOf = STATUS_OF[kind];
  if (after === undefined || statusOf === undefined) return undefined;
  const status = statusOf(after);
  const previous = before && statusOf(before);
  if (typeof status !== 'string' || status === previous) return undefined;
  return {
    type: `${title(kind)} ${title(status)}`,
    detail: {
      id: after.id,
      status,
      ...(typeof previous === 'string' && { previous_status: previous }),
      ...Object.fromEntries(
        [
          'project_id',
          'build_id',
          'run_id',
          'environment',
          'release_id',
          'limited',
          'job_counts',
          ...(FAILURES[kind] ?? []),
        ].flatMap((name) => (after[name] === undefined ? [] : [[name, after[name]]])),
      ),
    },
  };
}
