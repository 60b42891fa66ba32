/**
 * Runs one mapping: reads the stream's shards, parents before children, and gives the records to the function, at
 * least once and in order (https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html).
 */
import { randomUUID } from 'node:crypto';
import { AwsError, type Principal } from '../../service.ts';
import type { Lambda } from '../context.ts';
import { parseFunctionName } from '../function-name.ts';
import { execute } from '../operations/invoke.ts';
import { firstFailure } from './batch-failures.ts';
import { compileFilters, type Filter } from './filter.ts';
import type { Mapping } from './mapping.ts';
import { StreamReader, type StreamRecord } from './stream-reader.ts';

/** Milliseconds between two looks at a shard: soon after records, later when there were none. */
const BUSY_PAUSE = 50;
const IDLE_PAUSE = 250;
/**
 * A look that a write has caused waits for what is written with it. AWS looks four times a second, so the writes of one
 * request are one batch there, and one invocation.
 */
const GATHER_PAUSE = 20;
/** New shards are looked for this often. */
const DISCOVER_EVERY = 5_000;
const RETRY_LEAST = 100;
const RETRY_MOST = 30_000;
const THROTTLED_PAUSE = 1_000;
/** The checkpoint of a shard that has ended and was read to its end. */
const CLOSED = 'CLOSED';

export class StreamPoller {
  readonly #lambda: Lambda;
  readonly #mapping: Mapping;
  readonly #filter: Filter;
  readonly #stopping = new AbortController();
  readonly #active = new Map<string, Promise<void>>();
  readonly #wakers = new Set<() => void>();
  #complained = '';

  constructor(lambda: Lambda, mapping: Mapping) {
    this.#lambda = lambda;
    this.#mapping = mapping;
    this.#filter = compileFilters((mapping.FilterCriteria?.Filters ?? []).map(({ Pattern }) => Pattern));
  }

  start(): void {
    void this.#discover();
  }

