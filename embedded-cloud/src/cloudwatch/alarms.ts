/** The alarms that there are, and their evaluation at the end of each of their periods. */
import type { DatabaseSync } from 'node:sqlite';
import type { Cloud } from '../service.ts';
import { type Alarm, type AlarmSettings, alarmSchema, type State, watchedBy } from './alarm.ts';
import { evaluate, MORE_PERIODS, ruleOf } from './evaluate.ts';
import { QueryRun, timesOf } from './query.ts';
import { reasonOf } from './reason.ts';
import type { MetricStore } from './store.ts';

export class Alarms {
  readonly #cloud: Cloud;
  readonly #database: DatabaseSync;
  readonly #metrics: MetricStore;
  readonly #alarms = new Map<string, Alarm>();

  constructor(cloud: Cloud, database: DatabaseSync, metrics: MetricStore) {
    this.#cloud = cloud;
    this.#database = database;
    this.#metrics = metrics;
    for (const row of database.prepare('SELECT body FROM alarm').all()) {
      const alarm = alarmSchema.parse(JSON.parse(String(row.body)));
      this.#alarms.set(alarm.settings.AlarmName, alarm);
    }
  }

  find(name: string): Alarm | undefined {
    return this.#alarms.get(name);
  }

  /** In the order of their names. */
  all(): Alarm[] {
    return [...this.#alarms.values()].sort((a, b) => (a.settings.AlarmName < b.settings.AlarmName ? -1 : 1));
  }

  /** Makes or changes an alarm. One that was there keeps its state; a new one has insufficient data at first. */
  put(settings: AlarmSettings, origin: Alarm['origin']): void {
    const now = this.#cloud.now();
    const current = this.#alarms.get(settings.AlarmName);
    this.#save({
      state: 'INSUFFICIENT_DATA',
      reason: 'Unchecked: Initial alarm creation',
      stateUpdated: now,
      stateTransitioned: now,
      evaluated: endOf(settings, now),
      ...current,
      ...{ origin, settings },
      configured:
        JSON.stringify(current?.settings) === JSON.stringify(settings) ? (current?.configured ?? now) : now,
    });
  }

  remove(name: string): void {
    this.#database.prepare('DELETE FROM alarm WHERE name = ?').run(name);
    this.#alarms.delete(name);
  }

  /** Gives an alarm a state, until its next evaluation gives it another. */
  setState(alarm: Alarm, state: State, reason: string, reasonData?: string): void {
    const { reasonData: _former, ...rest } = alarm;
    const now = this.#cloud.now();
    this.#save({
      ...{ ...rest, state, reason },
      ...(reasonData !== undefined && { reasonData }),
      stateUpdated: now,
      stateTransitioned: state === alarm.state ? alarm.stateTransitioned : now,
    });
  }

  /** Evaluates the alarms of which a period has ended since the last time. */
  evaluateDue(): void {
    for (const alarm of this.#alarms.values()) {
      const end = endOf(alarm.settings, this.#cloud.now());
      if (end > alarm.evaluated) this.#tryToEvaluate(alarm, end);
    }
  }

  /** One that cannot be evaluated says so, and keeps no other from its evaluation. */
  #tryToEvaluate(alarm: Alarm, end: number): void {
    try {
      this.#evaluate(alarm, end);
    } catch (error) {
      const reason = `Insufficient Data: the alarm cannot be evaluated. ${error instanceof Error ? error.message : String(error)}`;
      const evaluated = { ...alarm, evaluated: end };
      if (alarm.reason === reason) this.#alarms.set(alarm.settings.AlarmName, evaluated);
      else this.setState(evaluated, 'INSUFFICIENT_DATA', reason);
    }
  }

  #evaluate(alarm: Alarm, end: number): void {
    const { settings } = alarm;
    const { queries, watched, seconds } = watchedBy(settings);
    const range = { start: end - (settings.EvaluationPeriods + MORE_PERIODS) * seconds, end };
    const series = new QueryRun(this.#metrics, queries, range).series(watched);
    const times = timesOf(range, seconds);
    const state = evaluate(
      ruleOf(settings),
      times.map((time) => series.get(time)),
      alarm.state,
    );
    const evaluated = { ...alarm, evaluated: end };
    if (state === alarm.state) this.#alarms.set(settings.AlarmName, evaluated);
    else this.setState(evaluated, state, reasonOf(settings, state, times, series));
  }

  #save(alarm: Alarm): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO alarm VALUES (?, ?)')
      .run(alarm.settings.AlarmName, JSON.stringify(alarm));
    this.#alarms.set(alarm.settings.AlarmName, alarm);
  }
}

/** Where the last whole period ends: on a minute, or on ten seconds where the period is shorter. In seconds. */
function endOf(settings: AlarmSettings, now: number): number {
  const step = watchedBy(settings).seconds < 60 ? 10 : 60;
  return Math.floor(now / 1000 / step) * step;
}
