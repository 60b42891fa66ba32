/**
 * The way in for writers inside the cloud (Lambda's and CodeBuild's output): lines are collected for a moment and
 * written in one transaction, so that ten thousand lines a second cost a few transactions and not ten thousand.
 */
import type { InputEvent, LogStore, Stream } from './store.ts';

/** How long a line waits for others, in milliseconds: short for who follows a log, long enough to make batches. */
const GATHER_MS = 10;
/** Lines in one transaction. 2,000 take some 10 ms, so other requests are served between two of them. */
const LINES_A_TURN = 2_000;

export interface Appended {
  readonly group: string;
  readonly stream: string;
  readonly events: readonly InputEvent[];
}
export type AppendListener = (appended: Appended) => void;

/** A line without a time gets the time of its arrival. */
export type Line = string | InputEvent;

interface Waiting {
  readonly group: string;
  readonly stream: string;
  readonly events: readonly InputEvent[];
  readonly done: () => void;
  readonly failed: (reason: unknown) => void;
}

export interface Appender {
  append(group: string, stream: string, lines: readonly Line[]): Promise<void>;
  flush(): void;
}

/** @param written called after each batch is on disk */
export function createAppender(store: LogStore, now: () => number, written: AppendListener): Appender {
  const waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;

  const streamOf = (group: string, stream: string): Stream => {
    store.addGroup(group, now());
    const groupId = store.findGroup(group)?.id ?? 0;
    store.addStream(groupId, stream, now());
    const found = store.findStream(groupId, stream);
    if (!found) throw new Error(`log stream ${stream} of ${group} vanished while it was written`);
    return found;
  };

  const write = (batch: readonly Waiting[]): void => {
    try {
      store.append(
        batch.map((item) => ({ stream: streamOf(item.group, item.stream), events: item.events })),
        now(),
      );
    } catch (error) {
      for (const item of batch) item.failed(error);
      return;
    }
    for (const item of batch) {
      item.done();
      written(item);
    }
  };

  const nextTurn = (): Waiting[] => {
    let lines = 0;
    let count = 0;
    while (count < waiting.length && (count === 0 || lines < LINES_A_TURN)) {
      lines += waiting[count]?.events.length ?? 0;
      count += 1;
    }
    return waiting.splice(0, count);
  };

  const turn = (): void => {
    timer = undefined;
    write(nextTurn());
    if (waiting.length > 0) timer ??= setTimeout(turn, 0);
  };

  return {
    append(group, stream, lines) {
      if (lines.length === 0) return Promise.resolve();
      const arrived = now();
      const events = lines.map((line) =>
        typeof line === 'string' ? { timestamp: arrived, message: line } : line,
      );
      return new Promise((done, failed) => {
        waiting.push({ group, stream, events, done, failed });
        timer ??= setTimeout(turn, GATHER_MS);
      });
    },
    flush() {
      clearTimeout(timer);
      timer = undefined;
      while (waiting.length > 0) write(nextTurn());
    },
  };
}
