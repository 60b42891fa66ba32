/**
 * Durable delivery, at least once: rows are read in order of arrival, each target has a lane of its own, and what
 * fails comes back after a growing, jittered wait until the target's retry policy is used up.
 */
import { z } from 'zod';
import { AwsError, type Cloud } from '../service.ts';
import { sendDeadLetter, textOf } from './dead-letter.ts';
import type { Rules } from './rules.ts';
import type { DeliveryRow, EventStore, NewDelivery } from './store.ts';
import { retryPolicy, type Send, type Target } from './target.ts';
import { targetInput } from './target-input.ts';

/** Requests under way to one target: enough to keep a pool of functions busy, few enough to bound memory. */
const IN_FLIGHT = 64;
/** Rows held in memory for one target; the rest waits in the database. */
const LANE_ROWS = 1_000;
const FIRST_WAIT_MS = 1_000;
/** 185 retries in 24 hours are one in eight minutes on average. */
const LONGEST_WAIT_MS = 600_000;
/** The longest wait that setTimeout takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Never retried: these do not heal by waiting (user guide, "Retry policy": no permission, or the target or its role is gone). */
const PERMANENT =
  /^(AccessDenied|FailedToAssumeRole|ResourceNotFound|StateMachineDoesNotExist|QueueDoesNotExist|ValidationException|Invalid|NotImplemented)/;

const eventShape = z.record(z.string(), z.unknown());

interface Lane {
  readonly waiting: DeliveryRow[];
  inFlight: number;
  /** Id of the last row that was taken into memory. */
  taken: number;
  /** More rows wait in the database. */
  more: boolean;
}

export class Delivery {
  readonly #cloud: Cloud;
  readonly #store: EventStore;
  readonly #rules: Rules;
  readonly #send: Send;
  readonly #lanes = new Map<string, Lane>();
  readonly #retrying = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #started = false;
  #stopped = false;

  constructor(cloud: Cloud, store: EventStore, rules: Rules, send: Send) {
    this.#cloud = cloud;
    this.#store = store;
    this.#rules = rules;
    this.#send = send;
  }

  /** Takes up what an earlier process left. */
  start(): void {
    this.#started = true;
    for (const lane of this.#store.freshLanes()) this.#refill(this.#lane(lane), lane);
    for (const lane of this.#store.freshLanes()) this.#pump(this.#lane(lane), lane);
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Writes the rows (and whatever `before` writes) in one transaction, then starts to deliver. */
  accept(rows: readonly NewDelivery[], before?: () => void): void {
    const accepted = this.#store.addDeliveries(rows, this.#cloud.now(), before);
    // Until then rows only wait in the database, so that none overtakes those of an earlier process.
    if (!this.#started) return;
    for (const row of accepted) {
      const lane = this.#lane(row);
      if (lane.more || lane.waiting.length >= LANE_ROWS) lane.more = true;
      else {
        lane.waiting.push(row);
        lane.taken = row.id;
      }
      setImmediate(() => this.#pump(lane, row));
    }
  }

  #lane(of: { bus: string; rule: string; target: string }): Lane {
    const key = JSON.stringify([of.bus, of.rule, of.target]);
    const existing = this.#lanes.get(key);
    if (existing) return existing;
    const lane: Lane = { waiting: [], inFlight: 0, taken: 0, more: false };
    this.#lanes.set(key, lane);
    return lane;
  }

  #refill(lane: Lane, of: { bus: string; rule: string; target: string }): void {
    const rows = this.#store.freshDeliveries(of, lane.taken, LANE_ROWS);
    lane.waiting.push(...rows);
    lane.taken = rows.at(-1)?.id ?? lane.taken;
    lane.more = rows.length === LANE_ROWS;
  }

  #pump(lane: Lane, of: { bus: string; rule: string; target: string }): void {
    while (!this.#stopped && lane.inFlight < IN_FLIGHT) {
      if (lane.waiting.length === 0 && lane.more) this.#refill(lane, of);
      const row = lane.waiting.shift();
      if (!row) return;
      lane.inFlight += 1;
      void this.#attempt(row).finally(() => {
        lane.inFlight -= 1;
        this.#pump(lane, of);
      });
    }
  }

  async #attempt(row: DeliveryRow): Promise<void> {
    const rule = this.#rules.find(row.bus, row.rule);
    const target = rule?.targets.get(row.target);
    // The rule or its target was removed meanwhile: nobody waits for this any more.
    if (!rule || !target) return this.#done(row);
    try {
      const event = eventShape.parse(JSON.parse(row.event));
      await this.#send({
        target,
        ruleArn: rule.arn,
        event,
        input: targetInput(target, event, { arn: rule.arn, name: row.rule }),
        key: `${typeof event.id === 'string' ? event.id : 'event'}_${row.id.toString(36)}`,
      });
    } catch (error) {
      return this.#failed(row, target, rule.arn, error);
    }
    this.#done(row);
  }

  #done(row: DeliveryRow): void {
    if (!this.#stopped) this.#store.removeDelivery(row.id);
  }

  async #failed(row: DeliveryRow, target: Target, ruleArn: string, error: unknown): Promise<void> {
    if (this.#stopped) return;
    const { maxAgeMs, maxRetries } = retryPolicy(target);
    const attempts = row.attempts + 1;
    const due = this.#cloud.now() + wait(attempts);
    const permanent = error instanceof AwsError && PERMANENT.test(error.code);
    const exhausted =
      attempts > maxRetries
        ? 'MaximumRetryAttempts'
        : due - row.accepted > maxAgeMs
          ? 'MaximumEventAgeInSeconds'
          : undefined;
    if (!permanent && exhausted === undefined) {
      this.#store.retryDelivery(row.id, attempts, due);
      this.#schedule();
      return;
    }
    const letter = { target, ruleArn, event: row.event, error, retries: row.attempts };
    const became = await sendDeadLetter(this.#cloud, {
      ...letter,
      ...(!permanent && { exhausted }),
    });
    this.#cloud.log(
      'events',
      `gave up on ${target.Arn} (rule ${ruleArn}, attempt ${attempts}): ${textOf(error)}; ${became}`,
    );
    this.#done(row);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const due = this.#store.nextDue();
    if (due === undefined || this.#stopped) return;
    const ms = Math.min(Math.max(due - this.#cloud.now(), 5), MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.#retry(), ms);
  }

  #retry(): void {
    const overdue = this.#store.overdueDeliveries(this.#cloud.now());
    if (overdue.length === 0) this.#schedule();
    // Those under way set the timer again when they end.
    const rows = overdue.filter((row) => !this.#retrying.has(row.id));
    let pending = rows.length;
    for (const row of rows) {
      this.#retrying.add(row.id);
      void this.#attempt(row).finally(() => {
        this.#retrying.delete(row.id);
        pending -= 1;
        if (pending === 0) this.#schedule();
      });
    }
  }
}

/** Doubles from a second to ten minutes; half of it is chance, so that retries of many do not come together. */
function wait(attempts: number): number {
  const full = Math.min(FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 30), LONGEST_WAIT_MS);
  return Math.round(full / 2 + Math.random() * (full / 2));
}
