/** Queues and their messages in SQLite: a message that was acknowledged is on disk, and so is each of its receipts. */
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { openDatabase, transaction } from '../database.ts';
import { open, seal } from '../kms/sealed-box.ts';
import { keyFile } from '../state/key-file.ts';
import { type Attributes, readAttributes } from './attributes.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS queue (
    name TEXT PRIMARY KEY, attributes TEXT NOT NULL, tags TEXT NOT NULL, origin TEXT NOT NULL,
    created INTEGER NOT NULL, modified INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS message (
    id TEXT PRIMARY KEY, queue TEXT NOT NULL, body BLOB NOT NULL, sealed INTEGER NOT NULL, attributes TEXT NOT NULL,
    sender TEXT NOT NULL, sent INTEGER NOT NULL, visible INTEGER NOT NULL, receives INTEGER NOT NULL DEFAULT 0,
    first_received INTEGER, receipt TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS message_by_visible ON message (queue, visible);
  CREATE INDEX IF NOT EXISTS message_by_sent ON message (queue, sent);
`;

export interface Queue {
  readonly name: string;
  readonly attributes: Attributes;
  readonly tags: Readonly<Record<string, string>>;
  /** `template` queues are those of the last start's template; `api` ones were made by a call. */
  readonly origin: 'template' | 'api';
  /** Milliseconds since the epoch, as all times here. */
  readonly created: number;
  readonly modified: number;
}

const queueRow = z.object({
  name: z.string(),
  attributes: z.string().transform(readAttributes),
  tags: z.string().transform((text) => z.record(z.string(), z.string()).parse(JSON.parse(text))),
  origin: z.enum(['template', 'api']),
  created: z.number(),
  modified: z.number(),
});

const messageRow = z.object({
  id: z.string(),
  queue: z.string(),
  body: z.instanceof(Uint8Array),
  sealed: z.number(),
  /** JSON of the message's own attributes. */
  attributes: z.string(),
  sender: z.string(),
  sent: z.number(),
  /** From when on it can be received. */
  visible: z.number(),
  receives: z.number(),
  first_received: z.number().nullable(),
  /** The receipt of its last receipt: earlier ones are void. */
  receipt: z.string().nullable(),
});
export type Message = Omit<z.infer<typeof messageRow>, 'body' | 'sealed'> & { readonly body: string };

const nextVisible = z.object({ visible: z.number().nullable() });
const counts = z.object({ visible: z.number(), hidden: z.number(), delayed: z.number() });

export class QueueStore {
  readonly database: DatabaseSync;
  readonly #key: Buffer;

  constructor(folder: string) {
    this.database = openDatabase(folder, SCHEMA, 'queues and their messages');
    this.#key = keyFile(join(folder, 'key'), 'the key under which messages are sealed');
  }

  find(name: string): Queue | undefined {
    const row = this.database.prepare('SELECT * FROM queue WHERE name = ?').get(name);
    return row && queueRow.parse(row);
  }

  all(): Queue[] {
    return queueRow.array().parse(this.database.prepare('SELECT * FROM queue ORDER BY name').all());
  }

  put({ name, attributes, tags, origin, created, modified }: Queue): void {
    this.database
      .prepare('INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?, ?, ?)')
      .run(name, JSON.stringify(attributes), JSON.stringify(tags), origin, created, modified);
  }

  remove(name: string): void {
    transaction(this.database, () => {
      this.database.prepare('DELETE FROM message WHERE queue = ?').run(name);
      this.database.prepare('DELETE FROM queue WHERE name = ?').run(name);
    });
  }

  add(
    queue: Queue,
    message: Pick<Message, 'id' | 'body' | 'attributes' | 'sender' | 'sent' | 'visible'>,
  ): void {
    const { id, body, attributes, sender, sent, visible } = message;
    const seals = queue.attributes.SqsManagedSseEnabled;
    const bytes = Buffer.from(body);
    this.database
      .prepare(
        'INSERT INTO message (id, queue, body, sealed, attributes, sender, sent, visible) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(
        id,
        queue.name,
        seals ? seal(this.#key, bytes, id) : bytes,
        Number(seals),
        attributes,
        sender,
        sent,
        visible,
      );
  }

  /** Forgets what the queue has kept for as long as it keeps messages. */
  expire({ name, attributes }: Queue, now: number): void {
    const before = now - attributes.MessageRetentionPeriod * 1000;
    this.database.prepare('DELETE FROM message WHERE queue = ? AND sent <= ?').run(name, before);
  }

  /** The oldest that can be received, each with a new receipt, hidden until `until`; all of it, or nothing. */
  receive(
    queue: string,
    most: number,
    now: number,
    until: number,
    receiptOf: (id: string) => string,
  ): Message[] {
    return transaction(this.database, () => {
      const rows = this.database
        .prepare('SELECT * FROM message WHERE queue = ? AND visible <= ? ORDER BY sent, rowid LIMIT ?')
        .all(queue, now, most);
      return rows.map((row) => {
        const found = this.#opened(row);
        const received: Message = {
          ...found,
          visible: until,
          receives: found.receives + 1,
          first_received: found.first_received ?? now,
          receipt: receiptOf(found.id),
        };
        this.database
          .prepare(
            'UPDATE message SET visible = ?, receives = ?, first_received = ?, receipt = ? WHERE id = ?',
          )
          .run(until, received.receives, received.first_received, received.receipt, found.id);
        return received;
      });
    });
  }

  message(queue: string, id: string): Message | undefined {
    const row = this.database.prepare('SELECT * FROM message WHERE queue = ? AND id = ?').get(queue, id);
    return row && this.#opened(row);
  }

  hide(id: string, until: number): void {
    this.database.prepare('UPDATE message SET visible = ? WHERE id = ?').run(until, id);
  }

  removeMessage(id: string): void {
    this.database.prepare('DELETE FROM message WHERE id = ?').run(id);
  }

  /** How many can be received, were received and not deleted, and were never received as they are delayed. */
  count(queue: string, now: number): z.infer<typeof counts> {
    return counts.parse(
      this.database
        .prepare(
          `SELECT count(*) FILTER (WHERE visible <= $now) AS visible,
                  count(*) FILTER (WHERE visible > $now AND receives > 0) AS hidden,
                  count(*) FILTER (WHERE visible > $now AND receives = 0) AS delayed
           FROM message WHERE queue = $queue`,
        )
        .get({ $queue: queue, $now: now }),
    );
  }

  /** When the next message that is hidden can be received; undefined when there is none. */
  nextVisible(queue: string): number | undefined {
    const row = this.database
      .prepare('SELECT min(visible) AS visible FROM message WHERE queue = ?')
      .get(queue);
    return nextVisible.parse(row).visible ?? undefined;
  }

  #opened(row: unknown): Message {
    const { body, sealed, ...message } = messageRow.parse(row);
    const bytes = sealed ? open(this.#key, body, message.id) : Buffer.from(body);
    return { ...message, body: bytes.toString() };
  }
}
