/** The corpus of real failure logs: how an entry is kept, and which half it belongs to. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { PHASES } from '../../lib/domain/diagnosis/phase.ts';
import { FailureCode } from '../../lib/domain/execution/model/run.ts';

const FOLDER = join(import.meta.dirname, 'corpus');

/** What stands above a log. */
const Head = z.strictObject({
  /** What a person says it is. */
  label: FailureCode,
  phase: z.enum(PHASES),
  command: z.string(),
  exit_code: z.int().optional(),
  signal: z.string().optional(),
  out_of_memory: z.boolean().optional(),
  disk_full: z.boolean().optional(),
  /** The job's time was up: seconds. */
  timed_out_after: z.int().optional(),
  /** The failing step of a Dockerfile, as it should be shown. */
  stage: z.string().optional(),
  /** Made to mislead: words and numbers of another failure stand in it. */
  adversarial: z.boolean().optional(),
  /** What a person would quote of it. */
  headline: z.string().optional(),
});
export type Head = z.infer<typeof Head>;

export interface Entry extends Head {
  readonly name: string;
  readonly lines: readonly string[];
  /** `development`: rules were written by looking at it. `held_out`: they were not. */
  readonly half: 'development' | 'held_out';
}

/**
 * Which half: the lowest bit of the SHA-256 of the entry's name, so that a log that is made anew stays in its half and
 * nobody chooses.
 */
export function halfOf(name: string): Entry['half'] {
  const first = createHash('sha256').update(name).digest()[0] ?? 0;
  return first % 2 === 0 ? 'development' : 'held_out';
}

export function written(head: Head, lines: readonly string[]): string {
  return `---\n${stringify(head, { lineWidth: 0 })}---\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** @throws an error that names the file which is not in order */
function read(file: string): Entry {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  const [, head, log] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text) ?? [];
  if (head === undefined || log === undefined)
    throw new Error(`${file} has no head between two lines of ---`);
  const parsed = Head.safeParse(parse(head));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  const name = basename(file, '.log');
  const lines = log.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return { ...parsed.data, name, lines, half: halfOf(name) };
}

/** All entries, by name. */
export function readCorpus(): Entry[] {
  return globSync('*.log', { cwd: FOLDER }).sort().map(read);
}
