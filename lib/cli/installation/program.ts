/** Where this program lies, and by which words its user calls it. */
import { join, relative } from 'node:path';
import { userFolder } from '../xdg.ts';

/** Defined in the package that `npm pack` makes (bin/bundle.ts), and nowhere else. */
declare const STAITHE_PACKED: true | undefined;

/** Whether this is the package, which has the CLI alone; otherwise it is a checkout, which has everything. */
export const IS_PACKED = typeof STAITHE_PACKED !== 'undefined';

/** The folder with package.json. All files of the package lie in its `dist/`. */
export const PROGRAM = IS_PACKED
  ? join(import.meta.dirname, '..')
  : join(import.meta.dirname, '..', '..', '..');

/** In `dist/` of the package: what `staithe start` and `staithe install` unpack. */
export const CHECKOUT_ARCHIVE = 'checkout.tar.gz';

/** Where `staithe start` keeps everything unless told otherwise, and where its connection file is looked for last. */
export function defaultState(env: NodeJS.ProcessEnv): string {
  return IS_PACKED ? join(userFolder('state', env), 'server') : join(PROGRAM, '.staithe');
}

/** `npx staithe` finds this program in its checkout alone; elsewhere npx would fetch a stranger's package of that name. */
function calledAs(): string {
  const isInside = !relative(PROGRAM, process.cwd()).startsWith('..');
  if (IS_PACKED || !isInside) return 'staithe';
  return 'npx staithe';
}

/**
 * Commands in a text for people, as they are to be typed here. Texts write `staithe <verb>`; in a checkout that is
 * `npx staithe <verb>`, and `npm start` for `staithe start`.
 */
export function asTyped(text: string): string {
  const name = calledAs();
  if (name === 'staithe') return text;
  return text
    .replace(/(?<![\w./-]|npx )staithe start\b/g, 'npm start')
    .replace(/(?<![\w./-]|npx )staithe (?=[a-z]+(?:[ `]|$)|--)/gm, `${name} `);
}
