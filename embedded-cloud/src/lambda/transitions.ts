/**
 * Functions and their updates become ready a moment after the call, as on AWS: `Pending` → `Active`, `InProgress` →
 * `Successful` (https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html). Callers who forget to wait find
 * out on the laptop.
 */
import { conflict, functionArn, type Lambda, newRevision } from './context.ts';
import type { FunctionRecord, Version } from './records.ts';

/** AWS takes about a second; here long enough that a caller who does not wait meets the state. */
const READY_AFTER = 250;

const stopped = new WeakSet<Lambda>();
const timers = new WeakMap<Lambda, Set<NodeJS.Timeout>>();

/** Lets the function's latest version become ready later. */
export function settleLater(lambda: Lambda, name: string): void {
  const running = timers.get(lambda) ?? new Set();
  timers.set(lambda, running);
  const timer = setTimeout(() => {
    running.delete(timer);
    void settle(lambda, name);
  }, READY_AFTER);
  running.add(timer);
}

/** Ready is what has its image on disk. */
async function settle(lambda: Lambda, name: string): Promise<void> {
  const begun = lambda.store.find(name)?.latest;
  if (!begun || !isInTransition(begun)) return;
  const failure = await lambda.images.ready(begun.code, functionArn(lambda, { name, qualifier: '' })).then(
    () => undefined,
    (error: unknown) => `The image cannot be unpacked: ${error instanceof Error ? error.message : error}`,
  );
  const record = lambda.store.find(name);
  // Deleted meanwhile, or made anew; or the cloud stops, and the next start goes on.
  if (record?.latest.revisionId !== begun.revisionId || stopped.has(lambda)) return;
  lambda.store.save({ ...record, latest: settled(record.latest, failure) });
}

/** A failed update leaves the function as it was before. */
function settled({ failure: _before, former, ...version }: Version, failure: string | undefined): Version {
  if (failure === undefined) return { ...version, state: 'Active', lastUpdateStatus: 'Successful' };
  const state = version.state === 'Pending' ? 'Failed' : version.state;
  const { settings, code } = former ?? version;
  return { ...version, settings, code, state, lastUpdateStatus: 'Failed', failure };
}

/** A version with the code and the settings that answer now: during an update the former ones. */
export function serving({ former, ...version }: Version): Version {
  return { ...version, ...former };
}

export function isInTransition(version: Version): boolean {
  return version.state === 'Pending' || version.lastUpdateStatus === 'InProgress';
}

/** Continues the transitions that a stop has cut off. */
export function resumeTransitions(lambda: Lambda): void {
  for (const { name, latest } of lambda.store.all()) if (isInTransition(latest)) settleLater(lambda, name);
}

export function stopTransitions(lambda: Lambda): void {
  stopped.add(lambda);
  for (const timer of timers.get(lambda) ?? []) clearTimeout(timer);
}

/** @throws ResourceConflictException while the function is being created or updated */
export function requireSettled(lambda: Lambda, record: FunctionRecord): void {
  const arn = functionArn(lambda, { name: record.name, qualifier: '' });
  if (record.latest.state === 'Pending') {
    throw conflict(
      'The operation cannot be performed at this time. The function is currently in the following state: Pending',
    );
  }
  if (record.latest.lastUpdateStatus === 'InProgress') {
    throw conflict(
      `The operation cannot be performed at this time. An update is in progress for resource: ${arn}`,
    );
  }
}

/** The record with a changed latest version, which is then on its way to ready. */
export function updated(record: FunctionRecord, change: Partial<Version>): FunctionRecord {
  const { settings, code, revisionId } = record.latest;
  const latest: Version = {
    ...record.latest,
    ...change,
    former: { settings, code, revisionId },
    lastModified: new Date().toISOString(),
    revisionId: newRevision(),
    lastUpdateStatus: 'InProgress',
  };
  return { ...record, latest };
}
