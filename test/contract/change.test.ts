/** What each change of an item tells. */

import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import type { Image } from '../../lib/contract/events/change.ts';
import { FAMILIES } from '../../lib/contract/events/index.ts';
import { jobEvents } from '../../lib/contract/events/job.ts';
import { ENTITIES, eventOf, REMOVED_ENTITIES } from '../../lib/contract/events/relay.ts';
import { completedBuild, type World, world } from '../domain/world.ts';

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
    ['an upload of a user', undefined, item('artifact', 'pending', { origin: 'upload' }), 'Artifact Pending'],
    [
      'an artifact that a job announces',
      undefined,
      item('artifact', 'pending', { origin: 'build' }),
      undefined,
    ],
    [
      'its bytes',
      item('artifact', 'pending'),
      item('artifact', 'stored', { origin: 'build' }),
      'Artifact Stored',
    ],
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
    expect(ENTITIES.filter(({ untold }) => untold !== undefined)).toEqual([
      { entity: 'artifact', untold: { status: 'pending', origin: 'build' } },
    ]);
    expect(ENTITIES.map(({ entity }) => entity).sort()).toEqual(
      [
        ...['artifact', 'deletion', 'delivery', 'deployment', 'deployment_job', 'job', 'notification'],
        ...['project', 'release', 'run', 'source', 'subscription'],
      ].sort(),
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
