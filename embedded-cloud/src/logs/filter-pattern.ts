/**
 * Filter patterns of FilterLogEvents: terms (`ERROR "two words"`, `?either ?or`, `-not`) and JSON selectors
 * (`{ $.level = "error" && $.ms > 100 }`). Rules: CloudWatch Logs user guide, "Filter pattern syntax".
 * Space-delimited patterns (`[a, b]`) and regular expressions (`%x%`) are refused.
 */
import { notImplemented } from '../service.ts';
import { invalidParameter } from './input.ts';
import { parseJsonFilter } from './json-filter.ts';

export type MessageFilter = (message: string) => boolean;

/**
 * Compiles a pattern; the empty one matches everything.
 * @throws AwsError InvalidParameterException when it is malformed, NotImplemented for the refused kinds
 */
export function parseFilterPattern(pattern: string): MessageFilter {
  const text = pattern.trim();
  if (text === '' || text === '" "') return () => true;
  if (text.startsWith('{')) return parseJsonFilter(text);
  if (text.startsWith('['))
    throw notImplemented('logs', 'FilterLogEvents with a space-delimited filter pattern');
  return termFilter(text);
}

const TERM = /\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/y;

function termFilter(text: string): MessageFilter {
  const required: string[] = [];
  const optional: string[] = [];
  const excluded: string[] = [];
  TERM.lastIndex = 0;
  while (TERM.lastIndex < text.length) {
    const at = TERM.lastIndex;
    const match = TERM.exec(text);
    if (!match) throw invalidParameter(`Invalid filter pattern: unbalanced quotes at position ${at}`);
    const term = match[2] !== undefined ? match[2].replace(/\\(.)/g, '$1') : plainTerm(match[3] ?? '');
    const list = match[1] === '?' ? optional : match[1] === '-' ? excluded : required;
    list.push(term);
  }
  // As AWS does it: optional terms count only where there is no required one.
  const anyOf = required.length === 0 ? optional : [];
  return (message) =>
    required.every((term) => message.includes(term)) &&
    (anyOf.length === 0 || anyOf.some((term) => message.includes(term))) &&
    !excluded.some((term) => message.includes(term));
}

/** A term without quotes holds letters, digits, `_`, `.`, `-`, `/`, `:`, `@`; anything else has to be quoted. */
function plainTerm(term: string): string {
  if (/^%.*%$/.test(term)) throw notImplemented('logs', 'FilterLogEvents with a regular expression');
  if (!/^[\p{L}\p{N}_./:@-]+$/u.test(term)) {
    throw invalidParameter(`Invalid character(s) in term '${term}'`);
  }
  return term;
}
