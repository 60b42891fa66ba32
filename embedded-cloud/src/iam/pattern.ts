/**
 * Wildcard patterns of IAM: `*` is any run of characters, also none and also `:` and `/`; `?` is exactly one
 * character (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html). Matching is
 * the two-pointer walk, linear for every pattern that occurs in practice, and never a regular expression: patterns
 * and names come from users, and a backtracking one could be made to hang.
 */
import type { ConditionLookup } from './request-context.ts';

const ANY = -1;
const ONE = -2;

/** A pattern is a list of character codes, `ANY` and `ONE`, with variables left open until a request is known. */
type Piece = readonly number[] | { readonly variable: string; readonly otherwise: string | undefined };

/** Says whether a text matches; `lookup` gives the values of policy variables such as `${aws:username}`. */
export interface Pattern {
  readonly source: string;
  /** True when the answer depends on the request and may not be cached. */
  readonly hasVariables: boolean;
  matches(text: string, lookup?: ConditionLookup): boolean;
}

/** Compiles a pattern without policy variables. */
export function wildcard(source: string): Pattern {
  const first = source.search(/[*?]/);
  if (first === -1) return { source, hasVariables: false, matches: (text) => text === source };
  if (first === source.length - 1 && source.endsWith('*')) {
    const prefix = source.slice(0, -1);
    return { source, hasVariables: false, matches: (text) => text.startsWith(prefix) };
  }
  const codes = toCodes(source);
  return { source, hasVariables: false, matches: (text) => walk(codes, text) };
}

/**
 * Compiles a pattern in which `${key}` stands for a value of the request, `${key, 'default'}` for one with a default,
 * and `${*}`, `${?}`, `${$}` for the characters themselves. What a variable brings in is matched literally. A variable
 * without a value and without a default makes the pattern match nothing.
 */
export function patternWithVariables(source: string): Pattern {
  if (!source.includes('${')) return wildcard(source);
  const pieces = toPieces(source);
  const hasVariables = pieces.some((piece) => 'variable' in piece);
  const matches = (text: string, lookup?: ConditionLookup): boolean => {
    const codes: number[] = [];
    for (const piece of pieces) {
      if (!('variable' in piece)) {
        codes.push(...piece);
        continue;
      }
      const value = lookup?.(piece.variable)?.[0] ?? piece.otherwise;
      if (value === undefined) return false;
      codes.push(...literal(value));
    }
    return walk(codes, text);
  };
  return { source, hasVariables, matches };
}

function toPieces(source: string): Piece[] {
  const pieces: Piece[] = [];
  let position = 0;
  for (const match of source.matchAll(/\$\{([^}]*)\}/g)) {
    pieces.push(toCodes(source.slice(position, match.index)));
    const inside = match[1] ?? '';
    if (inside === '*' || inside === '?' || inside === '$') pieces.push(literal(inside));
    else {
      const [, key, otherwise] = /^([^,]*?)(?:\s*,\s*'([^']*)')?$/.exec(inside) ?? [
        undefined,
        inside,
        undefined,
      ];
      pieces.push({ variable: (key ?? inside).trim().toLowerCase(), otherwise });
    }
    position = match.index + match[0].length;
  }
  pieces.push(toCodes(source.slice(position)));
  return pieces;
}

function toCodes(source: string): number[] {
  return literal(source).map((code) => (code === 42 ? ANY : code === 63 ? ONE : code));
}

function literal(text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}

/** Greedy walk with one remembered `*`: on a mismatch the last `*` takes one character more. */
function walk(codes: readonly number[], text: string): boolean {
  let at = 0;
  let position = 0;
  let star = -1;
  let resume = 0;
  while (position < text.length) {
    const code = codes[at];
    if (code === ANY) {
      star = at++;
      resume = position;
    } else if (code === ONE || (code !== undefined && code === text.charCodeAt(position))) {
      at++;
      position++;
    } else if (star !== -1) {
      at = star + 1;
      position = ++resume;
    } else return false;
  }
  while (codes[at] === ANY) at++;
  return at === codes.length;
}
