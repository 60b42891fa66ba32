/** The location of this program, and the command that runs it. */
import { join, relative } from 'node:path';
import { userFolder } from './user-folders.ts';

/** Defined in the package that `npm pack` makes (bin/bundle.ts), and nowhere else. */
declare const STAITHE_PACKED: true | undefined;

/** Whether this is the package, which has only the CLI; otherwise it is a checkout, which is complete. */
export const IS_PACKED = typeof STAITHE_PACKED !== 'undefined';

/** The folder with package.json. All files of the package are in its `dist/`. */
export const PROGRAM = IS_PACKED
  ? join(import.meta.dirname, '..')
  : join(import.meta.dirname, '..', '..', '..');

/** In `dist/` of the package: what `staithe start` and `staithe install` unpack. */
export const CHECKOUT_ARCHIVE = 'checkout.tar.gz';

/** The default state folder of `staithe start`; its connection file is the last one looked for. */
export function defaultStateFolder(env: NodeJS.ProcessEnv): string {
  return IS_PACKED ? join(userFolder('state', env), 'server') : join(PROGRAM, '.staithe');
}

/** `npx staithe` finds this program only inside its checkout; elsewhere npx would download an unrelated package. */
function commandName(): string {
  const isInside = !relative(PROGRAM, process.cwd()).startsWith('..');
  if (IS_PACKED || !isInside) return 'staithe';
  return 'npx staithe';
}

/**
 * Replaces the commands in a text by those to type here. Texts have `staithe <verb>`; in a checkout that is
 * `npx staithe <verb>`, and `npm start` for `staithe start`.
 */
export function asTyped(text: string): string {
  const name = commandName();
  if (name === 'staithe') return text;
  return text
    .replace(/(?<![\w./-]|npx )staithe start\b/g, 'npm start')
    .replace(/(?<![\w./-]|npx )staithe (?=[a-z]+(?:[ `]|$)|--)/gm, `${name} `);
}
