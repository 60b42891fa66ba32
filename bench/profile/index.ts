/** Where the processors' time goes: gateway, functions and agents of 200 builds, sampled and merged. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, linkSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Figure, markdown, type Report } from '../figure.ts';
import { type Bench, withInstallation } from '../installation.ts';
import { noopProject } from '../noop.ts';
import { processorTime } from '../processor.ts';
import { burst } from '../throughput.ts';
import { areaOf } from './areas.ts';
import { Assembler, byArea, KINDS, type Told, totalOf } from './merge.ts';
import { sourceFinder } from './sources.ts';

const BURSTS = 4;
/** Longer than recorders take to see that they are to tell, and to do so. */
const TELLING_MS = 5_000;
/** Areas below this share of all are put together. */
const LEAST_SHARE = 0.005;

export async function profile(bench: Bench): Promise<Report> {
  const folder = recordingNode(bench.scratch);
  const told: Told[] = [];
  const listener = listen(join(folder, 'profiles'), told);
  try {
    return await withInstallation(
      bench,
      async ({ client, pid }) => {
        const noop = await noopProject(client, bench.scratch);
        await burst(client, noop, bench.builds); // starts functions
        // What was before is told, and left out.
        await tell(folder);
        const began = Date.now();
        const used = processorTime(pid);
        for (let round = 0; round < BURSTS; round++) await burst(client, noop, bench.builds);
        const all = processorTime(pid) - used;
        await tell(folder);
        const during = told.filter(({ to }) => to >= began);
        const find = await sourceFinder(mkdtempSync(join(bench.scratch, 'maps-')));
        return report(
          during,
          (position) => areaOf(find(position), position.name),
          all,
          BURSTS * bench.builds,
        );
      },
      ['--require', join(folder, 'recorder.cjs')],
    );
  } finally {
    listener.kill('SIGTERM');
  }
}

/** A folder with a `node` that loads the recorder, the real one beside it, and the pipe that recorders tell on. */
function recordingNode(scratch: string): string {
  const folder = mkdtempSync(join(scratch, 'recording-'));
  // Sandboxes run as another user.
  chmodSync(folder, 0o755);
  const real = join(folder, 'node-real');
  try {
    linkSync(process.execPath, real);
  } catch {
    copyFileSync(process.execPath, real); // on another disk
  }
  const recorder = join(folder, 'recorder.cjs');
  copyFileSync(fileURLToPath(new URL('recorder.cjs', import.meta.url)), recorder);
  const wrapper = join(folder, 'node');
  writeFileSync(wrapper, `#!/bin/sh\nexec '${real}' --require '${recorder}' "$@"\n`);
  chmodSync(wrapper, 0o755);
  execFileSync('mkfifo', ['-m', '622', join(folder, 'profiles')]);
  return folder;
}

/** Lets all recorders tell what they have seen since the last time. */
async function tell(folder: string): Promise<void> {
  writeFileSync(join(folder, 'tell'), String(Date.now()));
  await new Promise((resolve) => setTimeout(resolve, TELLING_MS));
}

/** Reads what recorders tell. Opened for both directions, so that it does not end when the last writer closes. */
function listen(pipe: string, told: Told[]): ChildProcess {
  const reader = spawn('sh', ['-c', 'exec cat <> "$0"', pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
  const assembler = new Assembler();
  createInterface({ input: reader.stdout }).on('line', (line) => {
    const message = assembler.take(line);
    if (message !== undefined) told.push(message);
  });
  return reader;
}

function report(
  told: readonly Told[],
  areaOfFrame: Parameters<typeof byArea>[1],
  all: number,
  builds: number,
): Report {
  const kinds = byArea(told, areaOfFrame);
  const ofKind = (kind: (typeof KINDS)[number]) => totalOf(kinds.get(kind) ?? new Map());
  const figure = (what: string, milliseconds: number): Figure => ({
    what,
    unit: 'ms CPU',
    samples: [milliseconds / builds],
  });
  const rest = all - KINDS.reduce((sum, kind) => sum + ofKind(kind), 0);
  const areas = [...new Set([...kinds.values()].flatMap((each) => [...each.keys()]))]
    .map((area) => ({ area, times: KINDS.map((kind) => kinds.get(kind)?.get(area) ?? 0) }))
    .map((row) => ({ ...row, sum: row.times.reduce((sum, each) => sum + each, 0) }))
    .toSorted((a, b) => b.sum - a.sum);
  const large = areas.filter(({ sum }) => sum >= all * LEAST_SHARE);
  const small = areas.filter(({ sum }) => sum < all * LEAST_SHARE);
  const cells = (times: readonly number[]) => times.map((each) => (each / builds).toFixed(1));
  const row = (area: string, times: readonly number[], sum: number) => [
    area,
    ...cells(times),
    ...cells([sum]),
    `${((sum / all) * 100).toFixed(1)} %`,
  ];
  const together = KINDS.map((_, kind) => small.reduce((sum, { times }) => sum + (times[kind] ?? 0), 0));
  return {
    figures: [
      figure('processor time of a build, while profiled', all),
      ...KINDS.map((kind) => figure(`… ${kind}`, ofKind(kind))),
      figure('… the rest: table engine, sandboxes, shells, and the recorder', rest),
    ],
    more: markdown(
      ['self time, ms of a processor per build', ...KINDS, 'sum', 'share'],
      [
        ...large.map(({ area, times, sum }) => row(area, times, sum)),
        row(
          'all smaller ones',
          together,
          together.reduce((sum, each) => sum + each, 0),
        ),
        row(
          'table engine, sandboxes, shells, the recorder',
          KINDS.map(() => 0),
          rest,
        ),
      ],
    ),
  };
}
