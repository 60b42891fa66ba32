/** State machines on record, for the actions and for the template. */
import { createHash } from 'node:crypto';
import { AwsError } from '../service.ts';
import { isValidName, type MachineType, machineArn } from './arns.ts';
import type { Engine } from './engine.ts';
import { pageSize, pageStart } from './input.ts';
import type { MachineRow } from './store.ts';

interface MachineSpecification {
  readonly name: string;
  readonly type: MachineType;
  readonly definition: string;
  readonly roleArn: string;
  readonly settings: Record<string, unknown>;
}

export class Machines {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  find(arn: string): MachineRow | undefined {
    const [row] = this.#engine.runtime.store.rows('SELECT * FROM machines WHERE arn = ?', arn);
    return row as MachineRow | undefined;
  }

  /** @throws AwsError `InvalidArn`, `StateMachineDoesNotExist` */
  get(arn: string): MachineRow {
    if (!/^arn:[\w-]+:states:[\w-]+:\d{12}:stateMachine:[^:]+$/.test(arn)) {
      throw new AwsError('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${arn}'`);
    }
    const row = this.find(arn);
    if (row === undefined) {
      throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    }
    return row;
  }

  /**
   * Creates a machine or gives it a new revision. Running executions go on with the revision that they began with.
   * @throws AwsError `InvalidName`, `InvalidDefinition`, `InvalidArn`
   */
  put(specification: MachineSpecification): MachineRow {
    const { name, type, definition, roleArn, settings } = specification;
    if (!isValidName(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
    if (!/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(roleArn)) {
      throw new AwsError('InvalidArn', `Invalid Role Arn: '${roleArn}'`);
    }
    this.#engine.machine(definition);
    const { cloud, store, timers } = this.#engine.runtime;
    const arn = machineArn(cloud, name);
    const revision = createHash('sha256')
      .update(JSON.stringify([definition, roleArn, settings]))
      .digest('hex');
    const row: MachineRow = {
      arn,
      name,
      type,
      definition,
      role_arn: roleArn,
      created: this.find(arn)?.created ?? timers.now(),
      revision: uuidOf(revision),
      settings: JSON.stringify(settings),
    };
    store.write(
      `INSERT INTO machines VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (arn) DO UPDATE SET type = excluded.type,
         definition = excluded.definition, role_arn = excluded.role_arn, revision = excluded.revision,
         settings = excluded.settings`,
      ...[arn, name, type, definition, roleArn, row.created, row.revision, row.settings],
    );
    store.flush();
    return row;
  }

  delete(arn: string): void {
    const { store } = this.#engine.runtime;
    store.write('DELETE FROM machines WHERE arn = ?', arn);
    store.flush();
  }

  /** One more than the page, ordered by when they were made. */
  list(input: Record<string, unknown>): (MachineRow & { position: number })[] {
    const rows = this.#engine.runtime.store.rows(
      'SELECT rowid AS position, * FROM machines WHERE rowid > ? ORDER BY rowid LIMIT ?',
      pageStart(input) ?? 0,
      pageSize(input) + 1,
    );
    return rows as unknown as (MachineRow & { position: number })[];
  }
}

/** A revision id has the form of a UUID; ours is derived, so that the same template gives the same one. */
function uuidOf(hash: string): string {
  return hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}
