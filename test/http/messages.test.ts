/** What is said of a wrong value is written for people, with units, whatever is wrong with whichever field. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { RouteSpec } from '../../lib/contract/route.ts';
import { ROUTES } from '../../lib/contract/routes.ts';
import { ProjectRef } from '../../lib/domain/project/schema.ts';
import { check } from '../../lib/domain/validation/findings.ts';

/** Words of zod's own sentences, and of JavaScript. */
const RAW =
  /Invalid|[Ee]xpected|, received |Too (big|small)|Unrecognized|undefined|NaN|\[object|<=|>=|match pattern|\ba a[rn]/;

const WRONG: readonly unknown[] = [
  undefined,
  null,
  '',
  'x y\n',
  'x'.repeat(100_000),
  -1,
  0,
  1.5,
  1e300,
  true,
  [],
  [null],
  {},
  { bogus: 1 },
  { 'a b': {} },
];

/** A value in the place of each field, at any depth that the schema has. */
function placesOf(schema: unknown): readonly (readonly string[])[] {
  const { properties, items, anyOf, oneOf } = Object(schema);
  const inner = [
    ...Object.entries(Object(properties)).flatMap(([name, member]) =>
      [[], ...placesOf(member)].map((path) => [name, ...path]),
    ),
    ...(items === undefined ? [] : [[], ...placesOf(items)].map((path) => ['0', ...path])),
    ...[anyOf ?? oneOf ?? []].flat().flatMap(placesOf),
  ];
  return inner;
}

function put(path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const member = put(rest, value);
  return first === '0' ? [member] : { [first]: member };
}

const shapes = Object.entries<RouteSpec>(ROUTES).flatMap(([operation, { params = {}, query = {}, body }]) => [
  { operation: `${operation}: path and query`, schema: z.strictObject({ ...params, ...query }) },
  ...(body === undefined ? [] : [{ operation: `${operation}: body`, schema: body }]),
]);

describe('a wrong value', () => {
  it.each(shapes)('of $operation is told in words for people', ({ schema }) => {
    const places = [[], ...placesOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))];

    const said = places.flatMap((place) =>
      WRONG.flatMap((value) => {
        const result = check(schema, put(place, value), { syntax: 'json' });
        return 'findings' in result
          ? result.findings.map(({ path, reason }) => `${path.join('.')}: ${reason}`)
          : [];
      }),
    );

    expect([...new Set(said)].filter((line) => RAW.test(line) || / is not valid$/.test(line))).toEqual([]);
  });

  it('has the unit of its field', () => {
    const schema = z.strictObject({
      size_bytes: z.int().max(104_857_600),
      timeout_seconds: z.int().min(1).max(28_800),
      name: z.string().min(2).max(8),
    });

    const result = check(
      schema,
      { size_bytes: 104_857_601, timeout_seconds: 0, name: 'too long a name' },
      { syntax: 'json' },
    );

    expect('findings' in result && result.findings.map(({ reason }) => reason)).toEqual([
      'must be at most 104857600 bytes (100 MiB)',
      'must be at least 1 second',
      'must have at most 8 characters',
    ]);
  });

  it.each([
    ['My_App', 'must be the id of a project: prj_ and 26 characters, or 1 to 63 of a-z, 0-9 and -'],
    [7, 'must be text, not the number 7'],
  ])('names each alternative that %j is as near to', (ref, reason) => {
    const result = check(ProjectRef, ref, { syntax: 'json' });

    expect(result).toMatchObject({ findings: [{ path: [], reason: expect.stringContaining(reason) }] });
  });

  it('that is secret is not repeated', () => {
    const schema = z.strictObject({ value: z.string(), kind: z.enum(['password', 'token']) });

    const result = check(schema, { value: 123_456, kind: 'passwort' }, { syntax: 'json', secret: true });

    expect(JSON.stringify(result)).not.toMatch(/123456|passwort/);
  });
});
