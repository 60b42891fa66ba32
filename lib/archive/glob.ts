/**
 * Globs over paths with forward slashes: `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`, and `**` for any number of folders. Names that
 * begin with a dot match like all others. A glob that matches a folder stands for the tree below it. Written here, as
 * Node's own glob is experimental in Node 22, follows links, and has changed between versions: an artifact's digest
 * must not depend on that.
 */
export function compileGlob(glob: string): (path: string) => boolean {
  const trimmed = normalizeGlob(glob);
  const wantsFolder = /\/(\*\*)?$/.test(glob) && trimmed !== '**';
  const source = trimmed === '.' ? '.+' : patternOf(trimmed);
  // `dist/` and `dist/**` are what stands below dist, and never a file named dist.
  const expression = new RegExp(
    trimmed === '.' ? '^.+$' : wantsFolder ? `^${source}/.+$` : `^${source}(?:/.*)?$`,
    'su',
  );
  return (path) => expression.test(path);
}

/** Drops `./`, doubled slashes, and a trailing `/` or `/**`, which only say what a folder's match means anyway. */
function normalizeGlob(glob: string): string {
  const parts = glob
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    // Two `**` in a row say no more than one, but make a regular expression try every way to share folders out.
    .filter((part, index, all) => part !== '**' || all[index - 1] !== '**');
  while (parts.length > 1 && parts.at(-1) === '**') parts.pop();
  return parts.length === 0 ? '.' : parts.join('/');
}

/** The folders before the first magic component: the only place where matches can be, and so the only one to walk. */
export function fixedFolder(glob: string): string {
  const parts = normalizeGlob(glob).split('/');
  const magic = parts.findIndex((part) => /[*?[{\\]/.test(part));
  const fixed = magic === -1 ? parts : parts.slice(0, magic);
  return fixed.length === 0 ? '.' : fixed.join('/');
}

function patternOf(glob: string): string {
  let pattern = '';
  let depth = 0;
  for (let at = 0; at < glob.length; at += 1) {
    const rest = glob.slice(at);
    const set = /^\[(!|\^)?(\]?[^\]/]*)\]/.exec(rest);
    if (/^\*\*\//.test(rest) && (at === 0 || glob[at - 1] === '/')) {
      pattern += '(?:[^/]+/)*';
      at += 2;
    } else if (/^\*\*$/.test(rest) && (at === 0 || glob[at - 1] === '/')) {
      pattern += '.+';
      at += 1;
    } else if (rest[0] === '*') {
      pattern += at === 0 || glob[at - 1] === '/' ? '(?=[^/])[^/]*' : '[^/]*';
    } else if (rest[0] === '?') pattern += '[^/]';
    else if (set !== null && set[2] !== '') {
      pattern += setOf(set[2] ?? '', set[1] !== undefined);
      at += set[0].length - 1;
    } else if (rest[0] === '{' && rest.includes('}')) {
      pattern += '(?:';
      depth += 1;
    } else if (rest[0] === '}' && depth > 0) {
      pattern += ')';
      depth -= 1;
    } else if (rest[0] === ',' && depth > 0) pattern += '|';
    else pattern += (rest[0] ?? '').replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  }
  // A brace that is never closed is a brace.
  return depth === 0 ? pattern : literal(glob);
}

/** One character of a set. A range from a later character to an earlier one is empty, as in fnmatch(3). */
function setOf(written: string, negated: boolean): string {
  let members = '';
  const characters = [...written];
  for (let at = 0; at < characters.length; at += 1) {
    const [from = '', dash, to] = characters.slice(at, at + 3);
    if (dash !== '-' || to === undefined) members += member(from);
    else {
      if (codeOf(from) <= codeOf(to)) members += `${member(from)}-${member(to)}`;
      at += 2;
    }
  }
  if (members === '') return negated ? '[^/]' : '(?!)';
  return `(?!/)[${negated ? '^' : ''}${members}]`;
}

const codeOf = (character: string): number => character.codePointAt(0) ?? 0;
const member = (character: string): string => character.replace(/[\\[\]^-]/, '\\$&');

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
