/** Results go to stdout; progress and notes go to stderr. */
import { asTyped } from '../paths/program.ts';
import { clean } from './clean.ts';
import { jsonText } from './json.ts';
import { noteCyan, noteDim } from './style.ts';

export interface Terminal {
  /** For programs: one JSON document, or JSON lines with --follow. */
  readonly json: boolean;
  /** A line of the result. */
  print(line: string): void;
  /** One JSON line of the result. */
  event(value: unknown): void;
  /** A line for people on stderr; not printed with --json. */
  note(line: string): void;
  /** The current activity. On a terminal one line that is updated; elsewhere a line for each new `stage`. */
  progress(stage: string, detail?: string): void;
  /** Removes the progress line. */
  done(): void;
  /** Sets the message for a command that ends before what it follows. */
  onInterrupt(lines: readonly string[]): void;
  /** Prints that message. */
  interrupted(): void;
}

/** A second line of defence: callers clean names and messages themselves (clean.ts). */
const cleaned = (text: string): string => clean(text, true);

const CLEAR_LINE = '\r\x1b[2K';

export function createTerminal(json: boolean): Terminal {
  const { stdout, stderr } = process;
  const isUpdatable = stderr.isTTY === true && process.env.TERM !== 'dumb' && !json;
  let line = '';
  let lastStage = '';
  let interruptLines: readonly string[] = [];
  const withoutProgress = (write: () => void) => {
    if (line !== '') stderr.write(CLEAR_LINE);
    write();
    if (line !== '') stderr.write(line);
  };
  const note = (text: string) => {
    if (!json) withoutProgress(() => stderr.write(`${cleaned(asTyped(text))}\n`));
  };
  return {
    json,
    print: (text) => withoutProgress(() => stdout.write(`${cleaned(text)}\n`)),
    event: (value) => stdout.write(`${jsonText(value)}\n`),
    note,
    progress: (stage, detail = '') => {
      if (!isUpdatable) {
        if (stage !== lastStage) note(noteDim(stage));
        lastStage = stage;
        return;
      }
      // One column stays free: a line as wide as the terminal wraps and cannot be cleared.
      const text = `${stage}${detail && ` ${detail}`}`.slice(0, (stderr.columns || 80) - 1);
      line = noteCyan(text);
      stderr.write(`${CLEAR_LINE}${line}`);
    },
    done: () => {
      if (line !== '') stderr.write(CLEAR_LINE);
      line = '';
      lastStage = '';
    },
    onInterrupt: (lines) => {
      interruptLines = lines;
    },
    interrupted: () => {
      if (line !== '') stderr.write('\n');
      if (!json) for (const text of interruptLines) stderr.write(`${asTyped(text)}\n`);
    },
  };
}

/** `[########........] 52%` */
export function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * 20);
  return `[${'#'.repeat(filled)}${'.'.repeat(20 - filled)}] ${Math.floor(share * 100)}%`;
}
