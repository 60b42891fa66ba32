/** All running executions: starts them, goes on with them after a restart, finds them. */
import { createHash } from 'node:crypto';
import type { Cloud } from '../service.ts';
import type { Machine } from './definition.ts';
import { Execution, type Runtime } from './execution.ts';
import { Outbox } from './outbox.ts';
import type { Position } from './position.ts';
import { statusChange } from './status-event.ts';
import { type ExecutionRow, type MachineRow, Store } from './store.ts';
import { systemTimers } from './timers.ts';
import { Tokens } from './tokens.ts';
import { parseDefinition } from './validate.ts';

/** How long an execution and its name are kept after its end (AWS: 90 days). */
const RETENTION_MS = 90 * 24 * 3_600_000;

/** Checked machines by the text of their definition. Emptied when it would grow without bound. */
const checked = new Map<string, Machine>();
const MOST_CHECKED = 1_000;

interface StartRequest {
  readonly arn: string;
  readonly name: string;
  readonly machine: MachineRow;
  readonly input: string;
}

/** What an engine has of its own instead of the cloud's. */
export type EngineOptions = Partial<Pick<Runtime, 'timers' | 'store' | 'random' | 'turn' | 'call'>>;

export class Engine {
  readonly runtime: Runtime;
  readonly #running = new Map<string, Execution>();

  constructor(cloud: Cloud, own: EngineOptions = {}) {
    const {
      timers = systemTimers(() => cloud.now()),
      store = new Store(cloud.stateDir('states'), (message) => cloud.log('states', message)),
      random = Math.random,
      turn = () => new Promise(setImmediate),
      // By the role of the state machine, as everything that an execution does.
      call = async ({ role_arn }, ...asked) => cloud.call(cloud.role(role_arn), ...asked),
    } = own;
    const outbox = new Outbox(cloud, store, turn);
    this.runtime = { cloud, store, timers, tokens: new Tokens(), outbox, random, turn, call };
  }

  /** Goes on with every execution that a stop or a crash interrupted. */
  start(): void {
    const { store, outbox } = this.runtime;
    this.#forgetOld();
    // A synchronous Express execution has lost its caller; like AWS, it is not run again.
    store.write(
      "DELETE FROM positions WHERE execution IN (SELECT arn FROM executions WHERE type = 'EXPRESS')",
    );
    store.write("DELETE FROM executions WHERE type = 'EXPRESS'");
    for (const found of store.rows("SELECT * FROM executions WHERE status = 'RUNNING' ORDER BY sequence")) {
      const row = found as unknown as ExecutionRow;
      if (!this.#running.has(row.arn)) this.#resumeOrTell(row);
    }
    outbox.start();
  }

  stop(): void {
    const { store, timers, outbox } = this.runtime;
    for (const execution of this.#running.values()) execution.suspend();
    this.#running.clear();
    outbox.stop();
    timers.stop();
    store.close();
  }

  /** Records a new execution and starts it. It is on disk when this returns. */
  launch({ arn, name, machine, input }: StartRequest): Execution {
    const { store, timers, outbox } = this.runtime;
    const definition = createHash('sha256').update(machine.definition).digest('hex');
    const { role_arn, type } = machine;
    const row: ExecutionRow = {
      arn,
      machine_arn: machine.arn,
      name,
      type,
      status: 'RUNNING',
      definition,
      role_arn,
      input,
      output: null,
      error: null,
      cause: null,
      started: timers.now(),
      stopped: null,
      sequence: 0,
    };
    store.write('INSERT OR IGNORE INTO definitions VALUES (?, ?)', definition, machine.definition);
    store.write(
      `INSERT INTO executions (arn, machine_arn, name, type, status, definition, role_arn, input, started)
       VALUES (?, ?, ?, ?, 'RUNNING', ?, ?, ?, ?)`,
      ...[arn, machine.arn, name, type, definition, role_arn, input, row.started],
    );
    const execution = new Execution(this.runtime, row, this.machine(machine.definition));
    if (type === 'STANDARD') outbox.add(statusChange(row));
    store.flush();
    this.#run(execution);
    return execution;
  }

  running(arn: string): Execution | undefined {
    return this.#running.get(arn);
  }

  /** The checked machine of a definition text; each text is parsed once. @throws AwsError `InvalidDefinition` */
  machine(definition: string): Machine {
    let machine = checked.get(definition);
    if (machine === undefined) {
      machine = parseDefinition(definition);
      if (checked.size >= MOST_CHECKED) checked.clear();
      checked.set(definition, machine);
    }
    return machine;
  }

  #run(execution: Execution): void {
    this.#running.set(execution.row.arn, execution);
    void execution.run().then(() => this.#running.delete(execution.row.arn));
  }

  /** One execution that cannot go on (its definition is refused by a newer interpreter) must not keep the others from it. */
  #resumeOrTell(row: ExecutionRow): void {
    try {
      this.#resume(row);
    } catch (error) {
      this.runtime.cloud.log(
        'states',
        `cannot go on with ${row.arn}: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  #resume(row: ExecutionRow): void {
    const { store, cloud } = this.runtime;
    const [definition] = store.rows('SELECT text FROM definitions WHERE hash = ?', row.definition);
    const positions = new Map<string, Position>();
    for (const found of store.rows('SELECT path, position FROM positions WHERE execution = ?', row.arn)) {
      positions.set(String(found.path), JSON.parse(String(found.position)) as Position);
    }
    const [last] = store.rows('SELECT MAX(id) AS id FROM events WHERE execution = ?', row.arn);
    const machine = this.machine(String(definition?.text));
    cloud.log('states', `goes on with ${row.arn}`);
    this.#run(new Execution(this.runtime, { ...row }, machine, { positions, events: Number(last?.id ?? 0) }));
  }

  #forgetOld(): void {
    const { store, timers } = this.runtime;
    const limit = timers.now() - RETENTION_MS;
    store.write(
      'DELETE FROM events WHERE execution IN (SELECT arn FROM executions WHERE stopped < ?)',
      limit,
    );
    store.write('DELETE FROM executions WHERE stopped < ?', limit);
    store.write('DELETE FROM definitions WHERE hash NOT IN (SELECT definition FROM executions)');
  }
}
