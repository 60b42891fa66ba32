/** What a job that floods its log costs the API. */
import type { Client } from '../lib/contract/client.ts';
import { median, type Report } from './figure.ts';
import { type Bench, withInstallation } from './installation.ts';
import { completed, noopProject, startNoop } from './noop.ts';

/** Ten seconds of 10,000 lines a second, as a hundred every hundredth. */
const FLOOD_SECONDS = 10;
const FLOOD = `node -e 'let n=0;const line=("x".repeat(60)+"\\n").repeat(100);const t=setInterval(()=>{process.stdout.write(line);if(++n===${FLOOD_SECONDS}*100)clearInterval(t)},10)'`;
const PAUSE_MS = 20;

function manifest(command: string): string {
  return `services:\n  talking:\n    commands: [${JSON.stringify(command)}]\n    artifacts:\n      - paths: staithe.yaml\n`;
}

export async function flood(bench: Bench): Promise<Report> {
  return withInstallation(bench, async ({ client }) => {
    const noop = await noopProject(client, bench.scratch);
    const started = await startNoop(client, noop);
    await completed(client, started.run);

    const flooding = await noopProject(client, bench.scratch, 'flood', manifest(FLOOD));
    const quietBefore = await reads(client, started.build, FLOOD_SECONDS * 500);
    const flooded = await startNoop(client, flooding);
    await printing(client, flooded.build);
    const beside = await reads(client, started.build, FLOOD_SECONDS * 700);
    await completed(client, flooded.run);
    const quietAfter = await reads(client, started.build, FLOOD_SECONDS * 500);
    const quiet = [...quietBefore, ...quietAfter];
    return {
      figures: [
        { what: 'GET /v1/builds/{build} in quiet', unit: 'ms', samples: quiet },
        { what: '… beside a job of 10,000 lines a second', unit: 'ms', samples: beside },
        {
          what: 'GET a build beside the flood, to quiet: p50',
          unit: '×',
          samples: [median(beside) / median(quiet)],
          aim: '1.0',
          headline: true,
        },
      ],
    };
  });
}

/** Until the flood has begun. */
async function printing(client: Client, build: string): Promise<void> {
  for (;;) {
    const { items } = await client.call('getBuildLogs', { params: { build }, query: { tail: 1, wait: 0 } });
    if (items.at(-1)?.message.startsWith('xxx')) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** One request after the other, for so long. */
async function reads(client: Client, build: string, milliseconds: number): Promise<number[]> {
  const times: number[] = [];
  const until = performance.now() + milliseconds;
  while (performance.now() < until) {
    const began = performance.now();
    await client.call('getBuild', { params: { build } });
    times.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return times;
}
