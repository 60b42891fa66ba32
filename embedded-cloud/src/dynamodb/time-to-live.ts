/**
 * Time to live: neither engine deletes expired items, so they are swept here. This is the only place that scans.
 * AWS deletes "within a few days"; a laptop wants to see it happen.
 */
import type { Cloud } from '../service.ts';
import type { Backend } from './backend.ts';
import type { Catalog } from './catalog.ts';
import { type Json, record, records, text } from './shape.ts';

/** A minute between sweeps: soon enough to be seen, rare enough to be free. */
const INTERVAL = 60_000;
/** A sweep that took long makes the next one wait this many times as long, so that sweeping takes under 5 % of the time. */
const REST_FACTOR = 20;
/** Items whose time lies more than five years back are never deleted (a guard of AWS against wrong units). */
const OLDEST = 5 * 365 * 24 * 60 * 60;
/** Streams keep records for 24 hours; the mark of an expiry is of no use after that. */
const STREAM_RETENTION = 24 * 60 * 60 * 1000;

/** The same text for the same key, whatever the order of its attributes. */
function keyMark(keys: unknown): string {
  return JSON.stringify(Object.entries(record(keys) ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether a stream's REMOVE record is of an item that the sweep deleted. */
export function wasExpired(catalog: Catalog, table: string, streamRecord: Json): boolean {
  if (streamRecord.eventName !== 'REMOVE') return false;
  const { Keys, OldImage } = record(streamRecord.dynamodb) ?? {};
  const image = record(OldImage);
  return catalog.database
    .prepare('SELECT attribute, ttl FROM expired WHERE table_name = ? AND keys = ?')
    .all(table, keyMark(Keys))
    .some(
      // Without an old image in the stream the key alone has to do.
      ({ attribute, ttl }) => !image || record(image[text(attribute) ?? ''])?.N === ttl,
    );
}

export class TimeToLive {
  readonly #cloud: Cloud;
  readonly #backend: Backend;
  readonly #catalog: Catalog;
  readonly #onDelete: (table: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(cloud: Cloud, backend: Backend, catalog: Catalog, onDelete: (table: string) => void) {
    this.#cloud = cloud;
    this.#backend = backend;
    this.#catalog = catalog;
    this.#onDelete = onDelete;
  }

  start(delay = INTERVAL): void {
    this.#timer = setTimeout(async () => {
      const began = performance.now();
      await this.sweep().catch((error) => this.#cloud.log('dynamodb', `time-to-live sweep: ${error}`));
      if (!this.#stopped) this.start(Math.max(INTERVAL, REST_FACTOR * (performance.now() - began)));
    }, delay);
    this.#timer.unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Deletes every expired item of every table with a time to live. @returns how many */
  async sweep(): Promise<number> {
    this.#catalog.database
      .prepare('DELETE FROM expired WHERE at < ?')
      .run(this.#cloud.now() - STREAM_RETENTION);
    const { TableNames } = await this.#backend.table('ListTables', {});
    let deleted = 0;
    for (const name of Array.isArray(TableNames) ? TableNames : []) {
      const table = text(name) ?? '';
      const { TimeToLiveDescription } = await this.#backend.table('DescribeTimeToLive', { TableName: table });
      const { TimeToLiveStatus, AttributeName } = record(TimeToLiveDescription) ?? {};
      const attribute = text(AttributeName);
      if (TimeToLiveStatus === 'ENABLED' && attribute) deleted += await this.#sweepTable(table, attribute);
    }
    return deleted;
  }

  async #sweepTable(table: string, attribute: string): Promise<number> {
    const facts = await this.#catalog.factsOf(table);
    const now = Math.floor(this.#cloud.now() / 1000);
    const keyNames = (facts?.keySchema ?? []).flatMap((key) => text(key.AttributeName) ?? []);
    const expiry = {
      ExpressionAttributeNames: { '#ttl': attribute },
      ExpressionAttributeValues: { ':now': { N: String(now) }, ':oldest': { N: String(now - OLDEST) } },
    };
    let deleted = 0;
    let from: unknown;
    do {
      const page = await this.#backend.item('Scan', {
        TableName: table,
        FilterExpression: '#ttl < :now AND #ttl > :oldest',
        ...expiry,
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      });
      for (const item of records(page.Items)) {
        const key = Object.fromEntries(keyNames.map((name) => [name, item[name]]));
        if (await this.#expire(table, key, attribute, item[attribute])) deleted += 1;
      }
      from = page.LastEvaluatedKey;
    } while (from !== undefined && !this.#stopped);
    if (deleted > 0) this.#onDelete(table);
    return deleted;
  }

  /** Deletes one item unless its time was changed since it was read. The mark comes first: a crash must not lose it. */
  async #expire(table: string, key: Json, attribute: string, seen: unknown): Promise<boolean> {
    const keys = keyMark(key);
    const ttl = text(record(seen)?.N) ?? '';
    this.#catalog.database
      .prepare('INSERT OR REPLACE INTO expired VALUES (?, ?, ?, ?, ?)')
      .run(table, keys, attribute, ttl, this.#cloud.now());
    try {
      await this.#backend.item('DeleteItem', {
        TableName: table,
        Key: key,
        ConditionExpression: '#ttl = :seen',
        ExpressionAttributeNames: { '#ttl': attribute },
        ExpressionAttributeValues: { ':seen': seen },
      });
      return true;
    } catch {
      this.#catalog.database
        .prepare('DELETE FROM expired WHERE table_name = ? AND keys = ? AND ttl = ?')
        .run(table, keys, ttl);
      return false;
    }
  }
}
