/**
 * Metric data on disk: for each metric, unit and minute one summary, so that a thousand values in a minute take one row.
 * Data of high resolution have a row for each second as well.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { z } from 'zod';
import { transaction } from '../database.ts';
import { dimensionsKey, dimensionsOf, type Metric } from './metric.ts';
import { merge, type Summary } from './statistics.ts';

export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS metric (
    id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, name TEXT NOT NULL, dimensions TEXT NOT NULL,
    last INTEGER NOT NULL, UNIQUE (namespace, name, dimensions)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS datapoint (
    metric INTEGER NOT NULL, resolution INTEGER NOT NULL, time INTEGER NOT NULL, unit TEXT NOT NULL,
    count REAL NOT NULL, sum REAL NOT NULL, min REAL NOT NULL, max REAL NOT NULL, value_counts TEXT,
    PRIMARY KEY (metric, resolution, time, unit)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS alarm (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
`;

/** As long as CloudWatch keeps data of a minute and of a second; here they are not rolled up, but removed. */
const MINUTES_KEPT_SECONDS = 15 * 86_400;
const SECONDS_KEPT_SECONDS = 3 * 3_600;

/** Values of a metric that came at one time. */
export interface Datum extends Metric {
  readonly unit: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly highResolution?: boolean;
  readonly summary: Summary;
}

/** A summary of the data that begin at `time`, in seconds since the epoch. */
export interface Datapoint {
  readonly time: number;
  readonly unit: string;
  readonly summary: Summary;
}

const valueCounts = z.array(z.tuple([z.number(), z.number()]));
const datapointRow = z.object({
  time: z.number(),
  unit: z.string(),
  count: z.number(),
  sum: z.number(),
  min: z.number(),
  max: z.number(),
  value_counts: z.string().nullable(),
});
const metricRow = z.object({
  id: z.number(),
  namespace: z.string(),
  name: z.string(),
  dimensions: z.string(),
});

export interface Range {
  /** Seconds since the epoch; the end is exclusive. */
  readonly start: number;
  readonly end: number;
}

export class MetricStore {
  readonly #database: DatabaseSync;
  readonly #addMetric: StatementSync;
  readonly #readDatapoint: StatementSync;
  readonly #writeDatapoint: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#addMetric = database.prepare(
      `INSERT INTO metric (namespace, name, dimensions, last) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET last = max(last, excluded.last) RETURNING id`,
    );
    this.#readDatapoint = database.prepare(
      'SELECT * FROM datapoint WHERE metric = ? AND resolution = ? AND time = ? AND unit = ?',
    );
    this.#writeDatapoint = database.prepare(
      'INSERT OR REPLACE INTO datapoint VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
  }

  /** Writes the data; they survive a crash once this has returned. */
  add(data: readonly Datum[]): void {
    if (data.length === 0) return;
    transaction(this.#database, () => {
      for (const datum of data) {
        const second = Math.floor(datum.time / 1000);
        const id = this.#metricId(datum, second);
        this.#put(id, 60, second - (second % 60), datum);
        if (datum.highResolution) this.#put(id, 1, second, datum);
      }
    });
  }

  #metricId({ namespace, name, dimensions }: Metric, second: number): number {
    return Number(this.#addMetric.get(namespace, name, dimensionsKey(dimensions), second)?.id);
  }

  #put(id: number, resolution: number, time: number, { unit, summary }: Datum): void {
    const found = this.#readDatapoint.get(id, resolution, time, unit);
    const { count, sum, min, max, values } = found ? merge(summaryOfRow(found), summary) : summary;
    const counts = values ? JSON.stringify([...values]) : null;
    this.#writeDatapoint.run(id, resolution, time, unit, count, sum, min, max, counts);
  }

  /** The data of a metric in the order of their time: of each second, or of each minute. */
  data({ namespace, name, dimensions }: Metric, { start, end }: Range, resolution: 1 | 60): Datapoint[] {
    return this.#database
      .prepare(
        `SELECT datapoint.* FROM datapoint JOIN metric ON metric.id = datapoint.metric
         WHERE namespace = ? AND name = ? AND dimensions = ? AND resolution = ? AND time >= ? AND time < ?
         ORDER BY time`,
      )
      .all(namespace, name, dimensionsKey(dimensions), resolution, start, end)
      .map((row) => {
        const { time, unit } = datapointRow.parse(row);
        return { time, unit, summary: summaryOfRow(row) };
      });
  }

  /** Metrics in the order in which they came, behind the id `after`. @param since only those with data since that second */
  metrics(after: number, since: number): (Metric & { readonly id: number })[] {
    return this.#database
      .prepare('SELECT * FROM metric WHERE id > ? AND last >= ? ORDER BY id')
      .all(after, since)
      .map((row) => {
        const { id, namespace, name, dimensions } = metricRow.parse(row);
        return { id, namespace, name, dimensions: dimensionsOf(dimensions) };
      });
  }

  /** Removes what is kept no longer. @param now seconds since the epoch */
  prune(now: number): void {
    const remove = this.#database.prepare(
      'DELETE FROM datapoint WHERE metric = ? AND resolution = ? AND time < ?',
    );
    for (const { id } of this.metrics(0, 0)) {
      remove.run(id, 60, now - MINUTES_KEPT_SECONDS);
      remove.run(id, 1, now - SECONDS_KEPT_SECONDS);
    }
    this.#database.prepare('DELETE FROM metric WHERE last < ?').run(now - MINUTES_KEPT_SECONDS);
  }
}

function summaryOfRow(row: unknown): Summary {
  const { count, sum, min, max, value_counts: counts } = datapointRow.parse(row);
  return {
    ...{ count, sum, min, max },
    ...(counts !== null && { values: new Map(valueCounts.parse(JSON.parse(counts))) }),
  };
}
