/** Log streams in memory. A cursor is the count of lines before it, so that it stays good when lines are added. */
import { StaitheError } from '../../lib/domain/error.ts';
import type { LogStore, StoredLine } from '../../lib/domain/ports/logs.ts';

export interface MemoryLogs extends LogStore {
  append(stream: string, ...lines: StoredLine[]): void;
}

export function memoryLogs(): MemoryLogs {
  const streams = new Map<string, StoredLine[]>();
  return {
    readsPerSecond: 100,
    async read(stream, { cursor, limit }) {
      const all = streams.get(stream);
      if (all === undefined) return { lines: [] };
      const from = cursor === undefined ? 0 : placeOf('f', cursor);
      const lines = all.slice(from, from + limit);
      return { lines, cursor: `f/${from + lines.length}` };
    },
    async readBack(stream, { before, limit }) {
      const all = streams.get(stream);
      if (all === undefined) return { lines: [] };
      const to = before === undefined ? all.length : placeOf('b', before);
      const from = Math.max(0, to - limit);
      return { lines: all.slice(from, to), cursor: `f/${to}`, ...(from > 0 && { before: `b/${from}` }) };
    },
    append(stream, ...lines) {
      streams.set(stream, [...(streams.get(stream) ?? []), ...lines]);
    },
  };
}

function placeOf(direction: 'f' | 'b', cursor: string): number {
  const [, given, place] = /^([fb])\/(\d+)$/.exec(cursor) ?? [];
  if (given !== direction)
    throw new StaitheError('invalid_cursor', `${cursor} is no cursor of a log stream.`);
  return Number(place);
}
