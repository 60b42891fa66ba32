/** Results go to stdout; everything else (progress, notes) to stderr. */
import { asTyped } from '../installation/program.ts';
import { clean } from './clean.ts';
import { jsonText } from './json.ts';
import { noteCyan, noteDim } from './style.ts';

export interface Terminal {
  /** Programs read: one JSON document, or JSON lines while something is followed. */
  readonly json: boolean;
  /** A line of the result. */
  print(line: string): void;
  /** One JSON line of the result. */
  event(value: unknown): void;
  /** A line for people on stderr; said to nobody when programs read. */
  note(line: string): void;
  /** What is going on now. On a terminal it is one line that changes; elsewhere a line whenever `stage` changes. */
  progress(stage: string, detail?: string): void;
  /** The progress line goes away. */
  done(): void;
  /** What is to be said when the command ends before what it follows has ended. */
  onInterrupt(lines: readonly string[]): void;
  /** Says it. */
  interrupted(): void;
}

/** Whoever wrote it has taken care of names and messages (clean.ts); what was forgotten steers nothing all the same. */
const shown = (text: string): string => clean(text, true);

const CLEAR_LINE = '\r\x1b[2K';

export function createTerminal(json: boolean): Terminal {
  const { stdout, stderr } = process;
  const live = stderr.isTTY === true && process.env.TERM !== 'dumb' && !json;
  let line = '';
  let stageSaid = '';
  let farewell: readonly string[] = [];
  const withoutProgress = (write: () => void) => {
    if (line !== '') stderr.write(CLEAR_LINE);
    write();
    if (line !== '') stderr.write(line);
  };
  const note = (text: string) => {
    if (!json) withoutProgress(() => stderr.write(`${shown(asTyped(text))}\n`));
  };
  return {
    json,
    print: (text) => withoutProgress(() => stdout.write(`${shown(text)}\n`)),
    event: (value) => stdout.write(`${jsonText(value)}\n`),
    note,
    progress: (stage, detail = '') => {
      if (!live) {
        if (stage !== stageSaid) note(noteDim(stage));
        stageSaid = stage;
        return;
      }
      // One column is left free: a line as wide as the terminal would wrap and could not be cleared.
      const whole = `${stage}${detail && ` ${detail}`}`.slice(0, (stderr.columns || 80) - 1);
      line = noteCyan(whole);
      stderr.write(`${CLEAR_LINE}${line}`);
    },
    done: () => {
      if (line !== '') stderr.write(CLEAR_LINE);
      line = '';
      stageSaid = '';
    },
    onInterrupt: (lines) => {
      farewell = lines;
    },
    interrupted: () => {
      if (line !== '') stderr.write('\n');
      if (!json) for (const text of farewell) stderr.write(`${asTyped(text)}\n`);
    },
  };
}

/** `[########........] 52%` */
export function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * 20);
  return `[${'#'.repeat(filled)}${'.'.repeat(20 - filled)}] ${Math.floor(share * 100)}%`;
}
