/** The options of all log commands, and printing a log by them. */
import type { LogPage } from '../api/resources.ts';
import type { Result } from '../command/command.ts';
import { choice, flag, integer, type OptionKind, type ValuesOf } from '../command/option.ts';
import { clean } from '../terminal/clean.ts';
import { jsonText } from '../terminal/json.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { logFormatter, type PrintedLine } from './line.ts';
import { logPages, type Page, type PageQuery } from './log.ts';

/** `--ansi` and `--no-ansi` are two flags of one option: true, false, or undefined. */
const ansi: OptionKind<boolean | undefined> = {
  flags: '--ansi',
  description: 'Keep the colours of the log even if the output is not a terminal',
  prepare: (option) => option,
  read: (input) => (typeof input === 'boolean' ? input : undefined),
};

export const logOptions = {
  follow: flag('--follow', 'Wait for new lines until the end of the log'),
  tail: integer('--tail <lines>', 'Start with the last lines, this many'),
  format: choice('--format <format>', 'Output format (default: text)', ['text', 'json', 'jsonl']),
  ansi,
  noAnsi: { ...ansi, flags: '--no-ansi', description: 'Remove the colours of the log' },
  timestamps: flag('--timestamps', 'Full timestamps in UTC instead of the local time'),
  platform: flag('--platform', 'Include the lines of the build platform'),
};

/** @param source what a line is labelled with when there are several */
export const logDetails = (source: string): string =>
  `Lines are printed as [HH:MM:SS] and the text, with the ${source} in between if there are several. A terminal shows the ` +
  'colours of the log; other control sequences are removed. --format jsonl prints one JSON line per line of the log, ' +
  '--format json (or --json) one document {"items": […]}; with --follow both print JSON lines.';

export const LOG_DETAILS = logDetails('job');

interface Printed<Line> {
  /** The log is to be one JSON document, so its lines were collected instead of printed. */
  readonly asDocument: boolean;
  readonly items: readonly Line[];
  /** Of lines, printed or collected. */
  readonly count: number;
}

/** @param sources the label of each line, and the number of labels as far as it is known */
export async function printLines<Line extends PrintedLine>(
  terminal: Terminal,
  readPage: (query: PageQuery) => Promise<Page<Line>>,
  sources: { readonly sourceOf: (line: Line) => string; readonly sourceCount: number },
  options: ValuesOf<typeof logOptions>,
): Promise<Printed<Line>> {
  const { follow, tail, platform, timestamps } = options;
  const format = terminal.json ? 'json' : (options.format ?? 'text');
  const asDocument = format === 'json' && !follow;
  const style = { colours: options.ansi, timestamps };
  const text = logFormatter(sources.sourceOf, sources.sourceCount, process.stdout, style);
  const items: Line[] = [];
  const plain = options.ansi === false && format !== 'text';
  let count = 0;
  for await (const lines of logPages(readPage, { follow, tail, platform, plain })) {
    count += lines.length;
    for (const line of lines) {
      if (asDocument) items.push(line);
      else if (format === 'text') terminal.print(text(line));
      else terminal.event(line);
    }
  }
  return { asDocument, items, count };
}

/** The next commands when a log has no lines. */
interface NextCommands {
  /** Follows the log. */
  readonly follow: string;
  /** Explains why there is no log. */
  readonly explain: string;
}

/**
 * Prints the log of a build or a job.
 * @returns the document, if the log is to be one; or why there are no lines, and what to do next
 */
export async function printLog(
  terminal: Terminal,
  readPage: (query: PageQuery) => Promise<LogPage>,
  { jobs, next }: { jobs: number; next: NextCommands },
  options: ValuesOf<typeof logOptions>,
): Promise<Result | undefined> {
  let last: Pick<LogPage, 'complete' | 'absence'> = { complete: false };
  const readAndRemember = async (query: PageQuery) => {
    const page = await readPage(query);
    last = page;
    return page;
  };
  const sources = { sourceOf: (line: LogPage['items'][number]) => line.job, sourceCount: jobs };
  const { asDocument, items, count } = await printLines(terminal, readAndRemember, sources, options);
  const { absence } = last;
  const document = { items, ...(absence !== undefined && { absence }) };
  if (count > 0) return asDocument ? { json: document, text: jsonText(document, 2) } : undefined;
  return { json: document, text: asDocument ? jsonText(document, 2) : '', notes: emptyNotes(last, next) };
}

function emptyNotes(
  { complete, absence }: Pick<LogPage, 'complete' | 'absence'>,
  { follow, explain }: NextCommands,
): string[] {
  if (absence === undefined)
    return complete ? ['The log is empty.', `next: ${explain}`] : ['No log lines yet.', `next: ${follow}`];
  const { build_id: build, run_id: run } = absence;
  const hasOtherRun = run !== undefined && build !== undefined;
  return [
    clean(absence.message),
    ...(hasOtherRun ? [] : [clean(absence.next)]),
    `next: ${hasOtherRun ? `staithe build logs ${build} --run ${run}` : explain}`,
  ];
}
