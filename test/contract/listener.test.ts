/** What a listener reads of events, and what it asks for. */
import { describe, expect, test } from 'vitest';
import { executionDied, objectCreated } from '../../lib/contract/events/aws.ts';
import { EventMismatch, readDetail } from '../../lib/contract/events/event.ts';
import { jobEvents } from '../../lib/contract/events/job.ts';
import { patternOf } from '../../lib/contract/events/pattern.ts';
import { deletionEvents } from '../../lib/contract/events/project.ts';
import { runEvents } from '../../lib/contract/events/run.ts';

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
