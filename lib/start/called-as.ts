/** How the reader of this terminal calls Staithe: by npm in a checkout, or by the installed program, which says so. */
const installed = process.env.STAITHE_CALLED_AS === 'staithe';

/** Before the words of a command of the CLI. */
export const CLI = installed ? 'staithe' : 'npx staithe';

/** A start with options. */
export const startWith = (options: string): string =>
  installed ? `staithe start ${options}` : `npm start -- ${options}`;

export const START = installed ? 'staithe start' : 'npm start';
