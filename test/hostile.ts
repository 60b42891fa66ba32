/** Strings and names that break what is not made for them, and every place of the contract into which they go. */
import type { RouteSpec } from '../lib/contract/route.ts';
import { EXAMPLES, type ExampleRequest } from './system/requests.ts';

/** No text at all, wherever it stands. */
export const NO_TEXT = ['\ud800', 'a\udfffb'];
/** No key of anything. */
export const NO_KEYS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '\ud800'];
/** Text that may stand somewhere, and is refused or kept, but breaks nothing. */
export const ODD_TEXT = [
  'a\u0000b',
  'two\nlines\u001b[2J',
  'constructor',
  '__proto__',
  'toString',
  '🛥️',
  '\u202egnp.exe',
  'x'.repeat(4000),
];
/** As they stand in a URL. */
export const ODD_IN_URLS = [
  '%00',
  '%ED%A0%80',
  '%ff',
  '__proto__',
  'constructor',
  '..%2f..',
  'x'.repeat(300),
];

export interface Hostile {
  readonly example: ExampleRequest;
  /** JSON, as no object of this process could have some of the keys. */
  readonly body: string;
}

type Path = readonly string[];

/** Where strings stand in a value, or objects. */
function places(value: unknown, kind: 'string' | 'object', path: Path = []): Path[] {
  const own = typeof value === kind && value !== null && !Array.isArray(value) ? [path] : [];
  if (typeof value !== 'object' || value === null) return own;
  return [...own, ...Object.entries(value).flatMap(([key, member]) => places(member, kind, [...path, key]))];
}

function withValue(body: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(body))
    return body.map((item, at) => (String(at) === step ? withValue(item, rest, value) : item));
  return Object.fromEntries(
    Object.entries(Object(body)).map(([name, member]) => [
      name,
      name === step ? withValue(member, rest, value) : member,
    ]),
  );
}

function withKey(body: unknown, path: Path, key: string): string {
  const mark = '\u2693';
  const around = path.reduce<unknown>((node, step) => Reflect.get(Object(node), step), body);
  const marked = withValue(body, path, { ...Object(around), [mark]: 'x' });
  return JSON.stringify(marked).replace(JSON.stringify(mark), JSON.stringify(key));
}

/** Routes that take a body. */
export const WITH_BODY = EXAMPLES.filter(({ spec }) => spec.body !== undefined);

/** The example's body with each text in each of its strings. @param body instead of the example's */
export function inStrings(example: ExampleRequest, texts: readonly string[], body = example.body): Hostile[] {
  return places(body, 'string').flatMap((path) =>
    texts.map((text) => ({ example, body: JSON.stringify(withValue(body, path, text)) })),
  );
}

/** The example's body with each key in each of its objects. */
export function inKeys(example: ExampleRequest, keys: readonly string[], body = example.body): Hostile[] {
  return places(body, 'object').flatMap((path) =>
    keys.map((key) => ({ example, body: withKey(body, path, key) })),
  );
}

/** Whether the schema takes the body, so that it reaches what is behind it. */
export const taken = (spec: RouteSpec, body: string): boolean =>
  spec.body?.safeParse(JSON.parse(body)).success === true;
