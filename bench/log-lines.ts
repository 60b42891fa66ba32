/** From a line printed by a build to its reader, alone and beside a job that floods. */
import type { Client } from '../lib/contract/client.ts';
import { quantile, type Report } from './figure.ts';
import { type Bench, withInstallation } from './installation.ts';
import { noopProject } from './noop.ts';

const LINES = 100;
/** A line with the moment at which it was printed, by the machine's clock, which the reader has too. */
const SPEAK = `for i in $(seq ${LINES}); do echo "printed at $(date +%s%3N)"; sleep 0.13; done; touch out`;
/** 10,000 lines a second, until the run is cancelled. */
const FLOOD = "while :; do seq -f 'line %.0f of a flood, as long as such lines are' 1000; sleep 0.1; done";

export async function logLines(bench: Bench): Promise<Report> {
  return withInstallation(bench, async ({ client }) => {
    const service = (command: string) => ({ commands: [command], artifacts: 'out' });
    const alone = await delays(client, bench.scratch, 'alone', { quiet: service(SPEAK) });
    const flooded = await delays(client, bench.scratch, 'flooded', {
      quiet: service(SPEAK),
      flood: service(FLOOD),
    });
    return {
      figures: [
        {
          what: 'log line printed → with its reader',
          unit: 'ms',
          samples: alone.delays,
        },
        {
          what: 'log line printed → with its reader, p95',
          unit: 'ms',
          samples: [quantile(alone.delays, 0.95)],
          aim: '≤ 300 ms',
          headline: true,
        },
        { what: '… beside a job of 10,000 lines/s', unit: 'ms', samples: flooded.delays },
        { what: '… lines of the flood that the reader got', unit: 'lines/s', samples: [flooded.others] },
      ],
    };
  });
}

/** Follows a build of these services as the CLI does, until the quiet one has said all. */
async function delays(client: Client, scratch: string, slug: string, services: object) {
  const { build, run } = await started(client, scratch, slug, services);
  const found: number[] = [];
  let others = 0;
  let since = performance.now();
  let cursor: string | undefined;
  while (found.length < LINES) {
    const page = await client.call('getBuildLogs', {
      params: { build },
      query: { limit: 5000, wait: 10, ...(cursor !== undefined && { cursor }) },
    });
    const now = Date.now();
    cursor = page.next_cursor;
    if (page.complete) throw new Error(`Run ${run} ended after ${found.length} of ${LINES} lines.`);
    for (const { message } of page.items) {
      const at = /^printed at (\d+)$/.exec(message)?.[1];
      if (at !== undefined) found.push(now - Number(at));
      else if (found.length > 0) others += 1;
      if (found.length === 1) since = performance.now();
    }
  }
  const seconds = (performance.now() - since) / 1000;
  await client.call('cancelRun', { params: { run } }).catch(() => undefined);
  return { delays: found, others: others / seconds };
}

async function started(client: Client, scratch: string, slug: string, services: object) {
  const { sourceId } = await noopProject(client, scratch, slug, JSON.stringify({ services }));
  const body = { source_id: sourceId };
  const build = await client.call('createBuild', { params: { project: slug }, body });
  if (build.latest_run === null) throw new Error(`Build ${build.id} was not started.`);
  return { build: build.id, run: build.latest_run.id };
}
