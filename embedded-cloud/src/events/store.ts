/** Buses, rules, targets and what is still to be delivered, in SQLite. */
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { openDatabase, transaction } from '../database.ts';

/**
 * `delivery` is the queue: a row is written in the transaction that acknowledges the event and deleted when the
 * target has taken it. `due` is 0 until the first attempt, then the time of the next one.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS bus (name TEXT PRIMARY KEY, created INTEGER NOT NULL, policy TEXT);
  CREATE TABLE IF NOT EXISTS rule (
    bus TEXT NOT NULL, name TEXT NOT NULL, pattern TEXT, schedule TEXT, state TEXT NOT NULL, description TEXT,
    role TEXT, origin TEXT NOT NULL, changed INTEGER NOT NULL, next_fire INTEGER, PRIMARY KEY (bus, name));
  CREATE TABLE IF NOT EXISTS target (
    bus TEXT NOT NULL, rule TEXT NOT NULL, id TEXT NOT NULL, definition TEXT NOT NULL,
    PRIMARY KEY (bus, rule, id));
  CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, bus TEXT NOT NULL, rule TEXT NOT NULL, target TEXT NOT NULL,
    event TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0,
    accepted INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS delivery_by_target ON delivery (bus, rule, target, id);
  CREATE INDEX IF NOT EXISTS delivery_by_due ON delivery (due) WHERE due > 0;
`;

const busRow = z.object({ name: z.string(), created: z.number(), policy: z.string().nullable() });
const ruleRow = z.object({
  bus: z.string(),
  name: z.string(),
  pattern: z.string().nullable(),
  schedule: z.string().nullable(),
  state: z.enum(['ENABLED', 'DISABLED']),
  description: z.string().nullable(),
  role: z.string().nullable(),
  /** `template` rules are those of the last start's template; `api` ones were put by a call. */
  origin: z.enum(['template', 'api']),
  changed: z.number(),
  next_fire: z.number().nullable(),
});
const targetRow = z.object({ bus: z.string(), rule: z.string(), id: z.string(), definition: z.string() });
const deliveryRow = z.object({
  id: z.number(),
  bus: z.string(),
  rule: z.string(),
  target: z.string(),
  event: z.string(),
  attempts: z.number(),
  due: z.number(),
  accepted: z.number(),
});

/** To construct a schema takes much longer than to use it, so each is made once. */
const maybeBus = busRow.optional();
const busRows = busRow.array();
const ruleRows = ruleRow.array();
const targetRows = targetRow.array();
const deliveryRows = deliveryRow.array();
const laneRows = deliveryRow.pick({ bus: true, rule: true, target: true }).array();
const dueRow = z.object({ due: z.number().nullable() });

export type BusRow = z.infer<typeof busRow>;
export type RuleRow = z.infer<typeof ruleRow>;
export type TargetRow = z.infer<typeof targetRow>;
export type DeliveryRow = z.infer<typeof deliveryRow>;
export type NewDelivery = Pick<DeliveryRow, 'bus' | 'rule' | 'target' | 'event'>;

export type EventStore = ReturnType<typeof openEventStore>;

/** Opens the store in the service's state folder. */
export function openEventStore(folder: string) {
  const database = openDatabase(
    folder,
    SCHEMA,
    'rules that were made by calls, and events that are still to be delivered',
  );
  return {
    ...busesOf(database),
    ...rulesOf(database),
    ...deliveriesOf(database),
    close: () => database.close(),
  };
}

function busesOf(database: DatabaseSync) {
  const put = database.prepare('INSERT OR IGNORE INTO bus (name, created) VALUES (?, ?)');
  const one = database.prepare('SELECT * FROM bus WHERE name = ?');
  const all = database.prepare('SELECT * FROM bus ORDER BY name');
  const policy = database.prepare('UPDATE bus SET policy = ? WHERE name = ?');
  return {
    addBus: (name: string, now: number) => put.run(name, now).changes === 1,
    findBus: (name: string) => maybeBus.parse(one.get(name)),
    buses: () => busRows.parse(all.all()),
    setBusPolicy: (name: string, document: string) => policy.run(document, name),
  };
}

