/** `{"wildcard": "dir/*.png"}`: `*` is any run of characters, `\*` and `\\` are literal. */
import { invalidPattern } from './error.ts';

/**
 * Compiles to a search of literal parts from left to right: linear, whatever the pattern.
 * @throws AwsError InvalidEventPatternException for `**` and for another escape
 */
export function compileWildcard(pattern: string): (text: string) => boolean {
  const parts = literalParts(pattern);
  const [head = '', ...middle] = parts;
  if (middle.length === 0) return (text) => text === head;
  const tail = middle.pop() ?? '';
  return (text) => {
    if (!text.startsWith(head)) return false;
    let at = head.length;
    for (const part of middle) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return text.length - tail.length >= at && text.endsWith(tail);
  };
}

function literalParts(pattern: string): string[] {
  const parts: string[] = [''];
  const append = (character: string) => {
    parts[parts.length - 1] += character;
  };
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index);
    if (character === '\\') {
      const escaped = pattern.charAt(index + 1);
      if (escaped !== '*' && escaped !== '\\') {
        throw invalidPattern(`Invalid escape character at pos ${index}`);
      }
      append(escaped);
      index += 1;
    } else if (character === '*') {
      if (pattern.charAt(index + 1) === '*') {
        throw invalidPattern(`Consecutive wildcard characters at pos ${index}`);
      }
      parts.push('');
    } else {
      append(character);
    }
  }
  return parts;
}
