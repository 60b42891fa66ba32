/** The page of events, from the registry. */

import { table } from 'embedded-cloud/test-kit/generated.ts';
import * as z from 'zod';
import type { EventSpec } from '../../lib/contract/events/event.ts';
import { FAMILIES } from '../../lib/contract/events/index.ts';
import { ID_PREFIXES } from '../../lib/domain/id.ts';

const Json = z.looseObject({
  type: z.string().optional(),
  description: z.string().optional(),
  format: z.string().optional(),
  pattern: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.string()).optional(),
  maxLength: z.int().optional(),
  required: z.array(z.string()).default([]),
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
});

const PATTERNS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(ID_PREFIXES).map(([kind, prefix]) => [`^${prefix}_`, `id of a ${kind}`] as const),
  ['^[0-9a-f]{64}$', 'sha256, 64 hex digits'],
  ['^sha256:', '`sha256:` and 64 hex digits'],
  ['^([0-9a-f]{40}', 'commit'],
  ['^[a-z0-9]([a-z0-9-]', 'name, at most 63 characters'],
  ['^[A-Za-z0-9_-]{1,64}$', 'name, at most 64 characters'],
]);

function typeOf(schema: z.infer<typeof Json>): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.format === 'date-time') return 'time (ISO 8601, UTC)';
  const known = [...PATTERNS].find(([begin]) => schema.pattern?.startsWith(begin));
  if (known !== undefined) return known[1].replace(/^id of a (?=[aeiou])/, 'id of an ');
  if (schema.maxLength !== undefined) return `text, at most ${schema.maxLength} characters`;
  if (schema.type === 'array')
    return `list of ${typeOf(Json.parse(schema.items))}s`.replace(/^list of objects/, 'list');
  if (schema.type === 'string') return 'text';
  return schema.type ?? '';
}

/** A row for each field; those of objects after them. */
function rowsOf(schema: unknown, path = '', isThere = true): string[][] {
  const { properties = {}, required } = Json.parse(schema);
  return Object.entries(properties).flatMap(([name, member]) => {
    const field = Json.parse(member);
    const always = isThere && required.includes(name);
    const row = [`\`${path}${name}\``, typeOf(field), always ? 'always' : '', field.description ?? ''];
    const inner = field.type === 'array' ? Json.parse(field.items) : field;
    if (inner.properties === undefined) return [row];
    return [row, ...rowsOf(inner, `${path}${name}${field.type === 'array' ? '[]' : ''}.`, always)];
  });
}

const lengthOf = ({ example }: EventSpec): number => JSON.stringify(example).length;

/** As a target of a rule gets it. */
const shown = ({ source, name, example }: EventSpec): string =>
  JSON.stringify(
    {
      version: '0',
      id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
      'detail-type': name,
      source,
      account: '111122223333',
      time: '2026-11-21T09:31:44Z',
      region: 'eu-west-1',
      resources: [],
      detail: example,
    },
    undefined,
    2,
  );

export function eventsPage(): string {
  return FAMILIES.map(({ noun, version, detail, events }) => {
    const specs = Object.values(events);
    const longest = specs.reduce((one, other) => (lengthOf(other) > lengthOf(one) ? other : one));
    return [
      `## ${noun}`,
      table(
        ['event', '`status`', 'published when'],
        Object.entries(events).map(([status, { name, description }]) => [
          `\`${name}\``,
          `\`${status}\``,
          description,
        ]),
      ),
      `The detail, version ${version}:`,
      table(['field', 'type', 'present', 'what it is'], rowsOf(z.toJSONSchema(detail, { io: 'output' }))),
      `For example \`${longest.name}\`:`,
      `\`\`\`json\n${shown(longest)}\n\`\`\``,
    ].join('\n\n');
  }).join('\n\n');
}
