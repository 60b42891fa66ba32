/** Reading the log of an environment's function or process, and waiting for more: the long poll of `--follow`. */
import type { Environment } from '../environment/schema.ts';
import { StaitheError } from '../error.ts';
import { beginningOf, type LogPosition, logOf, opened, sealed } from '../function-log/cursor.ts';
import { hiding } from '../function-log/hidden.ts';
import { isPlatform } from '../function-log/platform.ts';
import { rateLimited } from '../function-log/rate-limited.ts';
import { type EventPage, readAfter, readLast } from '../function-log/read-events.ts';
import type { FunctionLogPage } from '../function-log/schema.ts';
import { inTurn, paceOf, sleep, storeAtLimit, timeOf } from '../log/store-limits.ts';
import { OWNER_TAG } from '../owner-tag.ts';
import type { FunctionEvent, FunctionLogs } from '../ports/function-logs.ts';
import type { Ports } from '../ports/index.ts';
import type { Table } from '../ports/table.ts';
import { titleOf } from '../target/index.ts';
import { type LogPorts, type LogSource, logSourceOf } from './log-source.ts';
import { variablesSince } from './variables.ts';

export interface ReadOptions {
  readonly cursor?: string | undefined;
  /** Where reading begins without a cursor; an hour ago when nobody says it. */
  readonly since?: string | undefined;
  /** How many events a page has at most. */
  readonly limit: number;
  /** Seconds to wait for lines when there are none. */
  readonly wait?: number;
  /** Begins with the last lines; a cursor counts more. */
  readonly tail?: number | undefined;
  /** Also the lines in which Lambda speaks of itself. */
  readonly platform?: boolean;
}

/** As far back as one looks who asks why something does not work at the moment. */
const RECENT_MS = 3_600_000;

/**
 * A page of what the function has printed since it is the environment's target: what it printed for another one before,
 * of another project perhaps, is not shown. The secret variables that it has and had are masked.
 * @throws StaitheError invalid_cursor | log_unreadable | at_limit
 */
export async function read(
  ports: Pick<Ports, 'table' | 'clock'> & LogPorts,
  environment: Environment,
  { cursor, since, limit, wait = 0, tail, platform = false }: ReadOptions,
  pause: (milliseconds: number) => Promise<void> = sleep,
): Promise<FunctionLogPage> {
  const { table } = ports;
  const { functionLogs, functionName } = sourceOf(ports, environment);
  const now = () => ports.clock.now().getTime();
  const time = timeOf(now, pause);
  const until = now() + wait * 1000;
  const log = logOf(environment);
  const earliest = beginningOf(environment);
  const begin = since === undefined ? now() - RECENT_MS : Date.parse(since);
  const from = Math.max(0, begin, earliest);
  const shown = (event: FunctionEvent) => platform || !isPlatform(event.message);

  const pages = rateLimited(functionLogs, time);
  const isThere = throttled(() => canReadLog(functionLogs, functionName, environment), now);
  const readEvents = async (position: LogPosition | undefined): Promise<EventPage> => {
    const at = position ?? { from, seen: new Set() };
    if (!(await isThere())) return { events: [], position: at };
    if (position === undefined && tail !== undefined)
      return readLast(pages, functionName, { from, count: tail, counts: shown }, time);
    return readAfter(pages, functionName, at, limit, time);
  };
  const begun = cursor === undefined ? undefined : await opened(table, log, cursor, earliest);
  let position = begun;
  for (;;) {
    const [found] = await inTurn(functionLogs, [position], readEvents, time);
    position = found?.position ?? position;
    if (found === undefined && wait === 0 && position === begun) throw storeAtLimit();
    const isSearching = position?.token !== undefined;
    const items = (found?.events ?? []).filter(shown);
    const isOver = now() >= Math.min(until, time.until);
    // A search that is not at its end, or events that are not shown: there may be others behind, also for a reader who
    // does not wait.
    const goesOn = (isSearching || (found?.events.length ?? 0) > 0) && now() < time.until;
    if (items.length > 0 || (isOver && !goesOn)) {
      const at = position ?? { from, seen: new Set<string>() };
      return { items: await linesOf(table, items, environment), next_cursor: await sealed(table, log, at) };
    }
    if (!goesOn) await pause(Math.max(1, Math.min(paceOf(functionLogs).everyMs, until - now())));
  }
}

async function linesOf(
  table: Table,
  events: readonly FunctionEvent[],
  environment: Environment,
): Promise<FunctionLogPage['items']> {
  const [first] = events;
  if (first === undefined) return [];
  const hide = hiding(...(await variablesSince(table, environment, first.timestamp)));
  return events.map(({ timestamp, version, message }) => ({
    timestamp: new Date(timestamp).toISOString(),
    version,
    message: hide(message.replaceAll(/\r\n?/g, '\n')),
  }));
}

/** How often a reader who waits for a function looks whether it is there. */
const FUNCTION_POLL_MS = 5000;

/** A yes is good for the whole request: Lambda answers 15 such questions a second for a whole account (Lambda quotas, "API requests"). */
function throttled(ask: () => Promise<boolean>, now: () => number): () => Promise<boolean> {
  let answer = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (answer || now() < askedAt + FUNCTION_POLL_MS) return answer;
    answer = await ask();
    askedAt = now();
    return answer;
  };
}

/** @throws StaitheError log_unreadable when what is deployed prints nothing */
function sourceOf(ports: LogPorts, { target, name }: Environment): LogSource {
  const source = logSourceOf(ports, target);
  if (source !== undefined) return source;
  throw new StaitheError('log_unreadable', `The ${titleOf(target)} of environment '${name}' has no log.`, {
    remedy: 'Functions and processes have one. Read about its deployments: `staithe deployment list`.',
  });
}

/**
 * Whether there is a function to read the log of. Of a name that was another's the log may be there still.
 * @throws StaitheError log_unreadable when it is somebody else's
 */
async function canReadLog(
  functionLogs: FunctionLogs,
  functionName: string,
  { target, project_id: projectId, name }: Environment,
): Promise<boolean> {
  const owner = await functionLogs.ownerOf(functionName);
  if (owner === undefined || owner === projectId) return owner !== undefined;
  const whose = owner === null ? 'was not created by Staithe' : 'belongs to another project';
  throw new StaitheError(
    'log_unreadable',
    `The ${titleOf(target)} of environment '${name}' ${whose}, so its log is not shown.`,
    {
      remedy:
        target.kind === 'lambda'
          ? `To let this project deploy to it and read its log, tag the function ${OWNER_TAG}=${projectId}.`
          : 'Choose another name for the target of the environment.',
    },
  );
}
