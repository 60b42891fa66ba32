/** Logs of deployed functions in memory: nothing comes late, and whose a function is, a test says. */
import { StaitheError } from '../../lib/domain/error.ts';
import type { FunctionEvent, FunctionLogs } from '../../lib/domain/ports/function-logs.ts';

export interface MemoryFunctionLogs extends FunctionLogs {
  lateByMs: number;
  /** What every call throws, until it is taken away. */
  failure: Error | undefined;
  /** Of each function the project that it belongs to. */
  readonly owners: Map<string, string | null>;
  /** Adds events; their ids are made here. What printed one began on its day, unless another is said. */
  append(
    functionName: string,
    ...events: (Omit<FunctionEvent, 'id' | 'stream'> & { readonly began?: string })[]
  ): void;
}

const dayOf = (timestamp: number): string => new Date(timestamp).toISOString().slice(0, 10);

export function memoryFunctionLogs(): MemoryFunctionLogs {
  const logs = new Map<string, FunctionEvent[]>();
  let made = 0;
  const self: MemoryFunctionLogs = {
    readsPerSecond: 100,
    lateByMs: 0,
    failure: undefined,
    owners: new Map(),
    async ownerOf(functionName) {
      if (self.failure !== undefined) throw self.failure;
      return self.owners.get(functionName);
    },
    async read(functionName, { from, token, limit, of }) {
      if (self.failure !== undefined) throw self.failure;
      if (token !== undefined && !/^\d+$/.test(token))
        throw new StaitheError('invalid_cursor', `${token} is no token of a function's log.`);
      const prefix = of === undefined ? '' : `${of.day} ${of.version} `;
      const all = (logs.get(functionName) ?? []).filter(
        ({ timestamp, stream }) => timestamp >= from && stream.startsWith(prefix),
      );
      const begin = Number(token ?? 0);
      const events = all.slice(begin, begin + limit);
      const end = begin + events.length;
      return { events, ...(end < all.length && { token: String(end) }) };
    },
    append(functionName, ...events) {
      const added = events.map(({ began, ...event }) => ({
        ...event,
        id: `event-${made++}`,
        stream: `${began ?? dayOf(event.timestamp)} ${event.version} 0`,
      }));
      const all = [...(logs.get(functionName) ?? []), ...added];
      logs.set(
        functionName,
        all.toSorted((a, b) => a.timestamp - b.timestamp),
      );
    },
  };
  return self;
}