  /** Somebody has written to a table: look now. */
  wake(): void {
    for (const waker of this.#wakers) waker();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await Promise.all(this.#active.values());
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #discover(): Promise<void> {
    // A mapping that has run before starts new shards at their beginning: what they hold came after it.
    let start = this.#checkpoint('') === undefined ? this.#mapping.StartingPosition : 'TRIM_HORIZON';
    while (!this.#stopped) {
      try {
        const shards = await this.#reader().shards();
        const known = new Set(shards.map(({ ShardId }) => ShardId));
        const open = shards.filter(({ ShardId, ParentShardId: parent }) => {
          if (this.#active.has(ShardId) || this.#checkpoint(ShardId) === CLOSED) return false;
          return !parent || !known.has(parent) || this.#checkpoint(parent) === CLOSED;
        });
        for (const { ShardId } of open) await this.#open(ShardId, start);
        if (shards.length > 0) {
          this.#save('', 'STARTED');
          start = 'TRIM_HORIZON';
        }
      } catch (error) {
        this.#complain(error);
      }
      await this.#pause(this.#active.size > 0 ? DISCOVER_EVERY : IDLE_PAUSE, false);
    }
  }

  async #open(shard: string, start: 'TRIM_HORIZON' | 'LATEST'): Promise<void> {
    const reader = this.#reader();
    await reader.seek(shard, this.#checkpoint(shard), start);
    const done = this.#read(shard, reader).finally(() => this.#active.delete(shard));
    this.#active.set(shard, done);
  }

  async #read(shard: string, reader: StreamReader): Promise<void> {
    while (!this.#stopped) {
      try {
        const { records, upTo, closed } = await this.#gather(reader);
        const handled = records.length === 0 || (await this.#process(shard, records, 0));
        // Also when the cloud stops meanwhile: what a function has had, it shall not get again.
        if (handled && upTo !== undefined) this.#save(shard, upTo);
        if (this.#stopped) return;
        if (closed) return this.#save(shard, CLOSED);
        await this.#pause(upTo === undefined ? IDLE_PAUSE : BUSY_PAUSE, true);
        await this.#pause(GATHER_PAUSE, false);
      } catch (error) {
        // Among others an iterator that has expired: start over from the checkpoint.
        this.#complain(error);
        await this.#pause(IDLE_PAUSE * 4, false);
        return;
      }
    }
  }

  /** One batch; with a batching window, as much as comes within it. */
  async #gather(reader: StreamReader) {
    const { BatchSize, MaximumBatchingWindowInSeconds: window } = this.#mapping;
    let batch = await reader.next(BatchSize);
    const until = Date.now() + window * 1000;
    while (window > 0 && batch.records.length > 0 && batch.records.length < BatchSize && !batch.closed) {
      if (Date.now() >= until || this.#stopped) break;
      await this.#pause(Math.min(IDLE_PAUSE, until - Date.now()), true);
      const more = await reader.next(BatchSize - batch.records.length);
      batch = {
        records: [...batch.records, ...more.records],
        upTo: more.upTo ?? batch.upTo,
        closed: more.closed,
      };
    }
    return batch;
  }

  /** @returns whether every record was handled or given up: not, when the cloud stops before */
  async #process(shard: string, batch: readonly StreamRecord[], before: number): Promise<boolean> {
    let records = batch;
    for (let attempts = before; !this.#stopped; attempts++) {
      const failedFrom = await this.#invoke(records);
      if (failedFrom === undefined) return true;
      if (this.#stopped) return false;
      const handled = records[failedFrom - 1];
      if (handled) this.#save(shard, handled.dynamodb.SequenceNumber);
      records = records.slice(failedFrom);
      const { MaximumRetryAttempts: most } = this.#mapping;
      const bisect = this.#mapping.BisectBatchOnFunctionError && records.length > 1;
      if (this.#tooOld(records) || (!bisect && most >= 0 && attempts >= most)) {
        await this.#discard(records);
        return true;
      }
      await this.#pause(Math.min(RETRY_LEAST * 2 ** attempts, RETRY_MOST), false);
      if (!bisect) continue;
      const middle = Math.ceil(records.length / 2);
      const first = await this.#process(shard, records.slice(0, middle), attempts + 1);
      return first && (await this.#process(shard, records.slice(middle), attempts + 1));
    }
    return false;
  }

  /** @returns the index of the first record that failed; undefined when all succeeded */
  async #invoke(records: readonly StreamRecord[]): Promise<number | undefined> {
    const target = parseFunctionName(this.#mapping.FunctionName);
    const payload = JSON.stringify({ Records: records });
    try {
      const { result } = await execute(this.#lambda, target, {
        requestId: randomUUID(),
        payload,
        admission: 'patient',
      });
      if (result.functionError) return 0;
      if (!this.#mapping.FunctionResponseTypes.includes('ReportBatchItemFailures')) return undefined;
      return firstFailure(result.payload, records);
    } catch (error) {
      this.#complain(error);
      // Throttled is not failed: the records come again until they are too old, whatever the number of attempts.
      const throttled = error instanceof AwsError && error.status === 429;
      if (!throttled || this.#stopped || this.#tooOld(records)) return 0;
      await this.#pause(THROTTLED_PAUSE, false);
      return this.#invoke(records);
    }
  }

  #tooOld(records: readonly StreamRecord[]): boolean {
    const created = records[0]?.dynamodb.ApproximateCreationDateTime;
    const limit = this.#mapping.MaximumRecordAgeInSeconds;
    return limit >= 0 && created !== undefined && this.#lambda.cloud.now() / 1000 - created > limit;
  }

  #discard(records: readonly StreamRecord[]): void {
    const first = records[0]?.dynamodb.SequenceNumber;
    const message = `gave up ${records.length} stream record(s) from ${first} for ${this.#mapping.FunctionName}`;
    this.#lambda.cloud.log('lambda', message);
  }

  #reader(): StreamReader {
    return new StreamReader(this.#lambda.cloud, this.#mapping, () => this.#principal(), this.#filter);
  }

  #principal(): Principal {
    const { name } = parseFunctionName(this.#mapping.FunctionName);
    const { settings } = this.#lambda.store.get(name, this.#mapping.FunctionName).latest;
    return this.#lambda.cloud.role(settings.role);
  }

  #complain(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const expected = error instanceof AwsError && error.code === 'ExpiredIteratorException';
    if (expected || this.#stopped || message === this.#complained) return;
    this.#complained = message;
    this.#lambda.cloud.log('lambda', `stream of ${this.#mapping.FunctionName}: ${message}`);
  }

  #checkpoint(shard: string): string | undefined {
    const row = this.#lambda.database
      .prepare('SELECT sequence FROM checkpoints WHERE mapping = ? AND shard = ?')
      .get(this.#mapping.UUID, shard);
    return row ? String(row.sequence) : undefined;
  }

  #save(shard: string, sequence: string): void {
    this.#lambda.database
      .prepare(
        'INSERT INTO checkpoints VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET sequence = excluded.sequence',
      )
      .run(this.#mapping.UUID, shard, sequence);
  }

  /** Waits, but not beyond a stop, nor (when `wakeable`) beyond the next write to a table. */
  async #pause(milliseconds: number, wakeable: boolean): Promise<void> {
    if (this.#stopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    const stop = () => resolve();
    this.#stopping.signal.addEventListener('abort', stop);
    if (wakeable) this.#wakers.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#wakers.delete(resolve);
    this.#stopping.signal.removeEventListener('abort', stop);
  }
}
