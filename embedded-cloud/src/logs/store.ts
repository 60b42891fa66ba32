/** Log groups, streams and events in SQLite: appended in batches, read as ranges of an index. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openDatabase, transaction } from '../database.ts';
import {
  bytesRow,
  eventRows,
  type Group,
  groupRows,
  maybeGroup,
  maybeStream,
  nameRow,
  type Policy,
  policyRows,
  type StoredEvent,
  type Stream,
  sequenceRow,
  streamRows,
} from './rows.ts';

/**
 * `event` is clustered by (stream, time, arrival), the order of GetLogEvents; `event_by_group` holds the order of
 * FilterLogEvents. Every read is a range of one of them.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS log_group (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, retention INTEGER,
    tags TEXT NOT NULL DEFAULT '{}');
  CREATE TABLE IF NOT EXISTS log_stream (
    id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
    first_event INTEGER, last_event INTEGER, last_ingestion INTEGER, last_sequence INTEGER NOT NULL DEFAULT 0,
    stored_bytes INTEGER NOT NULL DEFAULT 0, UNIQUE (group_id, name));
  CREATE TABLE IF NOT EXISTS event (
    stream_id INTEGER NOT NULL, timestamp INTEGER NOT NULL, sequence INTEGER NOT NULL,
    group_id INTEGER NOT NULL, ingestion INTEGER NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (stream_id, timestamp, sequence)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS event_by_group ON event (group_id, timestamp, stream_id, sequence);
  CREATE TABLE IF NOT EXISTS resource_policy (name TEXT PRIMARY KEY, document TEXT NOT NULL, updated INTEGER NOT NULL);
`;

export type { Group, StoredEvent, Stream } from './rows.ts';

export interface InputEvent {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

/** A place between events of a stream or group: everything with a greater (or smaller) triple lies after (before) it. */
export interface Place {
  readonly timestamp: number;
  readonly stream: number;
  readonly sequence: number;
}

/** What AWS counts for an event beside its message (PutLogEvents reference). */
export const EVENT_OVERHEAD_BYTES = 26;

export type LogStore = ReturnType<typeof openLogStore>;

