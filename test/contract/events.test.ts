/** The registry of events: their examples, and how large an event can be. */

import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { MAX_BYTES } from '../../lib/contract/events/fields.ts';
import { AWS_EVENTS, FAMILIES } from '../../lib/contract/events/index.ts';
import { eventOf } from '../../lib/contract/events/relay.ts';
import { runEvents } from '../../lib/contract/events/run.ts';
import { ArtifactStatus } from '../../lib/domain/artifact/schema.ts';
import { DecisionKind } from '../../lib/domain/delivery/schema.ts';
import { DEPLOYMENT_LIFECYCLE } from '../../lib/domain/deployment/schema.ts';
import { JOB_LIFECYCLE, RUN_LIFECYCLE } from '../../lib/domain/execution/model/run.ts';
import { Source } from '../../lib/domain/source/schema.ts';

const SPECS = FAMILIES.flatMap(({ events }) => Object.values(events));

describe('each event', () => {
  test.each([...SPECS, ...AWS_EVENTS])('$name has an example that its schema takes as it is', (spec) => {
    expect(spec.detail.parse(spec.example)).toEqual({ ...spec.example });
  });

  test('has a name of its own, and a description that is a sentence', () => {
    expect(new Set(SPECS.map(({ name }) => name)).size).toBe(SPECS.length);
    for (const { name, description } of SPECS) expect(description, name).toMatch(/^[A-Z].*\.$/);
  });

  test('of a lifecycle is there: no status is without one', () => {
    const statuses: Readonly<Record<string, readonly string[]>> = {
      run: Object.keys(RUN_LIFECYCLE),
      job: Object.keys(JOB_LIFECYCLE),
      deployment: Object.keys(DEPLOYMENT_LIFECYCLE),
      artifact: ArtifactStatus.options,
      source: Source.shape.status.options,
      delivery: DecisionKind.options,
    };

    for (const [entity, all] of Object.entries(statuses)) {
      const events = FAMILIES.find((family) => family.entity === entity)?.events ?? {};
      expect(Object.keys(events), entity).toEqual(expect.arrayContaining([...all]));
    }
  });
});

/** The most bytes that JSON of this schema can have; Infinity when nothing bounds it. */
function largest(schema: unknown): number {
  const Bounded = z.looseObject({
    type: z.string().optional(),
    format: z.string().optional(),
    pattern: z.string().optional(),
    const: z.unknown().optional(),
    enum: z.array(z.string()).optional(),
    maxLength: z.number().optional(),
    maxItems: z.number().optional(),
    [MAX_BYTES]: z.number().optional(),
    properties: z.record(z.string(), z.unknown()).optional(),
    items: z.unknown().optional(),
  });
  const {
    type,
    format,
    pattern,
    maxLength,
    maxItems = Infinity,
    properties,
    items,
    ...rest
  } = Bounded.parse(schema);
  const maxBytes = rest[MAX_BYTES];
  if (typeof maxBytes === 'number') return maxBytes;
  if (rest.const !== undefined) return JSON.stringify(rest.const).length;
  if (rest.enum !== undefined) return Math.max(...rest.enum.map((value) => value.length + 2));
  if (properties !== undefined)
    return Object.entries(properties).reduce(
      (sum, [name, member]) => sum + name.length + '"":,'.length + largest(member),
      '{}'.length,
    );
  if (type === 'array') return '[]'.length + maxItems * (largest(items) + 1);
  if (type === 'boolean') return 'false'.length;
  if (type === 'integer') return String(Number.MIN_SAFE_INTEGER).length;
  if (type !== 'string') return Infinity;
  // A control character takes six bytes: \u0007.
  if (maxLength !== undefined) return 2 + 6 * maxLength;
  if (format === 'date-time') return 30;
  // Ids, digests, names: what a pattern bounds is plain text of no more than 110 characters.
  return pattern !== undefined && !/[*+]|,\}/.test(pattern) ? 112 : Infinity;
}

const UNIT_BYTES = 64 * 1024;

describe('the size of a detail', () => {
  test.each(FAMILIES)(
    'of a $noun is within what EventBridge charges as one event, whatever is in it',
    ({ detail }) => {
      expect(largest(z.toJSONSchema(detail, { io: 'output' }))).toBeLessThan(UNIT_BYTES);
    },
  );

  test('is cut to that, where the item has more: of the last lines the last that fit', () => {
    const line = '\u0007'.repeat(2000);
    const lines = Array.from({ length: 200 }, (_, index) => (index === 199 ? 'the end' : line));
    const error = {
      code: 'build_error',
      message: line.repeat(9),
      hint: line,
      step: line.repeat(4),
      last_lines: lines,
    };
    const item = { ...runEvents.events.failed.example, pk: 'RUN#', entity: 'run', created_by: line, error };

    const { detail } =
      eventOf({ before: { ...item, status: 'building' }, after: item }) ?? expect.fail('no event');

    expect(Buffer.byteLength(JSON.stringify(detail))).toBeLessThan(UNIT_BYTES);
    expect(detail).toMatchObject({ error: { message: expect.stringMatching(/^.{2000}$/s) } });
    expect(
      z
        .object({ error: z.object({ last_lines: z.array(z.string()) }) })
        .parse(detail)
        .error.last_lines.at(-1),
    ).toBe('the end');
  });
});
