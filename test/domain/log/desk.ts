import { type Positions, sealed } from '../../../lib/domain/log/cursor.ts';
import type { ReadOptions } from '../../../lib/domain/log/follow.ts';
import { read } from '../../../lib/domain/log/index.ts';
import type { LogSource, LogStream } from '../../../lib/domain/log/streams.ts';
import type { LogStore, StoredLine } from '../../../lib/domain/ports/logs.ts';
import { memoryLogs } from '../../memory/logs.ts';
import { memoryTable } from '../../memory/table.ts';

export const JOB = 'job_01JZX3V5N8Q2R4T6W8Y0A1B2C';

export const AT = Date.parse('2026-11-21T09:30:00Z');

/** A log of streams by the names of their jobs, with a clock that moves only when somebody waits. */
export function desk(names: readonly string[], ended = false, readsPerSecond = 100) {
  const logs = memoryLogs();
  const table = memoryTable();
  let time = AT;
  const streams = names.map(
    (name, index): LogStream => ({
      key: `${index}.0`,
      name,
      job: { id: `${JOB}${index}`, service: name, name },
      attempt: 1,
      live: !ended,
    }),
  );
  const scene = {
    streams,
    ended,
    looks: new Map<string, number>(),
    whenWaiting: (_: number) => {},
    whenAsked: (_: number) => {},
  };
  const counted: LogStore = {
    ...logs,
    readsPerSecond,
    read: (name, options) => {
      scene.whenAsked(time);
      scene.looks.set(name, (scene.looks.get(name) ?? 0) + 1);
      return logs.read(name, options);
    },
  };
  const ports = { table, logs: counted, clock: { now: () => new Date(time) } };
  const source = async (): Promise<LogSource> => ({
    streams: scene.streams.map((stream) => ({ ...stream, live: !scene.ended })),
    ended: scene.ended,
  });
  return {
    logs,
    scene,
    now: () => time,
    sealed: (positions: Positions) => sealed(table, 'a', positions),
    read: (options: Partial<ReadOptions> = {}) =>
      read(ports, source, { log: 'a', limit: 100, ...options }, async (milliseconds) => {
        // Those who wait at the same time wait together.
        const until = time + milliseconds;
        await Promise.resolve();
        time = Math.max(time, until);
        scene.whenWaiting(time);
      }),
  };
}

export const line = (at: number, message: string): StoredLine => ({ timestamp: AT + at, message });

export const texts = (page: { items: readonly { message: string }[] }) =>
  page.items.map(({ message }) => message);
