/**
 * What is asked of every request before any schema looks at it: keys and text that can be kept, and no deep nesting.
 * Schemas cannot be trusted with it: they pass `__proto__` over, and a text that is checked nowhere is free text.
 */
import type { FieldProblem } from '../domain/error.ts';
import { cut, isNoKey, MALFORMED, NO_KEY } from '../domain/text.ts';

/** 32 levels, as in manifests: the deepest field of the contract stands on the sixth. */
const MAX_DEPTH = 32;
/** As many as somebody mends before sending it again. */
const MAX_PROBLEMS = 20;
/** A key of a megabyte would make the answer as large. */
const SHOWN_KEY = 100;

interface Node {
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
}

/** @param value parsed JSON, or the parameters of a path or a query; @param prefix what its fields begin with */
export function unkeepable(value: unknown, prefix: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const complain = (path: string, message: string) =>
    problems.push({ field: path === '' ? prefix || 'body' : `${prefix}${path}`, message });
  // A list of what is left to look at, as a recursion would end where the nesting of a hostile body does not.
  const left: Node[] = [{ value, path: '', depth: 0 }];
  for (let at = left.pop(); at !== undefined && problems.length < MAX_PROBLEMS; at = left.pop()) {
    const { value: found, path, depth } = at;
    if (typeof found === 'string' && !found.isWellFormed()) complain(path, MALFORMED);
    if (typeof found !== 'object' || found === null) continue;
    if (depth >= MAX_DEPTH) {
      complain(path, `is nested more than ${MAX_DEPTH} levels deep`);
      continue;
    }
    for (const [key, member] of Object.entries(found).reverse()) {
      const field = path === '' ? cut(key, SHOWN_KEY) : `${path}.${cut(key, SHOWN_KEY)}`;
      if (isNoKey(key) && !Array.isArray(found)) complain(field, NO_KEY);
      else if (!key.isWellFormed()) complain(field, `${MALFORMED} in its name`);
      else left.push({ value: member, path: field, depth: depth + 1 });
    }
  }
  return problems;
}
