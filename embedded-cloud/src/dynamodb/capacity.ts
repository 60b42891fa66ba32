/** Consumed capacity: asked for on behalf of observers, and taken out again where the caller did not ask. */
import { type Json, record, text } from './shape.ts';

/** What one call cost on one table. */
export interface CapacityUse {
  readonly action: string;
  readonly table: string;
  /** The index that a Query or Scan read. */
  readonly index?: string;
  /** Read capacity units: 4 KB each, halved for eventually consistent reads, doubled in transactions. */
  readonly readUnits: number;
  /** Write capacity units: 1 KB each, doubled in transactions; writes of the indexes included. */
  readonly writeUnits: number;
  readonly principalArn: string;
}

export type CapacityListener = (use: CapacityUse) => void;

/** The `ConsumedCapacity` of an answer, which is a list for batches and transactions, as uses. */
export function capacityUses(
  action: string,
  request: Json,
  answer: Json,
  reads: boolean,
  principalArn: string,
): CapacityUse[] {
  const consumed = Array.isArray(answer.ConsumedCapacity)
    ? answer.ConsumedCapacity
    : [answer.ConsumedCapacity];
  const index = text(request.IndexName);
  return consumed.flatMap((entry) => {
    const capacity = record(entry);
    if (!capacity) return [];
    const units = Number(capacity.CapacityUnits ?? 0);
    return {
      action,
      table: text(capacity.TableName) ?? '',
      ...(index === undefined ? {} : { index }),
      readUnits: reads ? units : 0,
      writeUnits: reads ? 0 : units,
      principalArn,
    };
  });
}

/** The answer with as much capacity in it as the caller asked for: `NONE` (the default), `TOTAL` or `INDEXES`. */
export function withCapacityAsAsked(answer: Json, asked: unknown): Json {
  if (asked === 'INDEXES' || answer.ConsumedCapacity === undefined) return answer;
  const { ConsumedCapacity, ...rest } = answer;
  if (asked !== 'TOTAL') return rest;
  const total = (entry: unknown) => {
    const { Table, GlobalSecondaryIndexes, LocalSecondaryIndexes, ...sum } = record(entry) ?? {};
    return sum;
  };
  return {
    ...rest,
    ConsumedCapacity: Array.isArray(ConsumedCapacity) ? ConsumedCapacity.map(total) : total(ConsumedCapacity),
  };
}
