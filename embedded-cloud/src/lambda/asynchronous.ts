/**
 * Asynchronous invocations: kept in SQLite before the caller gets its 202, and retried as Lambda does
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html).
 */
import { AwsError } from '../service.ts';
import type { Lambda } from './context.ts';
import { type Ended, tellDestination } from './destinations.ts';
import type { FunctionName } from './function-name.ts';
import { execute } from './operations/invoke.ts';
import type { FunctionRecord, InvokeConfig } from './records.ts';

/** Lambda waits a minute before the first retry and two before the second. */
const RETRY_AFTER = [60_000, 120_000];
/**
 * An event that was throttled, or that an error of the system kept from the function, comes again after a second, then
 * after up to five minutes, and counts as no attempt.
 */
const THROTTLED_AFTER = 1_000;
const THROTTLED_MOST = 300_000;
/** Events in flight at once: enough to keep every environment busy. */
const IN_FLIGHT = 64;

const defaults: InvokeConfig = {
  maximumEventAge: 21_600,
  maximumRetries: 2,
  onSuccess: '',
  onFailure: '',
  modified: 0,
};

interface QueuedEvent {
  readonly id: string;
  readonly target: FunctionName;
  readonly payload: string;
  readonly received: number;
  readonly attempts: number;
}

/** An event, the function that has it at present, and what it answered. */
interface Attempt extends Pick<Ended, 'response'> {
  readonly event: QueuedEvent;
  readonly record: FunctionRecord;
  readonly config: InvokeConfig;
}

const REASONS = {
  EventAgeExceeded: 'it is older than MaximumEventAgeInSeconds',
  RetriesExhausted: 'every attempt failed',
  ZeroReservedConcurrency: 'the reserved concurrency of the function is 0',
};

/** Ends of an event without a last attempt. */
const UNTRIED: ReadonlySet<Ended['condition']> = new Set(['EventAgeExceeded', 'ZeroReservedConcurrency']);

/** Errors of the request, as when its version is gone. Those that pass by themselves, and faults of the system, are none. */
function isOfFunction(error: unknown): boolean {
  if (!(error instanceof AwsError) || error.code === 'ResourceConflictException') return false;
  return error.status < 500 && error.status !== 429;
}

export class EventQueue {
  readonly #lambda: Lambda;
  readonly #inFlight = new Set<string>();
  readonly #throttles = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #running = false;

  constructor(lambda: Lambda) {
    this.#lambda = lambda;
  }

  /** Takes an event; it survives a crash once this has returned. */
  add(id: string, { name, qualifier }: FunctionName, payload: string): void {
    const now = this.#lambda.cloud.now();
    this.#lambda.database
      .prepare(
        'INSERT INTO events (id, function, qualifier, payload, received, due) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(id, name, qualifier, payload, now, now);
    this.#wake(0);
  }

  /** Starts to work, with what an earlier run has left. */
  start(): void {
    this.#running = true;
    this.#wake(0);
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  #wake(delay: number): void {
    if (!this.#running) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#dispatch(), delay);
  }

  #dispatch(): void {
    const { database, cloud } = this.#lambda;
    const now = cloud.now();
    const rows = database
      .prepare('SELECT * FROM events WHERE due <= ? ORDER BY due LIMIT ?')
      .all(now, IN_FLIGHT * 2);
    for (const row of rows) {
      const event: QueuedEvent = {
        id: String(row.id),
        target: { name: String(row.function), qualifier: String(row.qualifier) },
        payload: String(row.payload),
        received: Number(row.received),
        attempts: Number(row.attempts),
      };
      if (this.#inFlight.size >= IN_FLIGHT) break;
      if (this.#inFlight.has(event.id)) continue;
      this.#inFlight.add(event.id);
      void this.#handle(event).finally(() => {
        this.#inFlight.delete(event.id);
        this.#wake(0);
      });
    }
    const next = database.prepare('SELECT MIN(due) AS due FROM events WHERE due > ?').get(now)?.due;
    if (typeof next === 'number') this.#wake(Math.min(Math.max(next - now, 1), 60_000));
  }

  async #handle(event: QueuedEvent): Promise<void> {
    const { name, qualifier } = event.target;
    const record = this.#lambda.store.find(name);
    if (record === undefined) {
      this.#drop(event, 'the function is gone');
      return;
    }
    const config = record.invokeConfigs[qualifier] ?? defaults;
    const one: Attempt = { event, record, config };
    if (this.#lambda.cloud.now() - event.received > config.maximumEventAge * 1000) {
      await this.#end(one, 'EventAgeExceeded');
      return;
    }
    if (record.reservedConcurrency === 0) {
      await this.#end(one, 'ZeroReservedConcurrency');
      return;
    }
    try {
      const { result, executedVersion } = await execute(this.#lambda, event.target, {
        requestId: event.id,
        payload: event.payload,
        admission: 'patient',
      });
      if (!this.#running) return;
      if (result.unreached) {
        this.#putBack(one, result.payload);
        return;
      }
      this.#throttles.delete(event.id);
      const answered = { ...one, response: { outcome: result, executedVersion } };
      if (result.functionError === undefined) await this.#end(answered, 'Success');
      else await this.#retry(answered);
    } catch (error) {
      if (!this.#running) return;
      if (isOfFunction(error)) await this.#retry(one);
      else this.#putBack(one, error);
    }
  }

  async #retry(attempt: Attempt): Promise<void> {
    const { event, config } = attempt;
    if (event.attempts >= config.maximumRetries) {
      await this.#end(attempt, 'RetriesExhausted');
      return;
    }
    const due = this.#lambda.cloud.now() + (RETRY_AFTER[event.attempts] ?? 0);
    this.#lambda.database
      .prepare('UPDATE events SET due = ?, attempts = attempts + 1 WHERE id = ?')
      .run(due, event.id);
  }

  #putBack({ event }: Attempt, error: unknown): void {
    const { log } = this.#lambda.cloud;
    if (!(error instanceof AwsError) || error.status >= 500)
      log('lambda', `the event ${event.id} for ${event.target.name} is tried again: ${String(error)}`);
    const times = this.#throttles.get(event.id) ?? 0;
    this.#throttles.set(event.id, times + 1);
    const due = this.#lambda.cloud.now() + Math.min(THROTTLED_AFTER * 2 ** times, THROTTLED_MOST);
    this.#lambda.database.prepare('UPDATE events SET due = ? WHERE id = ?').run(due, event.id);
  }

  /** The record of the end is sent first: a crash in between sends it twice, and loses nothing. */
  async #end({ event, record, config, response }: Attempt, condition: Ended['condition']): Promise<void> {
    await tellDestination(this.#lambda, record, config, {
      condition,
      requestId: event.id,
      target: event.target,
      payload: event.payload,
      invocations: event.attempts + (UNTRIED.has(condition) ? 0 : 1),
      response,
    });
    if (!this.#running) return;
    if (condition === 'Success') this.#remove(event);
    else this.#drop(event, REASONS[condition]);
  }

  #drop(event: QueuedEvent, reason: string): void {
    this.#lambda.cloud.log('lambda', `dropped the event ${event.id} for ${event.target.name}: ${reason}`);
    this.#remove(event);
  }

  #remove(event: QueuedEvent): void {
    this.#throttles.delete(event.id);
    this.#lambda.database.prepare('DELETE FROM events WHERE id = ?').run(event.id);
  }
}
