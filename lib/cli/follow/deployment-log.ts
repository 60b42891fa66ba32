/** What a deployment does and what is printed for it, as one log in order of time. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Calls } from '../api/api.ts';
import { failureOf } from '../api/failure-of.ts';
import type { Deployment } from '../api/resources.ts';
import { isActive } from './deployment.ts';
import type { PrintedLine } from './line.ts';

/** `source`: `deployment` for a step of its timeline, else what printed the line. */
export interface DeploymentLine extends PrintedLine {
  readonly source: string;
}

type LogApi = Calls<'getDeployment' | 'getDeploymentLogs' | 'getEnvironmentLogs'>;

/** Reads the lines that are new since the last call. */
type LineReader = (deployment: Deployment) => Promise<DeploymentLine[]>;

const POLL_MS = 1000;
/** What one request may return: enough for a function that prints a lot while it starts. */
const PAGE_LINES = 1000;
/** Seconds: a function's lines are in its log a moment after it printed them (docs: CloudWatch Logs). */
const LAST_WAIT_SECONDS = 2;

/**
 * Yields the lines so far, and with `follow` also the new ones until the deployment has ended.
 * @returns the deployment as it was read last
 */
export async function* deploymentLines(
  api: LogApi,
  id: string,
  follow: boolean,
): AsyncGenerator<DeploymentLine[], Deployment> {
  const readers: readonly LineReader[] = [timelineReader(), jobReader(api), functionReader(api, follow)];
  for (;;) {
    const deployment = await api.call('getDeployment', { params: { deployment: id } });
    const found = await Promise.all(readers.map((read) => read(deployment)));
    const lines = found.flat().sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
    if (lines.length > 0) yield lines;
    if (!follow || !isActive(deployment)) return deployment;
    await delay(POLL_MS);
  }
}

/** Of a long timeline the middle is removed, so steps are known by what they say. */
function timelineReader(): LineReader {
  const printed = new Set<string>();
  return async ({ timeline }) =>
    timeline.flatMap(({ at, status, message, by }) => {
      const text = `${status}: ${message}${by === undefined ? '' : ` (${by})`}`;
      const key = `${at} ${text}`;
      if (printed.has(key)) return [];
      printed.add(key);
      return [{ timestamp: at, source: 'deployment', message: text }];
    });
}

/** The lines of its commands and tests. */
function jobReader(api: LogApi): LineReader {
  let cursor: string | undefined;
  return async ({ id, started_at: startedAt }) => {
    const lines: DeploymentLine[] = [];
    while (startedAt !== undefined) {
      const page = await api.call('getDeploymentLogs', {
        params: { deployment: id },
        query: { ...(cursor !== undefined && { cursor }), limit: PAGE_LINES, wait: 0 },
      });
      cursor = page.next_cursor;
      lines.push(...page.items.map(({ timestamp, message, job }) => ({ timestamp, source: job, message })));
      if (page.complete || page.items.length === 0) break;
    }
    return lines;
  };
}

/** The lines of the deployed version, from the start of the deployment to its end. */
function functionReader(api: LogApi, follow: boolean): LineReader {
  let cursor: string | undefined;
  return async (deployment) => {
    const { target, target_version: version, started_at: since, completed_at: until } = deployment;
    if (target.kind !== 'lambda' || version === undefined || since === undefined) return [];
    const lines: DeploymentLine[] = [];
    for (;;) {
      const page = await pageOf(api, deployment, {
        ...(cursor === undefined ? { since } : { cursor }),
        limit: PAGE_LINES,
        wait: follow && until !== undefined ? LAST_WAIT_SECONDS : 0,
      });
      cursor = page?.next_cursor ?? cursor;
      const own = (page?.items ?? []).filter(
        (line) => line.version === version && (until === undefined || line.timestamp <= until),
      );
      lines.push(
        ...own.map(({ timestamp, message }) => ({ timestamp, source: `version ${version}`, message })),
      );
      const isPastEnd = until !== undefined && page?.items.some(({ timestamp }) => timestamp > until);
      if (page === undefined || page.items.length === 0 || isPastEnd) return lines;
    }
  };
}

/** Nothing when the environment was deleted, or the log of its function may not be read. */
async function pageOf(
  api: LogApi,
  { project_id: project, environment }: Deployment,
  query: { since?: string; cursor?: string; limit: number; wait: number },
) {
  try {
    return await api.call('getEnvironmentLogs', { params: { project, environment }, query });
  } catch (error) {
    const { problem } = await failureOf(error, undefined);
    if (problem.code === 'not_found' || problem.code === 'log_unreadable') return undefined;
    throw error;
  }
}
