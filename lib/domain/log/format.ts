/** A page of a log as people and programs want it. */
import { escapedJson, plain } from './ansi.ts';
import type { Ansi, LogFormat } from './schema.ts';

/**
 * What happens to control sequences when nobody says: text may be shown by a terminal, which they would steer, and JSON
 * is read by programs, which escape them and may want the colours.
 */
const ANSI = { text: 'strip', json: 'keep', jsonl: 'keep' } as const satisfies Record<LogFormat, Ansi>;

/** What all lines of logs have, whoever printed them. */
interface Line {
  readonly timestamp: string;
  readonly message: string;
}

/** The page with its lines as they were printed, or as plain text. */
export function styled<Page extends { readonly items: readonly Line[] }>(
  page: Page,
  format: LogFormat,
  ansi: Ansi = ANSI[format],
): Page {
  if (ansi === 'keep') return page;
  return { ...page, items: page.items.map((line) => ({ ...line, message: plain(line.message) })) };
}

/** `[09:30:00] web | added 120 packages`, a line each; times are UTC. @param printedBy what stands before the text */
export function asText<L extends Line>(lines: readonly L[], printedBy: (line: L) => string): string {
  return lines
    .map((line) => `[${line.timestamp.slice(11, 19)}] ${printedBy(line)} | ${line.message}\n`)
    .join('');
}

/** A JSON object a line. */
export function asJsonLines(lines: readonly Line[]): string {
  return lines.map((line) => `${escapedJson(JSON.stringify(line))}\n`).join('');
}
