/**
 * From text to data, with the place of everything in it. YAML 1.2 as far as JSON could say the same: what people and
 * programs read in different ways (other spellings of numbers, merge keys, tags of one's own) is a mistake here.
 */
import { parseDocument } from 'yaml';
import type { Mistake, Position, Step } from './position.ts';
import { Reader, UnreadableDocument } from './reader.ts';

export { UnreadableDocument } from './reader.ts';

export interface ReadDocument {
  readonly data: unknown;
  /** Mistakes of writing, that leave the data readable. */
  readonly mistakes: readonly Mistake[];
  /** Where the value at the path is written, or its key; the nearest around it when there is no such value. */
  offsetOf(path: readonly Step[], what: 'key' | 'value'): number;
}

/** @throws UnreadableDocument */
export function readDocument(text: string, positionAt: (offset: number) => Position): ReadDocument {
  const document = parsedOf(text);
  const broken = document.errors[0];
  if (broken !== undefined)
    throw new UnreadableDocument(
      broken.pos[0],
      broken.code === 'RESOURCE_EXHAUSTION' ? 'is nested too deeply' : sentenceOf(broken.message),
    );
  if (document.directives?.yaml.explicit && document.directives.yaml.version !== '1.2')
    throw new UnreadableDocument(
      0,
      `is declared as YAML ${document.directives.yaml.version}; manifests are YAML 1.2`,
    );
  const reader = new Reader(positionAt);
  const data = document.contents === null ? null : reader.read(document.contents, [], 0);
  return {
    data,
    mistakes: reader.mistakes,
    offsetOf: (path, what) => reader.offsetOf(document.contents, path, what),
  };
}

function parsedOf(text: string) {
  try {
    // Keys of maps are compared here and not by the parser, which takes quadratic time for it.
    return parseDocument(text, { prettyErrors: false, version: '1.2', uniqueKeys: false, stringKeys: true });
  } catch (error) {
    // The parser follows nesting by recursion, and tells most, but not all, of what is too deep as an error of its own.
    if (!(error instanceof RangeError)) throw error;
    throw new UnreadableDocument(Math.max(0, text.search(DEEP)), 'is nested too deeply');
  }
}

/** Indicators of nested lists and maps, more of them in a row than any manifest has. */
const DEEP = /(?:[-?:][ \t]+|[[{]\s*){33}/;

const sentenceOf = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1);
