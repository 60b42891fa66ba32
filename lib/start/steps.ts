/** Steps on the terminal: what is done, what goes on, what came of it, how long it took. */
import { styleText } from 'node:util';

/**
 * @param work is given how to say what it is at, for steps that take seconds
 * @param commentOn what to print of the result
 */
export type Step = <T>(
  title: string,
  work: (say: (stage: string) => void) => Promise<T>,
  commentOn?: (result: T) => string,
) => Promise<T>;

const CLEAR_LINE = '\r\x1b[2K';
/** A tenth of a second is shown, so the line is fluent, and costs nothing. */
const REFRESH_MS = 100;

/** What goes on now: on a terminal one line that changes, elsewhere a line for each stage. */
function progress(stream: NodeJS.WriteStream, title: string, took: () => number) {
  if (stream.isTTY !== true)
    return { say: (stage: string) => void stream.write(`  … ${title}: ${stage}\n`), end: () => undefined };
  let stage = '';
  const show = () => {
    const line = `  … ${title.padEnd(34)} ${(took() / 1000).toFixed(1).padStart(7)} s  ${stage}`;
    // One column is left free: a line as wide as the terminal would wrap and could not be cleared.
    stream.write(`${CLEAR_LINE}${line.slice(0, (stream.columns || 80) - 1)}`);
  };
  const ticking = setInterval(show, REFRESH_MS);
  return {
    say: (now: string) => {
      stage = now;
      show();
    },
    end: () => {
      clearInterval(ticking);
      stream.write(CLEAR_LINE);
    },
  };
}

/** Prints one line a step, and the failing one with its reason. */
export function stepsOn(stream: NodeJS.WriteStream): Step {
  return async (title, work, commentOn) => {
    const began = performance.now();
    const milliseconds = () => performance.now() - began;
    const took = () =>
      styleText('dim', `${Math.round(milliseconds()).toLocaleString('en-US')} ms`.padStart(9), { stream });
    const { say, end } = progress(stream, title, milliseconds);
    try {
      const result = await work(say);
      end();
      const text = commentOn?.(result) ?? '';
      const comment = text && `  ${styleText('dim', text, { stream })}`;
      stream.write(`  ${styleText('green', '✓', { stream })} ${title.padEnd(34)} ${took()}${comment}\n`);
      return result;
    } catch (error) {
      end();
      stream.write(`  ${styleText('red', '✗', { stream })} ${title.padEnd(34)} ${took()}\n`);
      throw error;
    }
  };
}
