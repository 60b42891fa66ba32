/**
 * Calls that must reach another service although the execution that asks for them may be over: status events, and
 * stopping the job of an aborted task. They are written in the transaction that causes them and deleted when
 * answered, so a crash repeats a call rather than loses it.
 */
import { AwsError, type Cloud } from '../service.ts';
import type { OutboxEntry, Store } from './store.ts';

export class Outbox {
  readonly #cloud: Cloud;
  readonly #store: Store;
  readonly #waiting: { id: number; entry: OutboxEntry }[] = [];
  readonly #turn: () => Promise<void>;
  #lastId: number;
  #delivering = false;
  #stopped = false;

  /** @param turn resolves in the next turn of the event loop */
  constructor(cloud: Cloud, store: Store, turn: () => Promise<void>) {
    this.#turn = turn;
    this.#cloud = cloud;
    this.#store = store;
    const kept = store.rows('SELECT id, entry FROM outbox ORDER BY id');
    for (const { id, entry } of kept) {
      this.#waiting.push({ id: Number(id), entry: JSON.parse(String(entry)) as OutboxEntry });
    }
    this.#lastId = this.#waiting.at(-1)?.id ?? 0;
  }

  /** Delivers what an earlier start left. */
  start(): void {
    void this.#deliver();
  }

  stop(): void {
    this.#stopped = true;
  }

  add(entry: OutboxEntry): void {
    const id = ++this.#lastId;
    this.#store.write('INSERT INTO outbox (id, entry) VALUES (?, ?)', id, JSON.stringify(entry));
    this.#waiting.push({ id, entry });
    void this.#deliver();
  }

  /** One after the other, so that an execution's events keep their order. */
  async #deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    // After the turn that added the entry, so that what causes it is written with it.
    await this.#turn();
    for (let next = this.#waiting[0]; next !== undefined && !this.#stopped; next = this.#waiting[0]) {
      this.#store.flush();
      await this.#call(next.entry);
      this.#waiting.shift();
      this.#store.write('DELETE FROM outbox WHERE id = ?', next.id);
    }
    this.#delivering = false;
  }

  async #call({ principal, service, action, input }: OutboxEntry): Promise<void> {
    try {
      this.#cloud.service(service);
    } catch {
      return; // A cloud without that service: nobody listens, nothing runs.
    }
    try {
      const caller = principal.kind === 'role' ? this.#cloud.role(principal.arn) : principal;
      await this.#cloud.call(caller, service, action, input);
    } catch (error) {
      const reason = error instanceof AwsError ? `${error.code}: ${error.message}` : String(error);
      this.#cloud.log('states', `${service}:${action} failed: ${reason}`);
    }
  }
}
