/**
 * `npm run bench -- [--json | --write] [--builds <number>] [bench …]`: measures, prints tables for people or JSON for
 * programs, and with --write keeps the tables in docs/benchmarks.md and README.md.
 * Nothing is asserted here: it is for people who change something and want to know what it did.
 */
import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { board } from './board.ts';
import { buildbot } from './buildbot/index.ts';
import { bundles } from './bundles.ts';
import { capacity } from './capacity.ts';
import { deploy } from './deploy/index.ts';
import { figuresAsJson, figureTable, headlineTable, type Report } from './figure.ts';
import { firstCommand } from './first-command.ts';
import { flood } from './flood.ts';
import { get } from './get.ts';
import { type Bench, prepare, ROOT } from './installation.ts';
import { list } from './list.ts';
import { logLines } from './log-lines.ts';
import { price } from './price/index.ts';
import { profile } from './profile/index.ts';
import { reuse } from './reuse.ts';
import { start } from './start.ts';
import { throughput } from './throughput.ts';
import { upload } from './upload.ts';

const BENCHES: Readonly<Record<string, (bench: Bench) => Promise<Report>>> = {
  start,
  'first-command': firstCommand,
  throughput,
  buildbot,
  reuse,
  'log-lines': logLines,
  flood,
  get,
  bundles,
  capacity,
  price,
  list,
  upload,
  deploy,
  board,
};

/** Only when asked for: what it measures is slower for it. */
const ON_REQUEST: typeof BENCHES = { profile };

/** What `--write` replaces; the words around it are written by hand. */
const MARKS = ['<!-- measured -->', '<!-- /measured -->'] as const;

function refuse(error: string, next: string): never {
  process.stderr.write(`error: ${error}\nnext: ${next}\n`);
  process.exit(2);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    builds: { type: 'string', default: '50' },
  },
});
const unknown = positionals.filter((name) => (BENCHES[name] ?? ON_REQUEST[name]) === undefined);
if (unknown.length > 0)
  refuse(
    `there is no bench ${unknown.join(', ')}`,
    `choose of ${Object.keys({ ...BENCHES, ...ON_REQUEST }).join(', ')}`,
  );
if (values.write && positionals.length > 0)
  refuse('--write replaces all figures, so it measures all of them', 'name no bench');
const builds = Number(values.builds);
if (!Number.isInteger(builds) || builds < 1 || builds > 300)
  refuse(`--builds ${values.builds} is not a number of builds`, 'choose one from 1 to 300; 50 is usual');

const chosen =
  positionals.length === 0
    ? Object.entries(BENCHES)
    : Object.entries({ ...BENCHES, ...ON_REQUEST }).filter(([name]) => positionals.includes(name));
const busyBefore = loadavg()[1] ?? 0;
const bench = await prepare({ builds, say: (line) => process.stderr.write(`  ${line}\n`) });
const reports: [string, Report][] = [];
const broken: string[] = [];
try {
  for (const [name, measure] of chosen) {
    process.stderr.write(`${name}\n`);
    // What the others have measured takes too long to be lost with it.
    await measure(bench).then(
      (report) => reports.push([name, report]),
      (error: unknown) => {
        broken.push(name);
        process.stderr.write(`error: ${name}: ${error instanceof Error ? error.stack : String(error)}\n`);
      },
    );
  }
} finally {
  await rm(bench.scratch, { recursive: true, force: true });
}

const machine = {
  processor: cpus()[0]?.model.trim() ?? 'unknown processor',
  cores: availableParallelism(),
  node: process.versions.node,
  date: new Date().toISOString().slice(0, 10),
  commit: commit(),
  load: { before: busyBefore, after: loadavg()[1] ?? 0 },
};
const measured = [
  `Measured on ${machine.processor}, ${machine.cores} cores, Node ${machine.node}, ${machine.date}, commit ${machine.commit}, load average of five minutes ${machine.load.before.toFixed(1)} before and ${machine.load.after.toFixed(1)} after.\n`,
  headlineTable(reports),
  figureTable(reports),
  ...reports.flatMap(([name, { more }]) => (more === undefined ? [] : [`## ${name}\n`, more])),
].join('\n');
process.stdout.write(
  values.json ? `${JSON.stringify({ machine, figures: figuresAsJson(reports) }, undefined, 2)}\n` : measured,
);

if (broken.length > 0) {
  process.exitCode = 1;
  const kept = values.write ? ', so docs/benchmarks.md and README.md stay as they are' : '';
  process.stderr.write(`error: ${broken.join(', ')} could not be measured${kept}\n`);
} else if (values.write) {
  await keep(join(ROOT, 'docs', 'benchmarks.md'), measured);
  await keep(join(ROOT, 'README.md'), headlineTable(reports));
}

async function keep(file: string, written: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [from, to] = [text.indexOf(MARKS[0]), text.indexOf(MARKS[1])];
  if (from < 0 || to < from) throw new Error(`${file} has no ${MARKS.join(' … ')}.`);
  await writeFile(file, `${text.slice(0, from)}${MARKS[0]}\n\n${written}\n${text.slice(to)}`);
}

/** What is measured, `+` where files differ from it; nothing is known of it outside of git. */
function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}
