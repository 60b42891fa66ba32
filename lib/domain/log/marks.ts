/**
 * Marks that the agent puts before lines of commands, and readers take away. They are colour resets (ECMA-48, SGR) in
 * spellings that no program prints, so whoever reads a log with other tools sees nothing of them.
 */
import type { StoredLine } from '../ports/logs.ts';

/** CodeBuild's own lines begin so: `[Container] 2026/11/21 09:30:00.123456 Entering phase BUILD`. */
export const PLATFORM_BEGINNING = '[Container] ';
/** Before a line of a command that begins like one of the platform, or like a mark: it is the command's all the same. */
export const QUOTED = '\x1b[;;m';
/** Before the rest of a line whose beginning was shown while nothing ended it. */
export const CONTINUES = '\x1b[;m';

/** Before the agent's last line. None of a command follows, and of the agent only why its result did not count. */
export const LAST = '\x1b[;;;m';

/** What is common to all marks, and to nothing else. */
export const MARK_BEGINNING = '\x1b[;';

export const isLast = ({ message }: StoredLine): boolean => message.startsWith(LAST);

/** Lines of one stream as the commands have printed them. The rest of a line whose beginning is not among them stays a line. */
export function asPrinted(lines: readonly StoredLine[]): StoredLine[] {
  const whole: StoredLine[] = [];
  for (const line of lines) {
    const before = whole.at(-1);
    if (isLast(line)) whole.push({ ...line, message: line.message.slice(LAST.length) });
    else if (line.message.startsWith(QUOTED))
      whole.push({ ...line, message: line.message.slice(QUOTED.length) });
    else if (!line.message.startsWith(CONTINUES)) whole.push(line);
    else {
      const rest = line.message.slice(CONTINUES.length);
      if (before === undefined) whole.push({ ...line, message: rest });
      else whole[whole.length - 1] = { ...before, message: before.message + rest };
    }
  }
  return whole;
}
