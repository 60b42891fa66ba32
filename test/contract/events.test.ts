/** The registry of events: what each change of an item tells, what a listener reads, and how large an event can be. */
import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { executionDied, objectCreated } from '../../lib/contract/events/aws.ts';
import type { Image } from '../../lib/contract/events/change.ts';
import { EventMismatch, readDetail } from '../../lib/contract/events/event.ts';
import { MAX_BYTES } from '../../lib/contract/events/fields.ts';
import { AWS_EVENTS, FAMILIES } from '../../lib/contract/events/index.ts';
import { jobEvents } from '../../lib/contract/events/job.ts';
import { patternOf } from '../../lib/contract/events/pattern.ts';
import { deletionEvents } from '../../lib/contract/events/project.ts';
import { ENTITIES, eventOf, REMOVED_ENTITIES } from '../../lib/contract/events/relay.ts';
import { runEvents } from '../../lib/contract/events/run.ts';
import { ArtifactStatus } from '../../lib/domain/artifact/schema.ts';
import { DecisionKind } from '../../lib/domain/delivery/schema.ts';
import { DEPLOYMENT_LIFECYCLE } from '../../lib/domain/deployment/schema.ts';
import { JOB_LIFECYCLE, RUN_LIFECYCLE } from '../../lib/domain/execution/model/run.ts';
import { Source } from '../../lib/domain/source/schema.ts';
import { completedBuild, type World, world } from '../domain/world.ts';

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

describe('a change of an item', () => {
  const item = (entity: string, status: string, more: object = {}) => {
    const family = FAMILIES.find((one) => one.entity === entity);
    const example = Object.values(family?.events ?? {})[0]?.example;
    return { ...example, pk: `${entity}#1`, entity, status, revision: 4, ...more };
  };
  const decided = (kind: string) => item('delivery', kind, { decision: { kind, reason: 'Because.' } });
  const project = (updated_at: string) => item('project', 'none', { updated_at });

  const RELEASE = item('release', '', { version: '1.4.0', artifacts: [{}] });

  const CHANGES: readonly (readonly [string, Image, Image, string | undefined])[] = [
    ['a new run', undefined, item('run', 'pending'), 'Run Pending'],
    ['another status', item('run', 'pending'), item('run', 'building'), 'Run Building'],
    [
      'two words',
      item('deployment', 'verifying'),
      item('deployment', 'rolled_back'),
      'Deployment Rolled Back',
    ],
    ['the same status', item('job', 'building'), item('job', 'building', { progress: 50 }), undefined],
    ['a run that vanished', item('run', 'failed'), undefined, undefined],
    ['a stored artifact that was deleted', item('artifact', 'stored'), undefined, 'Artifact Deleted'],
    ['an upload that expired', item('artifact', 'pending'), undefined, undefined],
    ['a new release', undefined, RELEASE, 'Release Created'],
    ['a release that is written again', RELEASE, RELEASE, undefined],
    ['a webhook', undefined, decided('received'), 'Delivery Received'],
    ['its decision', decided('received'), decided('building'), 'Delivery Building'],
    ['a delivery that expired', decided('building'), undefined, undefined],
    ['a new project', undefined, project('2026-11-21T09:00:00.000Z'), 'Project Created'],
    [
      'one where another was',
      { entity: 'project_placeholder' },
      project('2026-11-21T09:00:00.000Z'),
      'Project Created',
    ],
    [
      'its settings',
      project('2026-11-21T09:00:00.000Z'),
      project('2026-11-21T10:00:00.000Z'),
      'Project Updated',
    ],
    [
      'a project that makes room',
      project('2026-11-21T09:00:00.000Z'),
      { entity: 'project_placeholder' },
      undefined,
    ],
    ['a deleted project', undefined, item('deletion', 'requested'), 'Deletion Requested'],
    [
      'a deletion that goes on',
      item('deletion', 'requested'),
      item('deletion', 'requested', { holds_name: false }),
      undefined,
    ],
    ['the end of a deletion', item('deletion', 'requested'), undefined, 'Deletion Completed'],
    ['a token', undefined, { entity: 'token', status: 'active' }, undefined],
  ];

  test.each(CHANGES)('%s: %#', (_, before, after, name) => {
    expect(eventOf({ before, after })?.name).toBe(name);
  });

  test('tells ids, statuses, times and durations, the revision, and nothing that the registry does not name', () => {
    const begun = {
      started_at: '2026-11-21T09:30:31.500Z',
      artifact_ids: [],
      ticket_hash: 'secret',
      spec: { env: { A: 'b' } },
    };

    const event = eventOf({ before: item('job', 'pending'), after: item('job', 'building', begun) });

    expect(event).toMatchObject({ source: 'staithe', name: 'Job Building' });
    expect(event?.detail).toEqual({
      ...jobEvents.events.pending.example,
      status: 'building',
      previous_status: 'pending',
      revision: 4,
      started_at: '2026-11-21T09:30:31.500Z',
      queued_ms: 30_400,
      lost_attempts: 0,
    });
  });

  test('to a status that no event tells is a fault, and not silence', () => {
    const change = { before: item('run', 'pending'), after: item('run', 'resting') };

    expect(() => eventOf(change)).toThrow("No event tells that a run is 'resting'.");
  });

  test('is asked of the stream for these items only, and their removal for fewer', () => {
    expect([...ENTITIES].sort()).toEqual(
      ['artifact', 'deletion', 'delivery', 'deployment', 'job', 'project', 'release', 'run', 'source'].sort(),
    );
    expect(REMOVED_ENTITIES).toEqual(['artifact', 'deletion']);
  });
});

