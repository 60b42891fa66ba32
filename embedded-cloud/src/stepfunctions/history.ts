/** Pages of an execution's history. */
import { page, pageSize, pageStart } from './input.ts';
import { isObject } from './json.ts';
import type { HistoryEvent, Store } from './store.ts';

/** Members that `includeExecutionData: false` leaves out. */
const DATA = new Set(['input', 'output', 'inputDetails', 'outputDetails', 'parameters', 'assignedVariables']);

function withoutData(event: HistoryEvent): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(event).map(([key, details]) => {
      if (!isObject(details)) return [key, details];
      return [key, Object.fromEntries(Object.entries(details).filter(([member]) => !DATA.has(member)))];
    }),
  );
}

export function historyPage(store: Store, arn: string, input: Record<string, unknown>) {
  const size = pageSize(input);
  const newestFirst = input.reverseOrder === true;
  const start = pageStart(input);
  const rows = newestFirst
    ? store.rows(
        'SELECT event FROM events WHERE execution = ? AND id < ? ORDER BY id DESC LIMIT ?',
        ...[arn, start ?? Number.MAX_SAFE_INTEGER, size + 1],
      )
    : store.rows(
        'SELECT event FROM events WHERE execution = ? AND id > ? ORDER BY id LIMIT ?',
        ...[arn, start ?? 0, size + 1],
      );
  const found = rows.map(({ event }) => JSON.parse(String(event)) as HistoryEvent);
  const { rows: events, ...rest } = page(found, size, (event) => event.id);
  return { events: input.includeExecutionData === false ? events.map(withoutData) : events, ...rest };
}
