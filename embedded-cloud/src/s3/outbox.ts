/**
 * Events on their way to EventBridge. Each is written in the transaction of the change that it tells of and removed
 * after EventBridge took it: a crash between the two sends it again, so delivery is at least once, as S3's own is.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { z } from 'zod';
import type { Cloud, Principal } from '../service.ts';

const S3_PRINCIPAL: Principal = { kind: 'service', arn: 's3.amazonaws.com' };
/** PutEvents takes at most 10 entries a call. */
const BATCH = 10;
/** First and longest wait after a failure, in milliseconds; it doubles in between. */
const RETRY_MIN = 100;
const RETRY_MAX = 30_000;

const rowsSchema = z.array(z.object({ id: z.number(), entry: z.string() }));

export class Outbox {
  readonly #cloud: Cloud;
  readonly #next: StatementSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  #state: 'not started' | 'idle' | 'delivering' | 'stopped' = 'not started';
  #woken = false;
  /** Ends the pause after a failure. */
  #resume: () => void = () => undefined;
  #delivery: Promise<void> = Promise.resolve();

  constructor(cloud: Cloud, database: DatabaseSync) {
    this.#cloud = cloud;
    this.#next = database.prepare(`SELECT id, entry FROM outbox ORDER BY id LIMIT ${BATCH}`);
    this.#insert = database.prepare('INSERT INTO outbox (entry) VALUES (?)');
    this.#delete = database.prepare('DELETE FROM outbox WHERE id <= ?');
  }

  /** Inside the transaction of the change. @param entry JSON of one PutServiceEvents entry */
  add(entry: string): void {
    this.#insert.run(entry);
  }

  /** Delivery begins when the other services are there. */
  start(): void {
    this.#state = 'idle';
    this.wake();
  }

  /** Waits for the call under way; what is left goes out at the next start. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#resume();
    await this.#delivery;
  }

  wake(): void {
    this.#woken = true;
    if (this.#state !== 'idle') return;
    this.#state = 'delivering';
    this.#delivery = this.#deliver();
  }

  async #deliver(): Promise<void> {
    let wait = RETRY_MIN;
    while (this.#state === 'delivering') {
      this.#woken = false;
      const rows = rowsSchema.parse(this.#next.all());
      const last = rows.at(-1);
      if (last === undefined) {
        if (this.#woken) continue;
        this.#state = 'idle';
        return;
      }
      try {
        const Entries: unknown[] = rows.map(({ entry }) => JSON.parse(entry));
        await this.#cloud.call(S3_PRINCIPAL, 'events', 'PutServiceEvents', { Entries });
        this.#delete.run(last.id);
        wait = RETRY_MIN;
      } catch (error) {
        this.#cloud.log('s3', `events wait, EventBridge did not take them: ${String(error)}`);
        await this.#pause(wait);
        wait = Math.min(wait * 2, RETRY_MAX);
      }
    }
  }

  /** Ends early when the service stops. */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds).unref();
      this.#resume = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