/** What the domain writes while `use` lasts, item by item. */
async function written(use: (place: World) => Promise<unknown>): Promise<Image[]> {
  const place = await world();
  const { table } = place.ports;
  const write = vi.spyOn(table, 'write');
  const transact = vi.spyOn(table, 'transact');
  await use(place);
  return [...write.mock.calls.flat(), ...transact.mock.calls.flat(2)].flatMap((one) =>
    'put' in one ? [z.record(z.string(), z.unknown()).parse(one.put)] : [],
  );
}

test('everything that a build writes makes events that their schemas take', async () => {
  const items = await written((place) => completedBuild(place));

  const names = items.flatMap((after) => eventOf({ before: undefined, after })?.name ?? []);

  expect(names).toEqual(
    expect.arrayContaining(['Run Pending', 'Job Building', 'Artifact Stored', 'Run Completed']),
  );
});

describe('a listener', () => {
  const received = (name: string, detail: object, source = 'staithe') => ({
    source,
    'detail-type': name,
    detail,
  });
  const { example } = jobEvents.events.completed;

  test('reads the detail through the schema, and ignores fields of a later version of the product', () => {
    const read = jobEvents.read(received('Job Completed', { ...example, mood: 'good' }));

    expect(read).toEqual(example);
  });

  test('reads an event from before there were versions, which waited in a queue', () => {
    const old = {
      id: example.id,
      status: 'completed',
      previous_status: 'building',
      project_id: example.project_id,
      build_id: example.build_id,
      run_id: example.run_id,
      limited: true,
    };

    expect(jobEvents.read(received('Job Completed', old))).toMatchObject({ id: example.id, limited: true });
    expect(
      deletionEvents.read(
        received('Deletion Requested', { status: 'requested', project_id: example.project_id }),
      ),
    ).toMatchObject({ project_id: example.project_id });
  });

  test.each([
    [
      'of a version that it does not know',
      received('Job Completed', { ...example, version: 9 }),
      /'Job Completed' has version 9, .* Redrive it after an upgrade/,
    ],
    [
      'that lacks a field',
      received('Job Completed', { version: 1, status: 'completed' }),
      /'Job Completed' does not match its schema .*project_id/s,
    ],
    [
      'of another noun',
      received('Run Completed', runEvents.events.completed.example),
      /Expected an event of a job, got 'Run Completed' from staithe/,
    ],
    ['of another source', received('Job Completed', example, 'acme'), /got 'Job Completed' from acme/],
    ['that is none', { bad: 1 }, /What was received does not match/],
  ])('refuses an event %s', (_, event, message) => {
    expect(() => jobEvents.read(event)).toThrow(EventMismatch);
    expect(() => jobEvents.read(event)).toThrow(message);
  });

  test("reads AWS's own events, and no other in their place", () => {
    const { source, name, example: detail } = objectCreated;

    expect(readDetail(objectCreated, received(name, detail, source))).toEqual(detail);
    expect(() => readDetail(executionDied, received(name, detail, source))).toThrow(
      /Expected 'Step Functions .* got 'Object Created' from aws.s3/,
    );
  });
});

describe('the pattern of a rule', () => {
  test('names events of one source and what their detail must have', () => {
    const { completed, failed } = jobEvents.events;

    expect(patternOf([completed, failed], { limited: [true] })).toEqual({
      source: ['staithe'],
      detailType: ['Job Completed', 'Job Failed'],
      detail: { limited: [true] },
    });
  });

  test('is not made of two sources', () => {
    expect(() => patternOf([runEvents.events.pending, objectCreated])).toThrow(
      'one source, not to staithe, aws.s3',
    );
  });
});
