/** Steps on the terminal: what is done, what came of it, how long it took. */
import { styleText } from 'node:util';

export type Step = <T>(title: string, work: () => Promise<T>, tell?: (result: T) => string) => Promise<T>;

/** Prints one line a step, and the failing one with its reason. */
export function stepsOn(stream: NodeJS.WriteStream): Step {
  return async (title, work, tell) => {
    const began = performance.now();
    const took = () =>
      styleText('dim', `${Math.round(performance.now() - began).toLocaleString('en-US')} ms`.padStart(9), {
        stream,
      });
    try {
      const result = await work();
      const told = tell === undefined ? '' : `  ${styleText('dim', tell(result), { stream })}`;
      stream.write(`  ${styleText('green', '✓', { stream })} ${title.padEnd(34)} ${took()}${told}\n`);
      return result;
    } catch (error) {
      stream.write(`  ${styleText('red', '✗', { stream })} ${title.padEnd(34)} ${took()}\n`);
      throw error;
    }
  };
}
