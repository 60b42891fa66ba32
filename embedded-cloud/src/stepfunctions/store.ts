/**
 * State machines, executions, positions of branches and histories on disk.
 *
 * What running executions write (positions, history events) is collected and written as one transaction by `flush`:
 * at the latest in the same turn of the event loop, and always before a task is handed to another service and before
 * an action is answered. So nothing that anyone outside has seen is ever lost, and a thousand steps of Pass and
 * Choice states cost few commits.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { memoryDatabase, openDatabase, transaction } from '../database.ts';
import type { MachineType } from './arns.ts';
import type { Position } from './position.ts';

export interface MachineRow {
  arn: string;
  name: string;
  type: MachineType;
  definition: string;
  role_arn: string;
  created: number;
  revision: string;
  /** JSON of the logging, tracing and encryption configuration, kept for Describe. */
  settings: string;
}
export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
export interface ExecutionRow {
  arn: string;
  machine_arn: string;
  name: string;
  type: MachineType;
  status: ExecutionStatus;
  definition: string;
  role_arn: string;
  input: string;
  output: string | null;
  error: string | null;
  cause: string | null;
  started: number;
  stopped: number | null;
  sequence: number;
}
/** A call to another service that must be made, and is made again after a crash until it was answered. */
export interface OutboxEntry {
  principal: { kind: 'role' | 'service'; arn: string };
  service: string;
  action: string;
  input: Record<string, unknown>;
}
export interface HistoryEvent {
  id: number;
  previousEventId: number;
  timestamp: number;
  type: string;
  [details: string]: unknown;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS machines (arn TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
  definition TEXT NOT NULL, role_arn TEXT NOT NULL, created INTEGER NOT NULL, revision TEXT NOT NULL, settings TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS definitions (hash TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS executions (sequence INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE,
  machine_arn TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL, definition TEXT NOT NULL,
  role_arn TEXT NOT NULL, input TEXT NOT NULL, output TEXT, error TEXT, cause TEXT, started INTEGER NOT NULL, stopped INTEGER);
CREATE INDEX IF NOT EXISTS executions_by_machine ON executions (machine_arn, sequence);
CREATE INDEX IF NOT EXISTS executions_by_status ON executions (machine_arn, status, sequence);
CREATE INDEX IF NOT EXISTS executions_running ON executions (sequence) WHERE status = 'RUNNING';
CREATE INDEX IF NOT EXISTS executions_stopped ON executions (stopped) WHERE stopped IS NOT NULL;
CREATE TABLE IF NOT EXISTS positions (execution TEXT NOT NULL, path TEXT NOT NULL, position TEXT NOT NULL,
  PRIMARY KEY (execution, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (execution TEXT NOT NULL, id INTEGER NOT NULL, event TEXT NOT NULL,
  PRIMARY KEY (execution, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL);
`;

/** A full disk, and what else keeps a file from being written, is a matter of seconds at least. */
const AGAIN_MS = 1_000;

export class Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #positions = new Map<
    string,
    { execution: string; path: string; position: Position | undefined }
  >();
  readonly #writes: { sql: string; values: SQLInputValue[] }[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #later: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #log: (message: string) => void;
  #told = '';
  #collected = 0;

  /**
   * @param folder undefined: in memory, for as long as this object is used
   * @param log is told, once, of writes that fail while nobody waits for them
   */
  constructor(folder: string | undefined, log: (message: string) => void) {
    this.#log = log;
    this.#database =
      folder === undefined
        ? memoryDatabase(SCHEMA)
        : openDatabase(folder, SCHEMA, 'executions, also those under way');
  }

  /** How many writes were ever collected: all that executions do is written, so it stands still when they do. */
  get collected(): number {
    return this.#collected;
  }

  /** Rows of a query, after everything collected was written. */
  rows(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    this.flush();
    return this.#prepare(sql).all(...values);
  }

  /** Collects a statement for the next flush. After `close` it is ignored: the work goes on at the next start. */
  write(sql: string, ...values: SQLInputValue[]): void {
    if (this.#closed) return;
    this.#writes.push({ sql, values });
    this.#collected += 1;
    this.#schedule();
  }

  /** Collects the position of a branch; `undefined` deletes it. It is serialized at the flush. */
  writePosition(execution: string, path: string, position: Position | undefined): void {
    if (this.#closed) return;
    this.#positions.set(`${execution} ${path}`, { execution, path, position });
    this.#collected += 1;
    this.#schedule();
  }

  writeEvent(execution: string, event: HistoryEvent): void {
    this.write('INSERT INTO events VALUES (?, ?, ?)', execution, event.id, JSON.stringify(event));
  }

  /** Writes everything collected as one transaction. */
  flush(): void {
    if (this.#closed || (this.#writes.length === 0 && this.#positions.size === 0)) return;
    transaction(this.#database, () => {
      for (const { sql, values } of this.#writes) this.#prepare(sql).run(...values);
      for (const { execution, path, position } of this.#positions.values()) {
        if (position === undefined) {
          this.#prepare('DELETE FROM positions WHERE execution = ? AND path = ?').run(execution, path);
        } else {
          this.#prepare('INSERT OR REPLACE INTO positions VALUES (?, ?, ?)').run(
            execution,
            path,
            JSON.stringify(position),
          );
        }
      }
    });
    this.#writes.length = 0;
    this.#positions.clear();
  }

  /** Writes what was collected and closes the file. */
  close(): void {
    if (this.#closed) return;
    this.flush();
    clearImmediate(this.#scheduled);
    clearTimeout(this.#later);
    this.#closed = true;
    this.#database.close();
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      try {
        this.flush();
        this.#told = '';
      } catch (error) {
        // Nobody waits for this write: what was collected is kept, and whoever does wait is told by `flush`.
        this.#tell(`what executions have done is not written down: ${error}; it is kept and tried again`);
        this.#later ??= setTimeout(() => {
          this.#later = undefined;
          this.#schedule();
        }, AGAIN_MS).unref();
      }
    });
  }

  #tell(message: string): void {
    if (message !== this.#told) this.#log(message);
    this.#told = message;
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
