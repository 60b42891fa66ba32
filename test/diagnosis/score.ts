/** Precision and recall of the classification on a part of the corpus. */
import { classify } from '../../lib/domain/diagnosis/classify.ts';
import type { FailureCode } from '../../lib/domain/execution/model/run.ts';
import type { Entry } from './corpus.ts';

export interface Score {
  readonly code: FailureCode | 'all';
  readonly entries: number;
  /** Of those that were given this code, how many have it. 1 when none was given it. */
  readonly precision: number;
  /** Of those that have this code, how many were given it. */
  readonly recall: number;
}

export const diagnosed = (entry: Entry) => classify({ ...entry, last_lines: entry.lines });

/** A line for each code that occurs, in the order of their names, and one for all: there both are the share that is right. */
export function scoresOf(entries: readonly Entry[]): Score[] {
  const results = entries.map((entry) => ({ label: entry.label, code: diagnosed(entry).code }));
  const codes = [...new Set(results.map(({ label }) => label))].sort();
  const right = results.filter(({ label, code }) => label === code);
  const share = (of: number, among: number) => (among === 0 ? 1 : of / among);
  return [
    ...codes.map((wanted) => {
      const hits = right.filter(({ label }) => label === wanted).length;
      const entries = results.filter(({ label }) => label === wanted).length;
      const given = results.filter(({ code }) => code === wanted).length;
      return { code: wanted, entries, precision: share(hits, given), recall: share(hits, entries) };
    }),
    {
      code: 'all' as const,
      entries: results.length,
      precision: share(right.length, results.length),
      recall: share(right.length, results.length),
    },
  ];
}

/** Percent, rounded down: what is shown is reached. */
const percent = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;

/** As a table in Markdown, which docs/diagnosis.md holds word for word. */
export function tableOf(scores: readonly Score[]): string {
  const rows = scores.map(
    ({ code, entries, precision, recall }) =>
      `| ${code === 'all' ? 'all' : `\`${code}\``} | ${entries} | ${percent(precision)} | ${percent(recall)} |`,
  );
  return ['| code | logs | precision | recall |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
