/**
 * Asynchronous invocations: kept in SQLite before the caller gets its 202, and retried as Lambda does
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html).
 */
import { AwsError } from '../service.ts';
import type { Lambda } from './context.ts';
import type { FunctionName } from './function-name.ts';
import { execute } from './operations/invoke.ts';
import type { InvokeConfig } from './records.ts';

/** Lambda waits a minute before the first retry and two before the second. */
const RETRY_AFTER = [60_000, 120_000];
/** A throttled event comes again after a second, then after up to five minutes, and counts as no attempt. */
const THROTTLED_AFTER = 1_000;
const THROTTLED_MOST = 300_000;
/** Events in flight at once: enough to keep every environment busy. */
const IN_FLIGHT = 64;

const defaults: InvokeConfig = { maximumEventAge: 21_600, maximumRetries: 2, modified: 0 };

interface QueuedEvent {
  readonly id: string;
  readonly target: FunctionName;
  readonly payload: string;
  readonly received: number;
  readonly attempts: number;
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
    const config = record?.invokeConfigs[qualifier] ?? defaults;
    if (!record || this.#lambda.cloud.now() - event.received > config.maximumEventAge * 1000) {
      return this.#drop(event, record ? 'it is older than MaximumEventAgeInSeconds' : 'the function is gone');
    }
    try {
      const { result } = await execute(this.#lambda, event.target, {
        requestId: event.id,
        payload: event.payload,
        admission: 'patient',
      });
      if (!this.#running) return;
      this.#throttles.delete(event.id);
      if (result.functionError === undefined) return this.#remove(event);
      this.#retry(event, config);
    } catch (error) {
      if (this.#running) this.#putBack(event, config, error);
    }
  }

  #retry(event: QueuedEvent, config: InvokeConfig): void {
    if (event.attempts >= config.maximumRetries) {
      this.#drop(event, 'every attempt failed');
      return;
    }
    const due = this.#lambda.cloud.now() + (RETRY_AFTER[event.attempts] ?? 0);
    this.#lambda.database
      .prepare('UPDATE events SET due = ?, attempts = attempts + 1 WHERE id = ?')
      .run(due, event.id);
  }

  #putBack(event: QueuedEvent, config: InvokeConfig, error: unknown): void {
    const busy =
      error instanceof AwsError && (error.status === 429 || error.code === 'ResourceConflictException');
    if (!busy) {
      this.#retry(event, config);
      return;
    }
    const times = this.#throttles.get(event.id) ?? 0;
    this.#throttles.set(event.id, times + 1);
    const due = this.#lambda.cloud.now() + Math.min(THROTTLED_AFTER * 2 ** times, THROTTLED_MOST);
    this.#lambda.database.prepare('UPDATE events SET due = ? WHERE id = ?').run(due, event.id);
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
