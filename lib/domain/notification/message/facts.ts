/** What people want to know of an event, in a few lines: the same for every kind, from the fields that it has. */
import { cut } from '../../text.ts';
import type { EventEnvelope } from '../record.ts';

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** One line of a message: a chat and a mail show no more of it. */
const MAX_VALUE = 300;

const milliseconds = (value: unknown): unknown =>
  typeof value === 'number' ? `${Math.round(value / 100) / 10} s` : undefined;
const short = (value: unknown): unknown => (typeof value === 'string' ? value.slice(0, 12) : undefined);

/** Of a list of things with a message, as of the rules that a deployment waits for. */
const messages = (value: unknown): unknown =>
  Array.isArray(value)
    ? value
        .map((each) => valueAt(each, 'message'))
        .filter((message) => typeof message === 'string')
        .join(' ')
    : undefined;

type Field = readonly [label: string, path: string, show?: (value: unknown) => unknown];

/** In this order; absent ones are omitted. */
const FIELDS: readonly Field[] = [
  ['environment', 'environment'],
  ['service', 'service'],
  ['version', 'release_version'],
  ['tag', 'tag'],
  ['name', 'name'],
  ['ref', 'git_ref'],
  ['ref', 'ref'],
  ['commit', 'git_sha', short],
  ['build', 'build_id'],
  ['release', 'release_id'],
  ['previous status', 'previous_status'],
  ['reason', 'reason'],
  ['error', 'error.message'],
  ['hint', 'error.hint'],
  ['waits for', 'waits_for', messages],
  ['reason', 'disabled_reason'],
  ['duration', 'duration_ms', milliseconds],
  ['url', 'url'],
  ['disabled by', 'disabled_by'],
  ['created by', 'created_by'],
  ['id', 'id'],
];

/** @param slug of the project, where the subscription is of one */
export function factsOf({ data }: EventEnvelope, slug: string | undefined): Fact[] {
  const project = slug ?? data.slug ?? data.project_id;
  return [
    ['project', project] as const,
    ...FIELDS.map(
      ([label, path, show]) =>
        [label, show === undefined ? valueAt(data, path) : show(valueAt(data, path))] as const,
    ),
  ].flatMap(([label, value]) =>
    typeof value === 'string' && value !== '' ? [{ label, value: cut(oneLine(value), MAX_VALUE) }] : [],
  );
}

function valueAt(data: unknown, path: string): unknown {
  return path.split('.').reduce((value: unknown, name) => Reflect.get(Object(value), name), data);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const BREAKS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Control characters, and the two separators of lines, would end a line or a header. */
const oneLine = (value: string): string => value.replace(BREAKS, ' ').trim();
