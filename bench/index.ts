/**
 * `npm run bench -- [--write] [bench …]`: measures, prints one table, and with --write keeps it in docs/benchmarks.md.
 * Nothing is asserted here: it is for people who change something and want to know what it did.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundles } from './bundles.ts';
import { capacity } from './capacity.ts';
import { figureTable, type Report } from './figure.ts';
import { firstCommand } from './first-command.ts';
import { flood } from './flood.ts';
import { get } from './get.ts';
import { type Bench, prepare, ROOT } from './installation.ts';
import { list } from './list.ts';
import { logLines } from './log-lines.ts';
import { price } from './price.ts';
import { reuse } from './reuse.ts';
import { start } from './start.ts';
import { throughput } from './throughput.ts';
import { upload } from './upload.ts';

const BENCHES: Readonly<Record<string, (bench: Bench) => Promise<Report>>> = {
  start,
  'first-command': firstCommand,
  throughput,
  reuse,
  'log-lines': logLines,
  flood,
  get,
  bundles,
  capacity,
  price,
  list,
  upload,
};

/** What `--write` replaces; the words around it are written by hand. */
const MARKS = ['<!-- measured -->', '<!-- /measured -->'] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => BENCHES[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(
    `error: there is no bench ${unknown.join(', ')}\nnext: choose of ${Object.keys(BENCHES).join(', ')}\n`,
  );
  process.exit(2);
}

const chosen = Object.entries(BENCHES).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
);
const busyBefore = loadavg()[1] ?? 0;
const bench = await prepare((line) => process.stderr.write(`  ${line}\n`));
const reports: [string, Report][] = [];
try {
  for (const [name, measure] of chosen) {
    process.stderr.write(`${name}\n`);
    reports.push([name, await measure(bench)]);
  }
} finally {
  await rm(bench.scratch, { recursive: true, force: true });
}

const machine = `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}, load average of five minutes ${busyBefore.toFixed(1)} before and ${(loadavg()[1] ?? 0).toFixed(1)} after`;
const measured = [
  `Measured on ${machine}.\n`,
  figureTable(reports),
  ...reports.flatMap(([name, { more }]) => (more === undefined ? [] : [`## ${name}\n`, more])),
].join('\n');
process.stdout.write(measured);

if (values.write) {
  const file = join(ROOT, 'docs', 'benchmarks.md');
  const [head = ''] = (await readFile(file, 'utf8')).split(MARKS[0]);
  await writeFile(file, `${head}${MARKS[0]}\n\n${measured}\n${MARKS[1]}\n`);
}
