/** The options that all logs share, and printing one as they say. */
import type { Result } from '../command.ts';
import { choice, flag, integer, type OptionKind, type ValuesOf } from '../option.ts';
import type { LogPage } from '../resources.ts';
import { clean } from '../terminal/clean.ts';
import { jsonText } from '../terminal/json.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { logFormatter, type PrintedLine } from './line.ts';
import { logPages, type Page, type PageQuery } from './log.ts';

/** `--ansi` and `--no-ansi` are two flags of one option: true, false, or nothing said. */
const ansi: OptionKind<boolean | undefined> = {
  flags: '--ansi',
  description: 'keep the colours of the log, also where it goes to no terminal',
  prepare: (option) => option,
  read: (given) => (typeof given === 'boolean' ? given : undefined),
};

export const logOptions = {
  follow: flag('--follow', 'go on until the end'),
  tail: integer('--tail <lines>', 'begin with the last lines, so many'),
  format: choice('--format <format>', 'how lines are printed', ['text', 'json', 'jsonl']),
  ansi,
  noAnsi: { ...ansi, flags: '--no-ansi', description: 'take colours out' },
  timestamps: flag('--timestamps', 'the whole time of each line, in UTC, instead of the time of day'),
  platform: flag('--platform', 'also the lines in which the build platform speaks of itself'),
};

/** @param printer what stands between time and text when there are several */
export const logDetails = (printer: string): string =>
  `Lines are [HH:MM:SS] and the text, with the ${printer} between when there are several. ` +
  'Colours are kept on a terminal; ' +
  'whatever else could steer it is taken out. --format jsonl prints one line of JSON for each line of the log, ' +
  '--format json (like --json) one document {"items": […]}; with --follow they are the same.';

export const LOG_DETAILS = logDetails('job');

/** What was printed: the document's items when the log is to be one document, and how many lines in any case. */
interface Printed<Line> {
  readonly whole: boolean;
  readonly items: readonly Line[];
  readonly count: number;
}

/** @param printers what prints the lines, and how many of them are known */
export async function print<Line extends PrintedLine>(
  terminal: Terminal,
  readPage: (query: PageQuery) => Promise<Page<Line>>,
  printers: { readonly by: (line: Line) => string; readonly count: number },
  options: ValuesOf<typeof logOptions>,
): Promise<Printed<Line>> {
  const { follow, tail, platform, timestamps } = options;
  const format = terminal.json ? 'json' : (options.format ?? 'text');
  const whole = format === 'json' && !follow;
  const style = { colours: options.ansi, timestamps };
  const text = logFormatter(printers.by, printers.count, process.stdout, style);
  const items: Line[] = [];
  const plain = options.ansi === false && format !== 'text';
  let count = 0;
  for await (const lines of logPages(readPage, { follow, tail, platform, plain })) {
    count += lines.length;
    for (const line of lines) {
      if (whole) items.push(line);
      else if (format === 'text') terminal.print(text(line));
      else terminal.event(line);
    }
  }
  return { whole, items, count };
}

/** Whose log it is, for what is said when there are no lines. */
interface Whose {
  /** Follows it. */
  readonly follow: string;
  /** Tells why there is none, when no other run has one. */
  readonly explain: string;
}

/**
 * The log of a build or a job.
 * @returns the document, when the log is to be one; or why nothing was printed, and what to do next
 */
export async function printLog(
  terminal: Terminal,
  readPage: (query: PageQuery) => Promise<LogPage>,
  { jobs, whose }: { jobs: number; whose: Whose },
  options: ValuesOf<typeof logOptions>,
): Promise<Result | undefined> {
  let last: Pick<LogPage, 'complete' | 'absence'> = { complete: false };
  const readNoting = async (query: PageQuery) => {
    const page = await readPage(query);
    last = page;
    return page;
  };
  const printers = { by: (line: LogPage['items'][number]) => line.job, count: jobs };
  const { whole, items, count } = await print(terminal, readNoting, printers, options);
  const { absence } = last;
  const document = { items, ...(absence !== undefined && { absence }) };
  if (count > 0) return whole ? { json: document, text: jsonText(document, 2) } : undefined;
  return { json: document, text: whole ? jsonText(document, 2) : '', notes: notesOf(last, whose) };
}

function notesOf({ complete, absence }: Pick<LogPage, 'complete' | 'absence'>, whose: Whose): string[] {
  if (absence === undefined)
    return complete
      ? ['the log has no lines', `next: ${whose.explain}`]
      : ['no lines yet', `next: ${whose.follow}`];
  const { build_id: build, run_id: run } = absence;
  return [
    clean(absence.message),
    ...(run === undefined || build === undefined ? [clean(absence.next)] : []),
    `next: ${run === undefined || build === undefined ? whose.explain : `staithe build logs ${build} --run ${run}`}`,
  ];
}
