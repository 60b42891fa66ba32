/** `npm start` without the tour, from the start of the process until the API answers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from './figure.ts';
import { type Bench, ROOT } from './installation.ts';
import { STARTING_NODE, startsOfNode } from './yardstick.ts';

const FIRST_ROUNDS = 3;
const SECOND_ROUNDS = 5;
/** How often it is asked whether it answers: small beside what is measured. */
const ASK_EVERY_MS = 5;

export async function start({ scratch }: Bench): Promise<Report> {
  const first: number[] = [];
  const synth: number[] = [];
  const second: number[] = [];
  const nodeStarts: number[] = [];
  for (let round = 0; round < FIRST_ROUNDS; round++) {
    const state = await mkdtemp(join(scratch, 'start-'));
    const began = await untilReady(state);
    first.push(began.readyMs);
    synth.push(began.synthMs);
    const again = round === FIRST_ROUNDS - 1 ? SECOND_ROUNDS : 0;
    for (let repeat = 0; repeat < again; repeat++) {
      nodeStarts.push(await startsOfNode());
      second.push((await untilReady(state, began.url)).readyMs);
    }
    await rm(state, { recursive: true, force: true });
  }
  return {
    figures: [
      { what: 'first `npm start` → API answers', unit: 'ms', samples: first, headline: true },
      { what: '… of which synthesizing the template', unit: 'ms', samples: synth },
      {
        what: 'second `npm start` → API answers',
        unit: 'ms',
        samples: second,
        beside: { what: STARTING_NODE, samples: nodeStarts },
        aim: '≤ 600 ms',
        headline: true,
      },
    ],
  };
}

/** @param known the API's URL, when an earlier start has told it: then it is asked from the first moment on */
async function untilReady(
  state: string,
  known?: string,
): Promise<{ readyMs: number; synthMs: number; url: string }> {
  const began = performance.now();
  const server = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'bin/start.ts', '--no-tour', '--state', state],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(server, 'exit');
  try {
    const told = lineWith(server, /admin token .*(http:\/\/127\.0\.0\.1:\d+)/);
    const url = known ?? (await told).match[1] ?? '';
    await answers(`${url}/v1/health`, server);
    const readyMs = performance.now() - began;
    const { text } = await told;
    const synth = /synthesize the CDK app\s+([\d,]+) ms/.exec(text)?.[1] ?? '';
    return { readyMs, synthMs: Number(synth.replaceAll(',', '')), url };
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

function lineWith(server: ChildProcess, pattern: RegExp): Promise<{ text: string; match: RegExpExecArray }> {
  let text = '';
  const { promise, resolve, reject } = Promise.withResolvers<{ text: string; match: RegExpExecArray }>();
  server.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    const match = pattern.exec(text);
    if (match !== null) resolve({ text, match });
  });
  server.stdout?.on('end', () => reject(new Error(`npm start ended early:\n${text}`)));
  return promise;
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    if (
      await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  throw new Error('npm start ended early.');
}