function rulesOf(database: DatabaseSync) {
  const put = database.prepare(
    `INSERT OR REPLACE INTO rule (bus, name, pattern, schedule, state, description, role, origin, changed, next_fire)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const all = database.prepare('SELECT * FROM rule ORDER BY bus, name');
  const allTargets = database.prepare('SELECT * FROM target ORDER BY bus, rule, id');
  const remove = database.prepare('DELETE FROM rule WHERE bus = ? AND name = ?');
  const removeTargets = database.prepare('DELETE FROM target WHERE bus = ? AND rule = ?');
  const putTarget = database.prepare(
    'INSERT OR REPLACE INTO target (bus, rule, id, definition) VALUES (?, ?, ?, ?)',
  );
  const removeTarget = database.prepare('DELETE FROM target WHERE bus = ? AND rule = ? AND id = ?');
  const fire = database.prepare('UPDATE rule SET next_fire = ? WHERE bus = ? AND name = ?');
  return {
    putRule: (rule: RuleRow) =>
      put.run(
        ...[rule.bus, rule.name, rule.pattern, rule.schedule, rule.state, rule.description, rule.role],
        ...[rule.origin, rule.changed, rule.next_fire],
      ),
    rules: () => ruleRows.parse(all.all()),
    targets: () => targetRows.parse(allTargets.all()),
    removeRule: (bus: string, name: string) =>
      transaction(database, () => {
        remove.run(bus, name);
        removeTargets.run(bus, name);
      }),
    putTarget: (target: TargetRow) => putTarget.run(target.bus, target.rule, target.id, target.definition),
    removeTarget: (bus: string, rule: string, id: string) => removeTarget.run(bus, rule, id).changes === 1,
    setNextFire: (rule: RuleRow, time: number | null) => fire.run(time, rule.bus, rule.name),
  };
}

function deliveriesOf(database: DatabaseSync) {
  const insert = database.prepare(
    'INSERT INTO delivery (bus, rule, target, event, accepted) VALUES (?, ?, ?, ?, ?)',
  );
  const remove = database.prepare('DELETE FROM delivery WHERE id = ?');
  const retry = database.prepare('UPDATE delivery SET attempts = ?, due = ? WHERE id = ?');
  const fresh = database.prepare(
    'SELECT * FROM delivery WHERE bus = ? AND rule = ? AND target = ? AND due = 0 AND id > ? ORDER BY id LIMIT ?',
  );
  const lanes = database.prepare('SELECT DISTINCT bus, rule, target FROM delivery WHERE due = 0');
  const overdue = database.prepare(
    'SELECT * FROM delivery WHERE due > 0 AND due <= ? ORDER BY due LIMIT 1000',
  );
  const nextDue = database.prepare('SELECT min(due) AS due FROM delivery WHERE due > 0');
  return {
    /** Writes all rows in one transaction, `before` with them. @returns the rows */
    addDeliveries(rows: readonly NewDelivery[], now: number, before: () => void = () => {}): DeliveryRow[] {
      return transaction(database, () => {
        before();
        return rows.map((row) => {
          const added = insert.run(row.bus, row.rule, row.target, row.event, now);
          return { ...row, id: Number(added.lastInsertRowid), attempts: 0, due: 0, accepted: now };
        });
      });
    },
    removeDelivery: (id: number) => remove.run(id),
    retryDelivery: (id: number, attempts: number, due: number) => retry.run(attempts, due, id),
    /** Rows of one target that were never tried, in order of arrival, after the row `after`. */
    freshDeliveries: (lane: { bus: string; rule: string; target: string }, after: number, limit: number) =>
      deliveryRows.parse(fresh.all(lane.bus, lane.rule, lane.target, after, limit)),
    /** Targets that have rows which were never tried. */
    freshLanes: () => laneRows.parse(lanes.all()),
    overdueDeliveries: (now: number) => deliveryRows.parse(overdue.all(now)),
    nextDue: () => dueRow.parse(nextDue.get()).due ?? undefined,
  };
}
