/** JSON filter patterns: `{ $.a.b[0] = "x*" && ($.n >= 5 || $.gone NOT EXISTS) }`. */
import { invalidParameter } from './input.ts';

type Test = (root: unknown) => boolean;

const TOKEN =
  /\s*(?:(&&|\|\||!=|<=|>=|[=<>(){}])|"((?:[^"\\]|\\.)*)"|(\$(?:\.[\w-]+|\[(?:\d+|\*|"[^"]*"|'[^']*')\])*)|([^\s"=<>!(){}&|]+))/y;

interface Token {
  readonly kind: 'symbol' | 'string' | 'selector' | 'word';
  readonly text: string;
}

/**
 * Compiles a pattern in braces. A message that is no JSON object or array never matches.
 * @throws AwsError InvalidParameterException
 */
export function parseJsonFilter(pattern: string): (message: string) => boolean {
  const parser = new JsonFilterParser(tokenize(pattern));
  const test = parser.pattern();
  return (message) => {
    if (!/^\s*[[{]/.test(message)) return false;
    try {
      return test(JSON.parse(message));
    } catch {
      return false;
    }
  };
}

function tokenize(pattern: string): Token[] {
  const tokens: Token[] = [];
  const text = pattern.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw invalidParameter(`Invalid metric filter pattern: unexpected input at position ${at}`);
    const [, symbol, string, selector, word] = match;
    if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string.replace(/\\(["\\])/g, '$1') });
    else if (selector !== undefined) tokens.push({ kind: 'selector', text: selector });
    else tokens.push({ kind: 'word', text: word ?? '' });
  }
  return tokens;
}

class JsonFilterParser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  pattern(): Test {
    this.#expect('{');
    const test = this.#either();
    this.#expect('}');
    if (this.#at < this.#tokens.length) throw this.#error();
    return test;
  }

  #either(): Test {
    const tests = [this.#both()];
    while (this.#take('||')) tests.push(this.#both());
    return (root) => tests.some((test) => test(root));
  }

  #both(): Test {
    const tests = [this.#single()];
    while (this.#take('&&')) tests.push(this.#single());
    return (root) => tests.every((test) => test(root));
  }

  #single(): Test {
    if (this.#take('(')) {
      const test = this.#either();
      this.#expect(')');
      return test;
    }
    const selector = this.#next('selector').text;
    const values = (root: unknown) => select(root, selector);
    if (this.#takeWord('NOT')) {
      this.#expectWord('EXISTS');
      return (root) => values(root).length === 0;
    }
    if (this.#takeWord('EXISTS')) return (root) => values(root).length > 0;
    if (this.#takeWord('IS')) {
      const word = this.#next('word').text.toUpperCase();
      const wanted = new Map<string, unknown>([
        ['TRUE', true],
        ['FALSE', false],
        ['NULL', null],
      ]);
      if (!wanted.has(word)) throw this.#error();
      return (root) => values(root).some((value) => value === wanted.get(word));
    }
    const operator = this.#next('symbol').text;
    const token = this.#tokens[this.#at++];
    if (token?.kind !== 'string' && token?.kind !== 'word') throw this.#error();
    const compare = comparison(operator, token.text, token.kind === 'string');
    if (!compare) throw this.#error();
    return (root) => values(root).some(compare);
  }

  #take(symbol: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'symbol' || token.text !== symbol) return false;
    this.#at += 1;
    return true;
  }
  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'word' || token.text.toUpperCase() !== word) return false;
    this.#at += 1;
    return true;
  }
  #next(kind: Token['kind']): Token {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind) throw this.#error();
    this.#at += 1;
    return token;
  }
  #expect(symbol: string): void {
    if (!this.#take(symbol)) throw this.#error();
  }
  #expectWord(word: string): void {
    if (!this.#takeWord(word)) throw this.#error();
  }
  #error(): Error {
    const found = this.#tokens[this.#at]?.text ?? 'the end';
    return invalidParameter(`Invalid metric filter pattern: unexpected '${found}'`);
  }
}

/** The values at a selector: none when it is absent, several with `[*]`. */
function select(root: unknown, selector: string): unknown[] {
  let values: unknown[] = [root];
  for (const step of selector.matchAll(/\.([\w-]+)|\[(?:(\d+)|(\*)|"([^"]*)"|'([^']*)')\]/g)) {
    const key = step[1] ?? step[2] ?? step[4] ?? step[5];
    values = values.flatMap((value) => {
      if (step[3]) return Array.isArray(value) ? value : [];
      if (typeof value !== 'object' || value === null || key === undefined) return [];
      const found = Object.entries(value).find(([name]) => name === key);
      return found ? [found[1]] : [];
    });
  }
  return values;
}

function comparison(
  operator: string,
  text: string,
  quoted: boolean,
): ((value: unknown) => boolean) | undefined {
  const number = Number(text);
  const numeric = !quoted && text !== '' && Number.isFinite(number);
  const equal = (value: unknown): boolean =>
    typeof value === 'number'
      ? numeric && value === number
      : typeof value === 'string' && wildcard(text, value);
  const compared = (test: (value: number) => boolean) =>
    numeric ? (value: unknown) => typeof value === 'number' && test(value) : undefined;
  if (operator === '=') return equal;
  if (operator === '!=') return (value) => !equal(value);
  if (operator === '<') return compared((value) => value < number);
  if (operator === '<=') return compared((value) => value <= number);
  if (operator === '>') return compared((value) => value > number);
  if (operator === '>=') return compared((value) => value >= number);
  return undefined;
}

/** `*` stands for any run of characters. Linear in the text: no regular expression made from what a caller sent. */
function wildcard(pattern: string, text: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return text === head;
  if (!text.startsWith(head)) return false;
  const tail = rest.pop() ?? '';
  let at = head.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - tail.length >= at && text.endsWith(tail);
}