/** Opens the store in the service's state folder. */
export function openLogStore(folder: string) {
  const database = openDatabase(folder, SCHEMA, 'log groups and their events');
  const sql = cachedStatements(database);

  const findGroup = (name: string): Group | undefined =>
    maybeGroup.parse(sql('SELECT * FROM log_group WHERE name = ?').get(name));
  const findStream = (groupId: number, name: string): Stream | undefined =>
    maybeStream.parse(sql('SELECT * FROM log_stream WHERE group_id = ? AND name = ?').get(groupId, name));

  return {
    findGroup,
    findStream,

    /** Makes the group unless it exists; says whether it was made. */
    addGroup(name: string, now: number): boolean {
      const insert = sql('INSERT OR IGNORE INTO log_group (name, created) VALUES (?, ?)');
      return insert.run(name, now).changes === 1;
    },
    setRetention(group: Group, days: number | null): void {
      sql('UPDATE log_group SET retention = ? WHERE id = ?').run(days, group.id);
    },
    setTags(group: Group, tags: Record<string, string>): void {
      sql('UPDATE log_group SET tags = ? WHERE id = ?').run(JSON.stringify(tags), group.id);
    },
    /** Groups in order of name, after `after`. */
    listGroups(prefix: string, after: string, limit: number): Group[] {
      const rows = sql(
        'SELECT * FROM log_group WHERE name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?',
      ).all(after, prefix.length, prefix, limit);
      return groupRows.parse(rows);
    },
    storedBytes(group: Group): number {
      const row = sql(
        'SELECT coalesce(sum(stored_bytes), 0) AS bytes FROM log_stream WHERE group_id = ?',
      ).get(group.id);
      return bytesRow.parse(row).bytes;
    },
    removeGroup(group: Group): void {
      transaction(database, () => {
        sql('DELETE FROM event WHERE stream_id IN (SELECT id FROM log_stream WHERE group_id = ?)').run(
          group.id,
        );
        sql('DELETE FROM log_stream WHERE group_id = ?').run(group.id);
        sql('DELETE FROM log_group WHERE id = ?').run(group.id);
      });
    },

    addStream(groupId: number, name: string, now: number): boolean {
      const insert = sql('INSERT OR IGNORE INTO log_stream (group_id, name, created) VALUES (?, ?, ?)');
      return insert.run(groupId, name, now).changes === 1;
    },
    removeStream(stream: Stream): void {
      transaction(database, () => {
        sql('DELETE FROM event WHERE stream_id = ?').run(stream.id);
        sql('DELETE FROM log_stream WHERE id = ?').run(stream.id);
      });
    },
    /** Streams in order of name, or newest event first. */
    listStreams(
      groupId: number,
      prefix: string,
      { order, descending }: { order: 'name' | 'lastEvent'; descending: boolean },
      { offset, limit }: { offset: number; limit: number },
    ): Stream[] {
      const column = order === 'name' ? 'name' : 'coalesce(last_event, created)';
      const rows = sql(
        `SELECT * FROM log_stream WHERE group_id = ? AND substr(name, 1, ?) = ?
         ORDER BY ${column} ${descending ? 'DESC' : 'ASC'}, id LIMIT ? OFFSET ?`,
      ).all(groupId, prefix.length, prefix, limit, offset);
      return streamRows.parse(rows);
    },
    streamNames(ids: readonly number[]): Map<number, string> {
      const names = new Map<number, string>();
      for (const id of new Set(ids)) {
        const row = sql('SELECT name FROM log_stream WHERE id = ?').get(id);
        if (row) names.set(id, nameRow.parse(row).name);
      }
      return names;
    },

    /** Appends batches of several streams in one transaction; on disk when it returns. */
    append(batches: readonly { stream: Stream; events: readonly InputEvent[] }[], now: number): void {
      transaction(database, () => {
        for (const { stream, events } of batches) appendToStream(sql, stream, events, now);
      });
    },

    /** Events of a stream in order, strictly after `after` and strictly before `before`, from either end. */
    readStream(
      streamId: number,
      range: { after: Place; before: Place; limit: number; descending: boolean },
    ): StoredEvent[] {
      const rows = sql(
        `SELECT stream_id, timestamp, sequence, ingestion, message FROM event
         WHERE stream_id = ? AND (timestamp, sequence) > (?, ?) AND (timestamp, sequence) < (?, ?)
         ORDER BY timestamp ${range.descending ? 'DESC' : 'ASC'}, sequence ${range.descending ? 'DESC' : 'ASC'} LIMIT ?`,
      ).all(
        streamId,
        range.after.timestamp,
        range.after.sequence,
        range.before.timestamp,
        range.before.sequence,
        range.limit,
      );
      return eventRows.parse(rows);
    },
    /** Events of a group in order of time, strictly after `after`, before the millisecond `end`. */
    readGroup(groupId: number, after: Place, end: number, limit: number): StoredEvent[] {
      const rows = sql(
        `SELECT stream_id, timestamp, sequence, ingestion, message FROM event INDEXED BY event_by_group
         WHERE group_id = ? AND (timestamp, stream_id, sequence) > (?, ?, ?) AND timestamp < ?
         ORDER BY timestamp, stream_id, sequence LIMIT ?`,
      ).all(groupId, after.timestamp, after.stream, after.sequence, end, limit);
      return eventRows.parse(rows);
    },
    /** Deletes up to `limit` events older than `before`; returns how many there were. */
    expire(groupId: number, before: number, limit: number): number {
      const removed = sql(
        `DELETE FROM event WHERE (stream_id, timestamp, sequence) IN (
           SELECT stream_id, timestamp, sequence FROM event INDEXED BY event_by_group
           WHERE group_id = ? AND timestamp < ? LIMIT ?)`,
      ).run(groupId, before, limit);
      return Number(removed.changes);
    },

    putPolicy(name: string, document: string, now: number): void {
      sql('INSERT OR REPLACE INTO resource_policy (name, document, updated) VALUES (?, ?, ?)').run(
        name,
        document,
        now,
      );
    },
    removePolicy(name: string): boolean {
      return sql('DELETE FROM resource_policy WHERE name = ?').run(name).changes === 1;
    },
    policies(): Policy[] {
      return policyRows.parse(sql('SELECT * FROM resource_policy ORDER BY name').all());
    },
    close(): void {
      database.close();
    },
  };
}

function appendToStream(
  sql: (text: string) => StatementSync,
  stream: Stream,
  events: readonly InputEvent[],
  now: number,
): void {
  const insert = sql(
    'INSERT INTO event (stream_id, timestamp, sequence, group_id, ingestion, message) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const current = sql('SELECT last_sequence FROM log_stream WHERE id = ?').get(stream.id);
  let sequence = sequenceRow.parse(current).last_sequence;
  let first = Number.MAX_SAFE_INTEGER;
  let last = 0;
  let bytes = 0;
  for (const event of events) {
    sequence += 1;
    insert.run(stream.id, event.timestamp, sequence, stream.group_id, now, event.message);
    first = Math.min(first, event.timestamp);
    last = Math.max(last, event.timestamp);
    bytes += event.message.length + EVENT_OVERHEAD_BYTES;
  }
  sql(
    `UPDATE log_stream SET last_sequence = ?, stored_bytes = stored_bytes + ?, last_ingestion = ?,
       first_event = min(coalesce(first_event, ?), ?), last_event = max(coalesce(last_event, ?), ?) WHERE id = ?`,
  ).run(sequence, bytes, now, first, first, last, last, stream.id);
}

/** Prepares each statement once. */
function cachedStatements(database: DatabaseSync): (text: string) => StatementSync {
  const prepared = new Map<string, StatementSync>();
  return (text) => {
    let statement = prepared.get(text);
    if (!statement) {
      statement = database.prepare(text);
      prepared.set(text, statement);
    }
    return statement;
  };
}
