/** One execution of a state machine while it runs. */

import type { Cloud } from '../service.ts';
import { machineName } from './arns.ts';
import { Branch } from './branch.ts';
import type { Machine } from './definition.ts';
import { END_EVENTS, type End, failedEnd } from './execution-end.ts';
import { type Json, parseJson } from './json.ts';
import type { Outbox } from './outbox.ts';
import type { Position } from './position.ts';
import { Cancelled, Scope } from './scope.ts';
import { statusChange } from './status-event.ts';
import type { ExecutionRow, Store } from './store.ts';
import type { Timers } from './timers.ts';
import type { Tokens } from './tokens.ts';
import { walk } from './walk.ts';

/** What all executions share. */
export interface Runtime {
  readonly cloud: Cloud;
  readonly store: Store;
  readonly timers: Timers;
  readonly tokens: Tokens;
  readonly outbox: Outbox;
  /** The part of a pause that jitter takes: a number in [0, 1). */
  readonly random: () => number;
  /** Resolves in the next turn of the event loop. */
  readonly turn: () => Promise<void>;
  /** Calls an action for a task of an execution. @throws AwsError as the service answers it */
  call(
    execution: ExecutionRow,
    service: string,
    action: string,
    input: Record<string, unknown>,
  ): Promise<unknown>;
}

export class Execution {
  readonly runtime: Runtime;
  readonly row: ExecutionRow;
  readonly machine: Machine;
  /** The part of the context object that never changes. */
  readonly context: { readonly [section: string]: Json };
  readonly #positions: Map<string, Position>;
  readonly #scope = new Scope();
  #events: number;
  /** Why the scope was cancelled. */
  #verdict: End | undefined;
  #running: Promise<void> | undefined;

  constructor(
    runtime: Runtime,
    row: ExecutionRow,
    machine: Machine,
    kept: { positions: Map<string, Position>; events: number } = { positions: new Map(), events: 0 },
  ) {
    this.runtime = runtime;
    this.row = row;
    this.machine = machine;
    this.#positions = kept.positions;
    this.#events = kept.events;
    this.context = {
      Execution: {
        Id: row.arn,
        Input: parseJson(row.input),
        Name: row.name,
        RoleArn: row.role_arn,
        StartTime: new Date(row.started).toISOString(),
        RedriveCount: 0,
      },
      StateMachine: { Id: row.machine_arn, Name: machineName(row.machine_arn) },
    };
  }

  get eventCount(): number {
    return this.#events;
  }

  /** Adds an event to the history and answers its id. */
  record(type: string, previousEventId: number, details: Record<string, unknown> = {}): number {
    const id = ++this.#events;
    const timestamp = this.runtime.timers.now() / 1000;
    this.runtime.store.writeEvent(this.row.arn, { id, previousEventId, timestamp, type, ...details });
    return id;
  }

  position(path: string): Position | undefined {
    return this.#positions.get(path);
  }

  savePosition(path: string, position: Position): void {
    this.#positions.set(path, position);
    this.runtime.store.writePosition(this.row.arn, path, position);
  }

  /** Forgets the positions of the branches inside of a branch. */
  forgetBelow(path: string): void {
    const prefix = path === '' ? '' : `${path}/`;
    for (const other of this.#positions.keys()) {
      if (other === path || !other.startsWith(prefix)) continue;
      this.#positions.delete(other);
      this.runtime.store.writePosition(this.row.arn, other, undefined);
    }
  }

  /** Runs from the beginning, or from where a stop or a crash left it. Resolves at the end, or when the cloud stops. */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Ends it as ABORTED; resolves when the end is recorded. Nothing happens to an execution that is over. */
  async abort(error?: string, cause?: string): Promise<void> {
    this.#cancel({
      status: 'ABORTED',
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    });
    await this.#running;
  }

  /** Leaves it as it is, to go on at the next start of the cloud. */
  suspend(): void {
    this.#scope.cancel('stopping');
  }

  #cancel(end: End): void {
    this.#verdict ??= end;
    this.#scope.cancel('aborted');
  }

  async #run(): Promise<void> {
    const { TimeoutSeconds } = this.machine;
    const deadline = this.row.started + (TimeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    const timeOut = () => this.#cancel({ status: 'TIMED_OUT', error: 'States.Timeout', cause: '' });
    const { timers } = this.runtime;
    let forgetTimeout = () => {};
    // Over while the cloud was down: nothing of it is called again.
    if (deadline <= timers.now()) timeOut();
    else if (TimeoutSeconds !== undefined) forgetTimeout = timers.at(deadline, timeOut);
    const root = this.#root();
    try {
      const output = await walk(root);
      this.#end(root, { status: 'SUCCEEDED', output });
    } catch (error) {
      if (error instanceof Cancelled && error.reason === 'stopping') return;
      if (error instanceof Cancelled) this.#end(root, this.#verdict ?? { status: 'ABORTED' });
      else this.#end(root, failedEnd(error));
    } finally {
      forgetTimeout();
    }
  }

  #root(): Branch {
    if (this.#events === 0) {
      this.record('ExecutionStarted', 0, {
        executionStartedEventDetails: {
          input: this.row.input,
          inputDetails: { truncated: false },
          roleArn: this.row.role_arn,
        },
      });
    }
    const position = this.position('') ?? {
      state: this.machine.StartAt,
      input: this.row.input,
      variables: {},
      enteredAt: 0,
      enteredEvent: 0,
      lastEvent: 1,
      retries: [],
      phase: { kind: 'ready' },
    };
    return new Branch({
      execution: this,
      path: '',
      flow: this.machine,
      scope: this.#scope,
      outer: {},
      position,
    });
  }

  #end(root: Branch, end: End): void {
    if (this.#scope.cancelled === 'stopping') return;
    const { store, outbox, timers } = this.runtime;
    const { status, output, error, cause } = end;
    const details = {
      ...(output === undefined ? {} : { output, outputDetails: { truncated: false } }),
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    };
    const type = END_EVENTS[status];
    root.record(type, { [`${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`]: details });
    Object.assign(this.row, {
      status,
      output: output ?? null,
      error: error ?? null,
      cause: cause ?? null,
      stopped: timers.now(),
    });
    this.forgetBelow('');
    store.writePosition(this.row.arn, '', undefined);
    store.write(
      'UPDATE executions SET status = ?, output = ?, error = ?, cause = ?, stopped = ? WHERE arn = ?',
      status,
      this.row.output,
      this.row.error,
      this.row.cause,
      this.row.stopped,
      this.row.arn,
    );
    if (this.row.type === 'STANDARD') outbox.add(statusChange(this.row));
    else this.#forget();
  }

  /** Express executions have no record on AWS either. */
  #forget(): void {
    this.runtime.store.write('DELETE FROM events WHERE execution = ?', this.row.arn);
    this.runtime.store.write('DELETE FROM executions WHERE arn = ?', this.row.arn);
  }
}
