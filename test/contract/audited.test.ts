/** What Staithe does by itself, as the audit log reads it from changes of the table. */
import { describe, expect, test } from 'vitest';
import { ENDED_STATUSES, entryOfChange } from '../../lib/contract/events/audited.ts';
import type { AuditEntry } from '../../lib/domain/audit/schema.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { readyToDeploy } from '../domain/deploying.ts';
import { ADMIN, startedBuild, world } from '../domain/world.ts';
import { runDeployment } from '../workflows/deployment.ts';

describe('a deployment', () => {
  test('that ended is an entry: how, on whose behalf, and with which digest', async () => {
    const { place, deploy, show } = await readyToDeploy();
    const { id } = await deploy();
    const before = await place.ports.table.get(Keys.deployment(id));
    await runDeployment(place.ports, id);
    const after = await place.ports.table.get(Keys.deployment(id));

    const entry = entryOfChange({ before, after });

    const deployment = await show(id);
    expect(entry).toMatchObject({
      action: 'Deployment Succeeded',
      at: String(deployment.completed_at),
      actor: { kind: 'system', name: 'staithe' },
      on_behalf_of: ADMIN.token_id,
      project_id: place.project.id,
      subject: { deployment: id, environment: 'test', release: deployment.release_id },
      digests: expect.arrayContaining([deployment.digest]),
    } satisfies Partial<AuditEntry>);
  });

  test('has the same entry each time that the stream tells its end', async () => {
    const { place, deploy } = await readyToDeploy();
    const { id } = await deploy();
    const before = await place.ports.table.get(Keys.deployment(id));
    await runDeployment(place.ports, id);
    const after = await place.ports.table.get(Keys.deployment(id));

    expect(entryOfChange({ before, after })).toEqual(entryOfChange({ before, after }));
  });

  test('that was begun by a request, or is at work, is none: the request is', async () => {
    const { place, deploy } = await readyToDeploy();
    const { id } = await deploy();
    const after = await place.ports.table.get(Keys.deployment(id));

    expect(entryOfChange({ before: undefined, after })).toBeUndefined();
    expect(
      entryOfChange({ before: after, after: after && { ...after, status: 'deploying' } }),
    ).toBeUndefined();
  });

  test('that Staithe began by itself is one', async () => {
    const { place, deploy } = await readyToDeploy();
    const { id } = await deploy();
    const item = await place.ports.table.get(Keys.deployment(id));

    const entry = entryOfChange({ before: undefined, after: item && { ...item, created_by: 'promotion' } });

    expect(entry).toMatchObject({
      action: 'Deployment Pending',
      actor: { kind: 'system', name: 'promotion' },
      subject: { deployment: id },
    });
  });

  test('may end in every way that its lifecycle has', () => {
    expect(ENDED_STATUSES).toEqual(
      expect.arrayContaining(['succeeded', 'failed', 'cancelled', 'rolled_back']),
    );
    expect(ENDED_STATUSES).not.toContain('deploying');
  });
});

describe('a run', () => {
  test('of a pushed commit is an entry, and one that was asked for is none: the request is', async () => {
    const place = await world();
    const { run } = await startedBuild(place);
    const after = await place.ports.table.get(Keys.run(run.id));

    const ofPush = entryOfChange({ before: undefined, after: after && { ...after, created_by: 'webhook' } });

    expect(ofPush).toMatchObject({
      action: 'Run Pending',
      actor: { kind: 'system', name: 'webhook' },
      subject: { run: run.id, build: run.build_id },
    });
    expect(entryOfChange({ before: undefined, after })).toBeUndefined();
    expect(
      entryOfChange({ before: undefined, after: after && { ...after, created_by: 'user:alice' } }),
    ).toBeUndefined();
  });
});

test('what is of another kind is none', () => {
  expect(entryOfChange({ before: undefined, after: { entity: 'job', created_by: 'x' } })).toBeUndefined();
  expect(entryOfChange({ before: { entity: 'deployment' }, after: undefined })).toBeUndefined();
});
