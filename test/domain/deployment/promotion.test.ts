import { beforeEach, describe, expect, test } from 'vitest';
import { board } from '../../../lib/domain/deployment/board.ts';
import { plan } from '../../../lib/domain/deployment/plan.ts';
import { hold, resume } from '../../../lib/domain/environment/hold.ts';
import { ANNA, BERT, type Ruled, ruled } from './ruled.ts';

const ALIAS = 'staithe-test';

let scene: Ruled;
beforeEach(async () => {
  scene = await ruled();
});
const _served = () => scene.ports.functions.served('hello', ALIAS);

describe('automatic promotion', () => {
  const automatic = { after: ['test'], auto: {} };

  test('takes on what has succeeded, and waits for approvals as others do', async () => {
    await scene.production({ ...automatic, approvals: { required: 1 } });
    const one = await scene.release('one');

    await scene.through('test', one.id);

    const [waiting] = (await scene.read('production')).waiting_deployment_ids;
    expect(await scene.show(waiting ?? '')).toMatchObject({
      automatic: true,
      status: 'awaiting_approval',
      release_id: one.id,
      created_by: 'promotion',
    });
    await scene.approve(waiting ?? '', ANNA);
    expect(await scene.read('production')).toMatchObject({ active_deployment_id: waiting });
  });

  test('of a newer release takes the place of an older one that waits', async () => {
    await scene.production({ ...automatic, approvals: { required: 1 } });
    await scene.through('test', (await scene.release('one')).id);
    const [older] = (await scene.read('production')).waiting_deployment_ids;

    await scene.through('test', (await scene.release('two')).id);

    expect(await scene.status(older ?? '')).toBe('superseded');
    expect((await scene.read('production')).waiting_deployment_ids).toHaveLength(1);
  });

  test('comes at the time of its schedule', async () => {
    await scene.production({ ...automatic, auto: { cron: '0 9 * * mon', zone: 'Europe/Berlin' } });
    await scene.through('test', (await scene.release('one')).id);
    const [id = ''] = (await scene.read('production')).waiting_deployment_ids;
    const [block] = (await scene.show(id)).waits_for;
    const until = Date.parse(block?.until ?? '');

    scene.ports.clock.advance(until - scene.ports.clock.now().getTime());
    await scene.sweep();

    expect(block).toMatchObject({ rule: 'schedule', until: expect.stringContaining('T08:00:00') });
    expect(await scene.read('production')).toMatchObject({ active_deployment_id: id });
  });

  test('is held by a rollback until it is resumed, while people may deploy', async () => {
    await scene.production(automatic);
    const first = await scene.release('one');
    await scene.through('test', first.id);
    await scene.run((await scene.read('production')).active_deployment_id ?? '');
    const second = await scene.release('two');
    await scene.through('test', second.id);
    await scene.run((await scene.read('production')).active_deployment_id ?? '');
    await scene.run((await scene.rollBack('production')).id);

    await scene.through('test', (await scene.release('three')).id);
    const [held = ''] = (await scene.read('production')).waiting_deployment_ids;
    const rules = await scene.rules(held);
    const manual = await scene.through('production', second.id);
    await resume(scene.ports, scene.project, 'production');
    await scene.sweep();

    expect(rules).toEqual(['hold']);
    expect(manual.status).toBe('succeeded');
    expect(await scene.read('production')).toMatchObject({ active_deployment_id: held });
  });

  test('that is not possible holds the environment, and says why', async () => {
    await scene.production({ ...automatic, service: 'nobody' });

    await scene.through('test', (await scene.release('one')).id);

    expect((await scene.read('production')).hold).toMatchObject({
      by: 'promotion',
      reason: expect.stringMatching(/could not be promoted: The release has no service 'nobody'/),
    });
  });
});

test('the plan of a deployment says what differs and which rule would block it, and changes nothing', async () => {
  await scene.test({ variables: { GREETING: 'Ahoy' } });
  const one = await scene.release('one');
  await scene.through('test', one.id);
  const two = await scene.release('two');
  await scene.test({
    target: { kind: 'lambda', function_name: 'hello', memory_mb: 512 },
    approvals: { required: 1 },
  });
  const before = await scene.read('test');

  const planned = await plan(scene.ports, BERT, scene.project, 'test', { release: two.id });

  expect(planned).toMatchObject({
    outcome: 'wait',
    blocks: [{ rule: 'approval' }],
    current_release_id: one.id,
    changes: [
      {
        field: 'digest',
        change: 'changed',
        before: one.artifacts[0]?.digest,
        after: two.artifacts[0]?.digest,
      },
      { field: 'release', change: 'changed' },
      { field: 'target.memory_mb', change: 'changed', before: '256', after: '512' },
      { field: 'variables.GREETING', change: 'removed' },
    ],
  });
  expect(await scene.read('test')).toEqual(before);
});

test('the board says what runs where, what waits and for whom, and how far each environment is behind', async () => {
  await scene.production({ approvals: { required: 1 }, freeze: [{ from: '2020-01-01', to: '2099-01-01' }] });
  const one = await scene.release('one');
  const two = await scene.release('two');
  await scene.through('test', one.id);
  const { id } = await scene.deployTo('production', two.id);
  await hold(scene.ports, ANNA, scene.project, 'production', 'holiday');

  const { environments, newest_release: newest } = await board(scene.ports, scene.project);

  expect(newest).toMatchObject({ id: two.id });
  expect(environments).toMatchObject([
    {
      environment: 'production',
      waiting: [{ id, release_id: two.id, waits_for: [{ rule: 'approval' }, { rule: 'freeze' }] }],
      hold: { reason: 'holiday', by: 'user:anna' },
      frozen_until: '2099-01-01T00:00:00.000Z',
    },
    { environment: 'test', release: { id: one.id, version: one.version }, behind: 1, waiting: [] },
  ]);
});
